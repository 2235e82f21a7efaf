"""MINC 1 images: NetCDF classic files, written by hand."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from preventad_tui.demo.bodies import Volume
from preventad_tui.demo.seeds import VOXEL_MAXIMUM, voxels

_CHAR, _SHORT, _INT, _DOUBLE = 2, 3, 4, 6
_DIMENSIONS, _VARIABLES, _ATTRIBUTES = 10, 11, 12
_NOTHING = b"\x00" * 8
AXES = ("zspace", "yspace", "xspace")


def _name(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">i", len(data)) + data + b"\x00" * (-len(data) % 4)


def _attributes(values: tuple[tuple[str, str | tuple[float, ...]], ...]) -> bytes:
    out = struct.pack(">ii", _ATTRIBUTES, len(values))
    for name, value in values:
        if isinstance(value, str):
            out += _name(name) + struct.pack(">i", _CHAR) + _name(value)
        else:
            out += _name(name) + struct.pack(f">ii{len(value)}d", _DOUBLE, len(value), *value)
    return out


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    dimensions: tuple[int, ...]
    attributes: tuple[tuple[str, str | tuple[float, ...]], ...]
    kind: int
    size: int  # padded to 4 bytes
    data: bytes  # empty for the image, whose voxels follow the header

    def entry(self, begin: int) -> bytes:
        count = len(self.dimensions)
        return (
            _name(self.name)
            + struct.pack(f">i{count}i", count, *self.dimensions)
            + (_attributes(self.attributes) if self.attributes else _NOTHING)
            + struct.pack(">iii", self.kind, self.size, begin)
        )


@dataclass(frozen=True, slots=True)
class Minc1:
    """A MINC 1 image: z, y, x (after time), big-endian 16-bit voxels."""

    volume: Volume

    @property
    def size(self) -> int:
        """The number of bytes."""
        voxel_bytes = self.volume.voxel_bytes
        return len(self._header()) + voxel_bytes + -voxel_bytes % 4

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes in pieces of about one MiB."""
        yield self._header()
        yield from voxels(self.volume.seed, self.volume.voxel_bytes, big_endian=True)
        if self.volume.voxel_bytes % 4:
            yield b"\x00\x00"

    def _header(self) -> bytes:
        x, y, z, volumes = self.volume.shape
        lengths = dict(zip(AXES, (z, y, x), strict=True))
        names: tuple[str, ...] = AXES
        if volumes > 1:
            lengths, names = {"time": volumes} | lengths, ("time", *AXES)
        variables = self._variables(names, tuple(lengths.values()))
        start = struct.pack(">4si", b"CDF\x01", 0)
        start += struct.pack(">ii", _DIMENSIONS, len(lengths))
        start += b"".join(_name(name) + struct.pack(">i", lengths[name]) for name in names)
        history = "made by rule by preventad-tui's demo server; nobody's brain"
        start += _attributes((("ident", "demo"), ("history", history)))
        start += struct.pack(">ii", _VARIABLES, len(variables))
        begin = len(start) + sum(len(one.entry(0)) for one in variables)
        entries = b""
        for one in variables:
            entries += one.entry(begin)
            begin += one.size
        return start + entries + b"".join(one.data for one in variables)

    def _variables(self, names: tuple[str, ...], lengths: tuple[int, ...]) -> list[_Variable]:
        found = []
        steps = dict(zip(AXES, reversed(self.volume.spacing), strict=True))
        for name, length in zip(names, lengths, strict=True):
            step = steps.get(name, self.volume.repetition_s)
            values: tuple[tuple[str, str | tuple[float, ...]], ...] = (
                ("varid", "MINC standard variable"),
                ("vartype", "dimension____"),
                ("spacing", "regular__"),
                ("step", (step,)),
                ("start", (-step * length / 2 if name in steps else 0.0,)),
            )
            if name in steps:
                cosines = tuple(float(name == axis) for axis in reversed(AXES))
                values += (("direction_cosines", cosines),)
            found.append(_Variable(name, (), values, _INT, 4, struct.pack(">i", 0)))
        for name, value in (("image-max", float(VOXEL_MAXIMUM)), ("image-min", 0.0)):
            data = struct.pack(">d", value)
            kind = (("vartype", "var_attribute"),)
            found.append(_Variable(name, (), kind, _DOUBLE, 8, data))
        image = (
            ("vartype", "group________"),
            ("complete", "true_"),
            ("signtype", "signed__"),
            ("valid_range", (0.0, float(VOXEL_MAXIMUM))),
        )
        size = self.volume.voxel_bytes + -self.volume.voxel_bytes % 4
        found.append(_Variable("image", tuple(range(len(names))), image, _SHORT, size, b""))
        return found
