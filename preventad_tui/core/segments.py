"""The ledger's files: their names, their headers, their lines in blocks."""

import os
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from preventad_tui.core.errors import StateUnreadable
from preventad_tui.core.ledger_line import FORMAT, LedgerLine, decode_header, encode
from preventad_tui.core.text import clean

_SEGMENT = re.compile(r"\d{8}T\d{6}(?:\d{6})?Z-[0-9a-f]{16}\.jsonl")
_STAMP = "%Y%m%dT%H%M%S%fZ"


def is_segment(name: str) -> bool:
    """Whether a file of the ledger folder is a segment."""
    return _SEGMENT.fullmatch(name) is not None


def new_segment_name(*, beside: str = "", after: str = "") -> str:
    """A name that no other run makes: when, to the microsecond, and 64 random bits.

    Segments are read in the order of their names. With `beside` the time is that segment's, so
    that the new one is read at its place. With `after`, the last segment that there is, the time
    is later than that one's whatever this host's clock says.
    """
    stamp = beside.partition("-")[0]
    if not stamp:
        stamp = max(f"{datetime.now(UTC):{_STAMP}}", _next_stamp(after))
    return f"{stamp}-{os.urandom(8).hex()}.jsonl"


def _next_stamp(segment: str) -> str:
    """The time stamp right after a segment's; "" where there is none."""
    stamp = segment.partition("-")[0].removesuffix("Z").ljust(21, "9")
    try:
        return f"{datetime.strptime(f'{stamp}Z', _STAMP) + timedelta(microseconds=1):{_STAMP}}"
    except (ValueError, OverflowError):
        return ""


def check_format(folder_fd: int) -> None:
    """Look at the headers of all segments, before anything is touched.

    Raises:
        StateUnreadable: a newer version wrote one, or one cannot be read.
    """
    for name in filter(is_segment, os.listdir(folder_fd)):
        try:
            with open_segment(folder_fd, name) as file:
                read_header(file)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise unreadable(error) from error


def open_segment(folder_fd: int, name: str) -> BinaryIO:
    """Open a segment for reading.

    Raises:
        OSError: it is gone, or cannot be read.
    """
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder_fd)
    return open(fd, "rb", buffering=1 << 18)


def read_header(segment: BinaryIO) -> bool:
    """Read a segment's first line; False where it is damaged.

    Raises:
        StateUnreadable: a newer version wrote it.
    """
    first = segment.readline()
    number = decode_header(first)
    if number is None:
        return not first.endswith(b"\n")
    if number > FORMAT:
        raise StateUnreadable(
            "A newer version of preventad-tui wrote this folder's ledger.",
            "Update preventad-tui; nothing was changed.",
            "newer-format",
        )
    return True


def unreadable(error: OSError) -> StateUnreadable:
    """The ledger cannot be read at all."""
    return StateUnreadable(
        f"The ledger cannot be read: {clean(error.strerror or str(error))}.",
        "Check the permissions of .preventad-tui/ledger in the output folder.",
        "state",
    )


def in_blocks(lines: Iterable[LedgerLine]) -> Iterator[bytes]:
    """Lines in their form on disk, many at a time."""
    block: list[bytes] = []
    for line in lines:
        block.append(encode(line))
        if len(block) >= 2000:
            yield b"".join(block)
            block = []
    yield b"".join(block)
