"""The ledger's files: their names, their headers, their lines in blocks."""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from preventad_tui.core.errors import StateUnreadable
from preventad_tui.core.ledger_line import FORMAT, LedgerLine, decode_header, encode
from preventad_tui.core.text import clean

_SEGMENT = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{16}\.jsonl")


def is_segment(name: str) -> bool:
    """Whether a file of the ledger folder is a segment."""
    return _SEGMENT.fullmatch(name) is not None


def new_segment_name(*, beside: str = "") -> str:
    """A name that no other run makes: when, and 64 random bits.

    With `beside`, the time is that segment's, so that the new one is read at its place.
    """
    stamp = beside.partition("-")[0] or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    return f"{stamp}-{secrets.token_hex(8)}.jsonl"


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
