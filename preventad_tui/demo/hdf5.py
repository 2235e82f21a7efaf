"""Just enough of the HDF5 file format to write small trees of groups, numbers and one image.

Superblock version 2 and object headers version 2, after the HDF5 File Format Specification
3.0: groups keep their links in their header, so no trees or heaps are needed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

SUPERBLOCK_BYTES = 48
_UNDEFINED = b"\xff" * 8
_MASK = 0xFFFFFFFF

INT16 = struct.pack("<B3BIHH", 0x10, 0x08, 0, 0, 2, 0, 16)
INT32 = struct.pack("<B3BIHH", 0x10, 0x08, 0, 0, 4, 0, 32)
FLOAT64 = struct.pack("<B3BIHHBBBBI", 0x11, 0x20, 0x3F, 0, 8, 0, 64, 52, 11, 0, 52, 1023)


def _turn(value: int, bits: int) -> int:
    return (value << bits | value >> (32 - bits)) & _MASK


def checksum(data: bytes) -> int:
    """Jenkins' lookup3, by which HDF5 guards its metadata."""
    a = b = c = (0xDEADBEEF + len(data)) & _MASK
    if not data:
        return c
    padded = data + b"\x00" * (-len(data) % 12)
    blocks: list[tuple[int, int, int]] = list(struct.iter_unpack("<3I", padded))
    for x, y, z in blocks[:-1]:
        a, b, c = (a + x) & _MASK, (b + y) & _MASK, (c + z) & _MASK
        a = (a - c & _MASK) ^ _turn(c, 4)
        c = c + b & _MASK
        b = (b - a & _MASK) ^ _turn(a, 6)
        a = a + c & _MASK
        c = (c - b & _MASK) ^ _turn(b, 8)
        b = b + a & _MASK
        a = (a - c & _MASK) ^ _turn(c, 16)
        c = c + b & _MASK
        b = (b - a & _MASK) ^ _turn(a, 19)
        a = a + c & _MASK
        c = (c - b & _MASK) ^ _turn(b, 4)
        b = b + a & _MASK
    x, y, z = blocks[-1]
    a, b, c = (a + x) & _MASK, (b + y) & _MASK, (c + z) & _MASK
    c = (c ^ b) - _turn(b, 14) & _MASK
    a = (a ^ c) - _turn(c, 11) & _MASK
    b = (b ^ a) - _turn(a, 25) & _MASK
    c = (c ^ b) - _turn(b, 16) & _MASK
    a = (a ^ c) - _turn(c, 4) & _MASK
    b = (b ^ a) - _turn(a, 14) & _MASK
    return (c ^ b) - _turn(b, 24) & _MASK


def _checked(data: bytes) -> bytes:
    return data + struct.pack("<I", checksum(data))


def _space(shape: tuple[int, ...]) -> bytes:
    return struct.pack(f"<4B{len(shape)}Q", 2, len(shape), 0, 1 if shape else 0, *shape)


def _message(kind: int, data: bytes) -> bytes:
    return struct.pack("<BHB", kind, len(data), 0) + data


def _object(messages: bytes) -> bytes:
    return _checked(b"OHDR" + struct.pack("<BBI", 2, 0x02, len(messages)) + messages)


@dataclass(frozen=True, slots=True)
class Attribute:
    """A named text, or some float64 numbers."""

    name: str
    value: str | tuple[float, ...]

    def message(self) -> bytes:
        """Give the header message."""
        if isinstance(self.value, str):
            data = self.value.encode()
            kind, space = struct.pack("<B3BI", 0x13, 1, 0, 0, len(data)), _space(())
        else:
            data = struct.pack(f"<{len(self.value)}d", *self.value)
            kind = FLOAT64
            space = _space((len(self.value),) if len(self.value) > 1 else ())
        name = self.name.encode() + b"\x00"
        head = struct.pack("<BBHHHB", 3, 0, len(name), len(kind), len(space), 0)
        return _message(0x0C, head + name + kind + space + data)


class Writer:
    """Lays objects out one after the other; each gets the address that its parent links to."""

    def __init__(self) -> None:
        self._objects = bytearray()

    def _add(self, data: bytes) -> int:
        address = SUPERBLOCK_BYTES + len(self._objects)
        self._objects += data + b"\x00" * (-len(data) % 8)
        return address

    def group(self, links: dict[str, int]) -> int:
        """Add a group."""
        messages = _message(0x02, b"\x00\x00" + _UNDEFINED * 2) + _message(0x0A, b"\x00\x00")
        for name, address in links.items():
            text = name.encode()
            link = struct.pack("<BBB", 1, 0, len(text)) + text + struct.pack("<Q", address)
            messages += _message(0x06, link)
        return self._add(_object(messages))

    def scalar(self, kind: bytes, data: bytes, attributes: tuple[Attribute, ...] = ()) -> int:
        """Add one number, kept in its header."""
        layout = struct.pack("<BBH", 3, 0, len(data)) + data
        return self._dataset(kind, (), layout, attributes)

    def array(
        self,
        kind: bytes,
        shape: tuple[int, ...],
        place: tuple[int, int],
        attributes: tuple[Attribute, ...],
    ) -> int:
        """Add an array whose bytes lie elsewhere: `place` is their address and number."""
        return self._dataset(kind, shape, struct.pack("<BBQQ", 3, 1, *place), attributes)

    def _dataset(
        self, kind: bytes, shape: tuple[int, ...], layout: bytes, attributes: tuple[Attribute, ...]
    ) -> int:
        messages = _message(0x01, _space(shape)) + _message(0x03, kind)
        messages += _message(0x05, b"\x03\x0a") + _message(0x08, layout)
        return self._add(_object(messages + b"".join(one.message() for one in attributes)))

    @property
    def end(self) -> int:
        """The address behind the last object."""
        return SUPERBLOCK_BYTES + len(self._objects)

    def file_head(self, root: int, file_bytes: int) -> bytes:
        """Give the superblock and all objects of a file of so many bytes."""
        start = b"\x89HDF\r\n\x1a\n" + struct.pack("<4BQ", 2, 8, 8, 0, 0) + _UNDEFINED
        return _checked(start + struct.pack("<QQ", file_bytes, root)) + bytes(self._objects)
