"""File bodies: their size is known without making them, and they are made piece by piece."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from preventad_tui.demo.scans import Shape
from preventad_tui.demo.seeds import voxels

_BLOCK = 65_535  # the most that a stored deflate block holds
_NIFTI_HEADER = 352


class Body(Protocol):
    """The bytes of an answer."""

    @property
    def size(self) -> int:
        """The number of bytes."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes in pieces; they are the same every time."""
        ...


def whole(body: Body) -> bytes:
    """Give all bytes of a body."""
    return b"".join(body.chunks())


@dataclass(frozen=True, slots=True)
class Text:
    """A body that is at hand as a whole."""

    data: bytes = b""

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(self.data)

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes."""
        if self.data:
            yield self.data


@dataclass(frozen=True, slots=True)
class Volume:
    """What an image shows, whatever the format it is written in."""

    shape: Shape
    spacing: tuple[float, float, float]
    repetition_s: float
    seed: int

    @property
    def voxel_bytes(self) -> int:
        """The number of bytes of 16-bit voxels."""
        x, y, z, volumes = self.shape
        return 2 * x * y * z * volumes


@dataclass(frozen=True, slots=True)
class Nifti:
    """A NIfTI-1 image in gzip, whose deflate blocks are stored.

    Stored blocks are the same bytes with every zlib and need no work, but a reader sees an
    ordinary gzip file with a CRC.
    """

    volume: Volume

    @property
    def size(self) -> int:
        """The number of bytes."""
        raw = _NIFTI_HEADER + self.volume.voxel_bytes
        return 10 + raw + 5 * -(-raw // _BLOCK) + 8

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes in pieces of about one MiB."""
        left = _NIFTI_HEADER + self.volume.voxel_bytes
        total, crc, pending = left, 0, bytearray(self._header())
        out = bytearray(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")
        for piece in chain(voxels(self.volume.seed, self.volume.voxel_bytes), (b"",)):
            pending += piece
            start = 0
            while left and (len(pending) - start >= _BLOCK or len(pending) - start == left):
                block = bytes(pending[start : start + min(_BLOCK, left)])
                start += len(block)
                left -= len(block)
                crc = zlib.crc32(block, crc)
                out += struct.pack("<BHH", left == 0, len(block), len(block) ^ 0xFFFF) + block
            del pending[:start]
            if left:
                yield bytes(out)
                out = bytearray()
        yield bytes(out) + struct.pack("<II", crc, total & 0xFFFFFFFF)

    def _header(self) -> bytes:
        x, y, z, volumes = self.volume.shape
        sx, sy, sz = self.volume.spacing
        header = bytearray(_NIFTI_HEADER)
        struct.pack_into("<i", header, 0, 348)
        struct.pack_into("<8h", header, 40, 3 + (volumes > 1), x, y, z, volumes, 1, 1, 1)
        struct.pack_into("<hh", header, 70, 4, 16)  # int16
        repetition = self.volume.repetition_s if volumes > 1 else 0.0
        struct.pack_into("<8f", header, 76, 1, sx, sy, sz, repetition, 0, 0, 0)
        struct.pack_into("<f", header, 108, _NIFTI_HEADER)
        struct.pack_into("<f", header, 112, 1)  # scl_slope
        header[123] = 2 | 8  # millimetres and seconds
        struct.pack_into("<hh", header, 252, 1, 1)  # scanner coordinates in both forms
        offsets = (-sx * x / 2, -sy * y / 2, -sz * z / 2)
        struct.pack_into("<3f", header, 268, *offsets)
        for row, (step, offset) in enumerate(zip((sx, sy, sz), offsets, strict=True)):
            place = [0.0, 0.0, 0.0, offset]
            place[row] = step
            struct.pack_into("<4f", header, 280 + 16 * row, *place)
        header[344:348] = b"n+1\x00"
        return bytes(header)


@dataclass(frozen=True, slots=True)
class Gzipped:
    """Another body as a web server's compression sends it; its size is not known before."""

    inner: Body

    @property
    def size(self) -> int:
        """The number of bytes, which takes compressing it."""
        return sum(len(piece) for piece in self.chunks())

    def chunks(self) -> Iterator[bytes]:
        """Give the compressed bytes."""
        packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        for piece in self.inner.chunks():
            yield packer.compress(piece)
        yield packer.flush()
