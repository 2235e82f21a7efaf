"""One line of the ledger: its fields, and its form on disk.

On disk a line is the CRC-32 of what follows as eight hexadecimal digits, a blank, and a JSON array
of the fields in order. An array loads several times faster than an object; the segment's first
line names the columns.
"""

import json
import zlib
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii
from sys import intern
from typing import Any, BinaryIO, NamedTuple

from preventad_tui.core.states import FileState

FORMAT = 1
_BATCH = 2000


class LedgerLine(NamedTuple):
    """One end of a file, good or bad.

    Attributes:
        path: relative to the output folder, POSIX.
        link: the server's link it came from; "" for files written from the catalogue.
        server: the server's identity (`demo`, or its origin).
        size_bytes: bytes as received; 0 where nothing was.
        mtime_ns: the final file's modification time; 0 where there is none.
        md5: of the bytes as received, hexadecimal; "" where nothing was.
        etag: the server's, exactly as sent.
        state: how it ended.
        reason: a short code for a bad end (`truncated`, `occupied`); "" for a good one.
        attempts: how many requests it took.
        when: ISO 8601 UTC.
        replaced: MD5 of the older version that this one replaced, or "".
        version: the program's.
        note: what else is to be known (`adopted`, `suspicious`), or "".
        partial: name of the partial that becomes the file: lets a killed run's rename be finished.
    """

    path: str
    link: str
    server: str
    size_bytes: int
    mtime_ns: int
    md5: str
    etag: str
    state: FileState
    reason: str
    attempts: int
    when: str
    replaced: str
    version: str
    note: str = ""
    partial: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the line says that the file is whole on disk."""
        return self.state in _GOOD


_GOOD = frozenset({FileState.ON_DISK, FileState.VERIFIED, FileState.UNCHANGED})
_TYPES = (str, str, str, int, int, str, str, str, str, int, str, str, str, str, str)
_STATES = {state.value: state for state in FileState}
_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def encode(value: object) -> bytes:
    """One line on disk, with its checksum and newline."""
    text = _text(value)
    return b"%08x %s\n" % (zlib.crc32(text), text)


def header(version: str) -> bytes:
    """A segment's first line."""
    return encode({"format": FORMAT, "columns": LedgerLine._fields, "version": version})


def decode_header(raw: bytes) -> int | None:
    """The format number of a segment's first line; None where that line cannot be read."""
    text = raw[9:-1]
    if raw[-1:] != b"\n" or raw[:9] != b"%08x " % zlib.crc32(text):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    number = value.get("format") if isinstance(value, dict) else None
    return number if isinstance(number, int) else None


def pack(line: LedgerLine) -> str:
    """A line's text without the path at its start, for holding many of them by their paths.

    Interned: a folder that is read again while it is held takes no second copy.
    """
    return _without_path(line.path, _text(line))


def unpack(path: str, packed: str) -> LedgerLine:
    """The line that was packed."""
    row, _ = _DECODER.raw_decode("[" + packed)
    row[6] = _STATES[row[6]]
    return tuple.__new__(LedgerLine, (path, *row))


def read_lines(file: BinaryIO) -> Iterator[LedgerLine]:
    """The usable lines of a segment after its header."""
    for records in read_records(file):
        if not isinstance(records, int):
            for row, _ in records:
                row[7] = _STATES[row[7]]
                yield LedgerLine(*row)


Record = tuple[list[Any], str]
"""A line's fields as JSON has them, and the line packed."""


def read_records(file: BinaryIO) -> Iterator[list[Record] | int]:
    """The lines of a segment after its header, in batches; an int counts unusable lines.

    Decoding many lines as one JSON array is what makes 53,000 of them load in a fifth of a second.
    """
    batch: list[bytes] = []
    bad = 0
    crc32 = zlib.crc32
    for raw in file:
        text = raw[9:-1]
        if raw[-1:] != b"\n" or raw[:9] != b"%08x " % crc32(text):
            # A last line without its end is what a kill leaves, not damage.
            bad += raw[-1:] == b"\n"
            continue
        batch.append(text)
        if len(batch) >= _BATCH:
            yield from _parse(batch)
            batch = []
    if batch:
        yield from _parse(batch)
    if bad:
        yield bad


def _parse(batch: list[bytes]) -> Iterator[list[Record] | int]:
    try:
        rows: list[Any] = json.loads(b"[" + b",".join(batch) + b"]")
    except (ValueError, RecursionError):
        rows = []
    if len(rows) != len(batch):
        if len(batch) == 1:
            yield 1
        else:  # checksums hold but the text is not one line each: find the lines at fault
            for text in batch:
                yield from _parse([text])
        return
    records = [
        (row, _without_path(row[0], text))
        for row, text in zip(rows, batch, strict=True)
        if type(row) is list and tuple(map(type, row)) == _TYPES and row[7] in _STATES
    ]
    yield records
    if len(records) < len(rows):
        yield len(rows) - len(records)


def _without_path(path: str, text: bytes) -> str:
    end = len(path) + 2  # where its closing quote stands
    is_ours = text[end : end + 3] == b'","' and '"' not in path and text.isascii()
    if not is_ours:  # escapes in the path, or not spelled by our encoder
        text = _text(json.loads(text))
        end = len(encode_basestring_ascii(path))  # with both quotes; the bracket is before it
    return intern(text[end + 2 :].decode("ascii"))


def _text(value: object) -> bytes:
    return _ENCODER.encode(value).encode("ascii")
