"""Questions on a terminal without screen control: numbered, answered by a line.

`q`, or the end of the input, leaves at every question.
"""

import re
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from preventad_tui.headless.session import Session

_Answer = TypeVar("_Answer")

_YES_AND_NO = {"y": True, "yes": True, "n": False, "no": False}
_NUMBERS = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")


class Left(Exception):
    """The person has left at a question."""


def read_numbers(text: str, count: int) -> tuple[int, ...]:
    """The numbers of an answer such as `1,3-5`, each once, in their order.

    Raises:
        ValueError: no such answer, or a number outside 1 to `count`; the sentence says which.
    """
    found: dict[int, None] = {}
    for part in re.split(r"[,;\s]+", re.sub(r"\s*-\s*", "-", text.strip())):
        match = _NUMBERS.fullmatch(part)
        if match is None:
            raise ValueError(f"“{part}” is no number. Write numbers such as 1,3-5.")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= count:
            raise ValueError(f"“{part}” is not from 1 to {count}.")
        found.update(dict.fromkeys(range(first, last + 1)))
    return tuple(found)


class Questions:
    """Asks on the session's terminal; nothing that was written is ever changed."""

    def __init__(self, session: Session) -> None:
        self._output = session.output
        self._signals = session.signals

    def text(self, question: str, default: str = "") -> str:
        """A line; an empty one is the default, shown in brackets. Raises Left."""
        with self._signals.given_back():
            self._output.ask(f"{question} [{default}]:" if default else f"{question}:")
            line = sys.stdin.readline()
        answer = line.strip()
        if not line or answer.casefold() in ("q", "quit"):
            raise Left
        return answer or default

    def yes(self, question: str, *, default: bool) -> bool:
        """Yes or no. Raises Left."""
        shown = "y" if default else "n"

        def read(answer: str) -> bool:
            if answer.casefold() not in _YES_AND_NO:
                raise ValueError("Answer y or n.")
            return _YES_AND_NO[answer.casefold()]

        return self.read(f"{question} y or n", shown, read)

    def one(self, title: str, options: Sequence[str], default: int = 0) -> int:
        """The place of one of some numbered options. Raises Left."""
        self._list(title, options)

        def read(answer: str) -> int:
            numbers = read_numbers(answer, len(options))
            if len(numbers) != 1:
                raise ValueError("Write one number.")
            return numbers[0] - 1

        return self.read("Number", str(default + 1), read)

    def some(self, title: str, options: Sequence[str], default: str = "all") -> tuple[int, ...]:
        """The places of some numbered options; none of them means all. Raises Left."""
        self._list(title, options)

        def read(answer: str) -> tuple[int, ...]:
            if answer.casefold() == "all":
                return ()
            return tuple(number - 1 for number in read_numbers(answer, len(options)))

        return self.read("Numbers such as 1,3-5, or all", default, read)

    def read(self, question: str, default: str, read: Callable[[str], _Answer]) -> _Answer:
        """What `read` makes of an answer; asked again with its sentence where it cannot."""
        while True:
            try:
                return read(self.text(question, default))
            except ValueError as error:
                self._output.tell(str(error))

    def _list(self, title: str, options: Sequence[str]) -> None:
        self._output.tell(title)
        for number, option in enumerate(options, 1):
            self._output.tell(f"{number:>3} {option}")
