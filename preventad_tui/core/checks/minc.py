"""MINC images: NetCDF classic (MINC 1) or HDF5 (MINC 2), by what their headers say of the size."""

import math
import struct
from dataclasses import dataclass

from preventad_tui.core.checks.result import OK, SNIFF_BYTES, CheckResult, refused, sniff

_HDF5 = b"\x89HDF\r\n\x1a\n"
_HEAD_BYTES = 4_194_304
_FIRST_TRY = 65_536
_ITEM_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8}
_COUNT_LIMIT = 100_000


class _Short(Exception):
    """More of the header is needed."""


class _Malformed(Exception):
    """Not a header."""


def hdf5_size(head: bytes) -> int | None:
    """The end-of-file address in an HDF5 superblock, versions 0 to 3; None where it is none.

    Layout: HDF5 File Format Specification 3.0, II.A.
    """
    if not head.startswith(_HDF5) or len(head) < 96:
        return None
    version = head[8]
    if version in (0, 1):
        width, start = head[13], 24 + 4 * version
        base, end = start, start + 2 * width
    elif version in (2, 3):
        width = head[9]
        base, end = 12, 12 + 2 * width
    else:
        return None
    if width not in (4, 8):
        return None
    address = int.from_bytes(head[end : end + width], "little")
    return int.from_bytes(head[base : base + width], "little") + address


def netcdf_size(head: bytes) -> int | None:
    """The smallest size of a NetCDF classic file, computed from its header.

    Layout: NetCDF Classic Format Specification, CDF-1 and CDF-2. None where it is not one.

    Raises:
        _Short: the header goes on after `head`.
    """
    if head[:3] != b"CDF" or head[3:4] not in (b"\x01", b"\x02"):
        return None
    try:
        return _NetcdfReader(head, 8 if head[3] == 2 else 4).size()
    except (struct.error, IndexError) as error:
        raise _Short from error
    except _Malformed:
        return None


@dataclass(slots=True)
class _NetcdfReader:
    data: bytes
    offset_bytes: int
    at: int = 4

    def size(self) -> int:
        records = self._number()
        lengths = self._dimensions()
        self._attributes()
        end = self.at
        record_size = 0
        record_ends: list[tuple[int, int]] = []
        tag, count = self._number(), self._number()
        if tag not in (0, 11):
            raise _Malformed
        for _ in range(self._bounded(count)):
            self._name()
            ids = [self._number() for _ in range(self._bounded(self._number()))]
            self._attributes()
            kind = self._number()
            self._number()  # vsize: redundant, and wrong for large variables
            begin = self._number(self.offset_bytes)
            try:
                sizes = [lengths[index] for index in ids]
                item = _ITEM_BYTES[kind]
            except (IndexError, KeyError) as error:
                raise _Malformed from error
            if sizes and sizes[0] == 0:
                plain = math.prod(sizes[1:]) * item
                record_size += -(-plain // 4) * 4
                record_ends.append((begin, plain))
            else:
                end = max(end, begin + math.prod(sizes) * item)
        if len(record_ends) == 1:
            record_size = record_ends[0][1]  # a lone record variable is not padded
        if records and records != 0xFFFFFFFF:
            for begin, plain in record_ends:
                end = max(end, begin + (records - 1) * record_size + plain)
        return max(end, self.at)

    def _number(self, width: int = 4) -> int:
        value = self.data[self.at : self.at + width]
        if len(value) < width:
            raise _Short
        self.at += width
        return int.from_bytes(value, "big")

    def _bounded(self, count: int) -> int:
        if count > _COUNT_LIMIT:
            raise _Malformed
        return count

    def _name(self) -> None:
        self._skip(self._number())

    def _skip(self, size: int) -> None:
        self.at += -(-size // 4) * 4
        if self.at > len(self.data):
            raise _Short

    def _dimensions(self) -> list[int]:
        tag, count = self._number(), self._number()
        if tag not in (0, 10):
            raise _Malformed
        lengths = []
        for _ in range(self._bounded(count)):
            self._name()
            lengths.append(self._number())
        return lengths

    def _attributes(self) -> None:
        tag, count = self._number(), self._number()
        if tag not in (0, 12):
            raise _Malformed
        for _ in range(self._bounded(count)):
            self._name()
            kind, length = self._number(), self._number()
            if kind not in _ITEM_BYTES:
                raise _Malformed
            self._skip(length * _ITEM_BYTES[kind])


class MincCheck:
    """The structure check of `.mnc`."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._expected: int | None = None
        self._bad: CheckResult | None = None
        self._next_try = _FIRST_TRY

    def feed(self, data: bytes | memoryview) -> None:
        """Take the next bytes; only the header is kept."""
        if self._expected is not None or self._bad is not None:
            return
        if len(self._head) < _HEAD_BYTES:
            self._head += data[: _HEAD_BYTES - len(self._head)]
            if len(self._head) >= self._next_try:
                self._next_try *= 4
                self._read_head()

    def _read_head(self) -> None:
        head = bytes(self._head)
        try:
            self._expected = hdf5_size(head) if head.startswith(_HDF5) else netcdf_size(head)
        except _Short:
            return
        if self._expected is None:
            self._bad = refused("minc", "The file is neither NetCDF nor HDF5, so not MINC.")
        else:
            del self._head[SNIFF_BYTES:]

    def finish(self, size_bytes: int) -> CheckResult:
        """Judge, now that all bytes were fed."""
        if bad := sniff(bytes(self._head[:SNIFF_BYTES])):
            return bad
        if self._expected is None and self._bad is None:
            self._read_head()
        if self._bad is not None:
            return self._bad
        if self._expected is None:
            return refused("truncated", "The file ends before its header does.")
        if size_bytes < self._expected:
            return refused("minc-size", "The file is shorter than its header says: it is cut.")
        return OK
