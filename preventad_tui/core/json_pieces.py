"""Long JSON read piece by piece, so that other threads have their turn and little stands in memory.

Python's own parser keeps the interpreter to itself from end to end, but for the objects that it
hands out; decoding 200 MB before is a tenth of a second by itself. Here the rows of a list are
parsed one at a time, from text that is decoded as far as it is needed.
"""

import codecs
import json
import re
from collections.abc import Callable
from typing import Any

PIECE_BYTES = 1 << 20
_LONGEST_VALUE = 4 << 20
_NUMBER_GOES_ON = ("", ".", "e", "E")
_SPACE = re.compile(r"[ \t\n\r]*")

Pairs = list[tuple[str, Any]]


def load_in_pieces(body: bytes, decoder: json.JSONDecoder, make: Callable[[Pairs], Any]) -> Any:
    """What `decoder` makes of the body; `make` is its `object_pairs_hook`.

    The rows of an outermost list, or of lists in an outermost object, may be any number; a single
    value beside or among them may have 4 MB.

    Raises:
        ValueError, RecursionError: it is not JSON in UTF-8, or has a longer value.
    """
    reader = _Reader(body, decoder)
    value = reader.read_object(make) if reader.peek() == "{" else reader.read_value()
    if reader.peek():
        raise ValueError("something stands after the value")
    return value


class _Reader:
    """The text from `_at` on is yet to be read; more of it is decoded when it is used up."""

    def __init__(self, body: bytes, decoder: json.JSONDecoder) -> None:
        self._body = memoryview(body)
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._parse = decoder.raw_decode
        self._taken = 0
        self._text = ""
        self._at = 0

    def peek(self) -> str:
        """The next character that is not white space; "" at the end."""
        found = self._text[self._at : self._at + 1]
        if found and found not in " \t\n\r":  # nearly always: a pattern takes longer
            return found
        while True:
            space = _SPACE.match(self._text, self._at)
            assert space is not None  # it may be empty
            self._at = space.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_more():
                return ""

    def read_object(self, make: Callable[[Pairs], Any]) -> Any:
        """An object, each list right in it by its rows."""
        pairs: Pairs = []
        self._at += 1
        if self.peek() == "}":
            self._at += 1
            return make(pairs)
        while True:
            if self.peek() != '"':
                raise ValueError("no name where one must stand")
            name = self._read_one()
            if self.peek() != ":":
                raise ValueError("no colon after a name")
            self._at += 1
            pairs.append((name, self.read_value()))
            if self._is_last("}"):
                return make(pairs)

    def read_value(self) -> Any:
        """A list by its rows, anything else in one go."""
        if self.peek() != "[":
            return self._read_one()
        rows: list[Any] = []
        self._at += 1
        if self.peek() == "]":
            self._at += 1
            return rows
        while True:
            rows.append(self._read_one())
            if self._is_last("]"):
                return rows

    def _is_last(self, end: str) -> bool:
        """Whether the end follows, not a comma."""
        found = self.peek()
        if found not in (end, ","):
            raise ValueError(f"neither a comma nor {end}")
        self._at += 1
        return found == end

    def _read_one(self) -> Any:
        self.peek()
        while True:
            try:
                value, end = self._parse(self._text, self._at)
            except json.JSONDecodeError:  # at fault, or not all of it is there
                if not self._read_more():
                    raise
                continue
            is_whole = self._text[end : end + 1] not in _NUMBER_GOES_ON
            if is_whole or not self._read_more():
                self._at = end
                return value

    def _read_more(self) -> bool:
        """Decode another piece; False where there is none."""
        if self._taken == len(self._body):
            return False
        rest = self._text[self._at :]
        if len(rest) > _LONGEST_VALUE:
            raise ValueError("a single value is too long")
        piece = self._body[self._taken : self._taken + max(PIECE_BYTES, len(rest))]
        self._taken += len(piece)
        self._text = rest + self._decode(piece, self._taken == len(self._body))
        self._at = 0
        return True
