"""NIfTI images: the header's dimensions against the size of what follows.

While downloading only the first block and the last eight bytes are looked at: gzip's trailer
gives the uncompressed size modulo 2**32. With `full` every byte is inflated and its CRC checked.
"""

import math
import struct
import zlib
from dataclasses import dataclass

from preventad_tui.core.checks.result import OK, SNIFF_BYTES, CheckResult, refused, sniff

_HEAD_BYTES = 65_536
_NIFTI_1 = 348
_NIFTI_2 = 540
_NIFTI_1_SIZE = b"\x5c\x01\x00\x00"
_STEP = 1_048_576
_PADDING = 1_048_576
_RATIO = 1200
_GZIP = b"\x1f\x8b"
_GZIP_SMALLEST = 18


@dataclass(frozen=True, slots=True)
class NiftiHeader:
    """What decides an image's size."""

    dimensions: tuple[int, ...]
    bits: int
    offset: int

    @property
    def size_bytes(self) -> int:
        """The size of the whole uncompressed file."""
        return self.offset + (math.prod(self.dimensions) * self.bits + 7) // 8


def parse_header(data: bytes) -> NiftiHeader | None:
    """Read a NIfTI-1 or NIfTI-2 header of either byte order; None where it is not one.

    Layouts: nifti1.h and nifti2.h of the NIfTI standard; only the single-file form is accepted.
    An offset of 0 means the smallest possible one, as readers take it.
    """
    for order in "<>":
        if len(data) >= _NIFTI_1 and struct.unpack_from(f"{order}i", data)[0] == _NIFTI_1:
            if data[344:347] != b"n+1":
                return None
            dim = struct.unpack_from(f"{order}8h", data, 40)
            (bits,) = struct.unpack_from(f"{order}h", data, 72)
            (offset,) = struct.unpack_from(f"{order}f", data, 108)
            return _header(dim, bits, offset, 352)
        if len(data) >= _NIFTI_2 and struct.unpack_from(f"{order}i", data)[0] == _NIFTI_2:
            if data[4:12] != b"n+2\0\r\n\x1a\n":
                return None
            (bits,) = struct.unpack_from(f"{order}h", data, 14)
            dim = struct.unpack_from(f"{order}8q", data, 16)
            (offset,) = struct.unpack_from(f"{order}q", data, 168)
            return _header(dim, bits, offset, 544)
    return None


def _header(dim: tuple[int, ...], bits: int, offset: float, smallest: int) -> NiftiHeader | None:
    count = dim[0]
    if not 1 <= count <= 7 or not 1 <= bits <= 256 or not math.isfinite(offset):
        return None
    if offset == 0:
        offset = smallest
    used = dim[1 : count + 1]
    if any(size < 1 for size in used) or offset < smallest or offset > 2**31:
        return None
    return NiftiHeader(used, bits, int(offset))


class NiftiCheck:
    """The structure check of `.nii.gz` and `.nii`."""

    def __init__(self, *, full: bool, name: str = "") -> None:
        self._full = full
        self._name = name
        self._head = b""
        self._tail = b""
        self._is_gzip: bool | None = None
        self._header: NiftiHeader | None = None
        self._bad: CheckResult | None = None
        self._stream: _Inflater | None = None

    def feed(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        first = self._head if self._is_gzip is None else b""
        if self._header is None and len(self._head) < _HEAD_BYTES and self._bad is None:
            self._head += bytes(data[: _HEAD_BYTES - len(self._head)])
            self._read_head()
        self._tail = bytes(data[-8:]) if len(data) >= 8 else (self._tail + bytes(data))[-8:]
        if self._full and self._bad is None and self._is_gzip:
            if self._stream is None:
                self._stream = _Inflater()
                data = first + bytes(data)
            limit = self._header.size_bytes + _PADDING if self._header else 2 * _STEP
            self._bad = self._stream.feed(data, limit)

    def _read_head(self) -> None:
        if self._is_gzip is None:
            if len(self._head) < 2:
                return
            self._is_gzip = self._head.startswith(_GZIP)
        head = self._head
        if self._is_gzip:
            try:
                head = zlib.decompressobj(31).decompress(self._head, _NIFTI_2)
            except zlib.error:
                self._bad = sniff(self._head) or refused("gzip", "The file is not valid gzip.")
                return
        is_first = _NIFTI_1_SIZE in (head[:4], head[3::-1])
        if len(head) >= (_NIFTI_1 if is_first else _NIFTI_2):
            self._header = parse_header(head)
            if self._header is None:
                self._bad = sniff(self._head) or _no_header()

    def finish(self, size_bytes: int) -> CheckResult:
        """Judge, now that all bytes were fed."""
        if bad := sniff(self._head[:SNIFF_BYTES]):
            return bad
        if self._bad:
            return self._bad
        if self._name.endswith(".gz") and not self._is_gzip:
            return refused("encoding", "The file arrived without its gzip compression.")
        if self._name.endswith(".nii") and self._is_gzip:
            return refused("encoding", "The file arrived with a gzip compression of its own.")
        if self._header is None:
            return refused("truncated", "The file ends before its header does.")
        expected = self._header.size_bytes
        if not self._is_gzip:
            return _compare(size_bytes, expected)
        if self._stream is not None:
            return self._stream.finish() or _compare(self._stream.size_bytes, expected)
        trailer = int.from_bytes(self._tail[4:8], "little")
        if size_bytes < _GZIP_SMALLEST or trailer != expected % 2**32:
            return refused("nifti-size", "The file's end does not fit its header: it is cut.")
        return OK


class _Inflater:
    """A gzip stream, of one or several members, inflated in small steps and thrown away."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self._taken = 0
        self.size_bytes = 0

    def feed(self, data: bytes | memoryview, limit: int) -> CheckResult | None:
        """Inflate; a result where the stream is bad or grows beyond `limit` bytes."""
        self._taken += len(data)
        waiting = bytes(data)
        while waiting:
            if self._member.eof:
                self._member = zlib.decompressobj(31)
            try:
                self.size_bytes += len(self._member.decompress(waiting, _STEP))
            except zlib.error:
                return refused("gzip", "The file's gzip stream is damaged.")
            if self.size_bytes > limit or self.size_bytes > self._taken * _RATIO + _STEP:
                return refused("nifti-size", "The file inflates to more than its header says.")
            waiting = self._member.unconsumed_tail or self._member.unused_data
        return None

    def finish(self) -> CheckResult | None:
        """A result where the stream has not come to its end."""
        # A full last step may have left output inside: ask for it before judging the end.
        while not self._member.eof:
            more = self._member.decompress(self._member.unconsumed_tail, _STEP)
            if not more and not self._member.eof:
                return refused("truncated", "The file's gzip stream is cut.")
            self.size_bytes += len(more)
        return None


def _no_header() -> CheckResult:
    return refused("nifti-header", "The file has no NIfTI header.")


def _compare(size_bytes: int, expected: int) -> CheckResult:
    if size_bytes < expected:
        return refused("truncated", "The image holds fewer voxels than its header says.")
    if size_bytes > expected + _PADDING:
        return refused("nifti-size", "The image is larger than its header says.")
    return OK
