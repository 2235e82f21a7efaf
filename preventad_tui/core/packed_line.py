"""The ledger's lines as they are held and read: the text on disk without the path at its start.

Loading parses no JSON: lines that our own encoder wrote are known by one regular expression, which
also finds the few fields that merging the segments looks at. What another encoder spelled is
brought into our spelling first.
"""

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from sys import intern
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple

from preventad_tui.core.ledger_line import LedgerLine, encode_text
from preventad_tui.core.states import FileState

_BLOCK_BYTES = 1 << 18
_STATES = {state.value: state for state in FileState}
_NAMES = {state.value.encode("ascii"): state for state in FileState}
_TYPES = (str, str, str, int, int, str, str, str, str, int, str, str, str, str, str)
_DECODER = json.JSONDecoder()


class PackedLine(NamedTuple):
    """A line of the ledger without what need not be looked at while thousands are read.

    Attributes:
        path: as in `LedgerLine`.
        text: the line's JSON after the path; `unpack` makes the whole line of it.
        md5, state: as in `LedgerLine`.
    """

    path: str
    text: bytes
    md5: str
    state: FileState


class PackedLines(dict[str, bytes]):
    """Texts by path; other than a plain dictionary, it can be referred to weakly."""

    __slots__ = ("__weakref__",)


@cache
def _ours() -> re.Pattern[bytes]:
    """A line as our encoder writes it; groups: its checksum, and the fields of a `PackedLine`.

    Only links and ETags have escapes in practice, so only they may; nothing is tried twice.
    """
    plain = r'[^"\\\x00-\x1f\x80-\xff]*+'
    word, kept = f'"{plain}"', f'"({plain})"'
    escaped = rf'"{plain}(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{{4}}){plain})*+"'
    whole = r"(?:0|-?[1-9][0-9]{0,18})"
    state = f'"({"|".join(_STATES)})"'
    after_path = (
        escaped, word, whole, whole, kept, escaped, state, word, whole, word, word, word, word, word
    )  # fmt: skip
    line = rf"(?m)^([0-9a-f]{{8}}) \[{kept},({','.join(after_path)}\])\n"
    return re.compile(line.encode("ascii"))


def pack(line: LedgerLine) -> PackedLine:
    """A line packed, for holding many of them by their paths."""
    path = encode_text(line.path)
    text = encode_text(line)[len(path) + 2 :].encode("ascii")
    return PackedLine(intern(line.path), text, line.md5, line.state)


def unpack(path: str, text: bytes) -> LedgerLine:
    """The line whose text after its path this is."""
    row, _ = _DECODER.raw_decode("[" + text.decode("ascii"))
    row[6] = _STATES[row[6]]
    return tuple.__new__(LedgerLine, (path, *row))


def read_packed(
    file: BinaryIO, held: Mapping[str, bytes] = MappingProxyType({})
) -> Iterator[PackedLine | None]:
    """The lines of a segment after its header; None for each that cannot be used.

    Texts that are among the `held` ones are not held a second time. A last line without its end is
    what a kill leaves, and neither used nor told.
    """
    crc32, find = zlib.crc32, _ours().findall
    for block in _blocks(file):
        lines = find(block)
        if len(lines) != block.count(b"\n"):
            yield from map(_read_one, block.split(b"\n")[:-1])
            continue
        for crc, name, text, md5, state in lines:
            if int(crc, 16) != crc32(text, crc32(b'["%s",' % name)):
                yield None
                continue
            path = intern(name.decode("ascii"))
            if held.get(path) == text:
                text = held[path]
            line = (path, text, md5.decode("ascii"), _NAMES[state])
            yield tuple.__new__(PackedLine, line)  # half the time of a call of the class


def read_lines(file: BinaryIO) -> Iterator[LedgerLine]:
    """The usable lines of a segment after its header, whole."""
    for packed in read_packed(file):
        if packed is not None:
            yield unpack(packed.path, packed.text)


def _blocks(file: BinaryIO) -> Iterable[bytes]:
    """Whole lines, many at a time."""
    begun = b""
    while block := file.read(_BLOCK_BYTES):
        end = block.rfind(b"\n") + 1
        if end:
            yield begun + block[:end]
            begun = block[end:]
        else:
            begun += block


def _read_one(raw: bytes) -> PackedLine | None:
    """A line without its end, from a block in which one is damaged or not spelled as ours are."""
    text = raw[9:]
    if raw[:9] != b"%08x " % zlib.crc32(text):
        return None
    try:
        row: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if type(row) is not list or tuple(map(type, row)) != _TYPES or row[7] not in _STATES:
        return None
    row[7] = _STATES[row[7]]
    return pack(LedgerLine(*row))
