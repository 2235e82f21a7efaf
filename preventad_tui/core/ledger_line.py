"""One line of the ledger: its fields, and its form on disk.

On disk a line is the CRC-32 of what follows as eight hexadecimal digits, a blank, and a JSON array
of the fields in order. An array loads several times faster than an object; the segment's first
line names the columns.
"""

import json
import zlib
from typing import NamedTuple

from preventad_tui.core.states import FileState

FORMAT = 1


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
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def encode(value: object) -> bytes:
    """One line on disk, with its checksum and newline."""
    text = encode_text(value).encode("ascii")
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


def encode_text(value: object) -> str:
    """JSON as the ledger spells it: ASCII, without blanks."""
    return _ENCODER.encode(value)
