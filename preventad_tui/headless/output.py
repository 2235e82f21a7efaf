"""Where the commands write: talk on stderr, data on stdout.

Text that came from a server or a file system is clean already when it gets here; it is scrubbed
and cleaned once more, since a terminal is what it may harm. A terminal that is gone is no error.
"""

import json
import os
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from preventad_tui.core.text import clean

_LINE_LIMIT = 4000


class Output:
    """The two streams of one command; `quiet` leaves errors and summaries.

    `is_terminal` says whether a person can be asked there. With `appends_only` nothing is ever
    drawn over: no carriage return, no escape sequence. Who sets `goes_on_unread` has more to do
    than write: when nobody takes what is written to stdout any more, nothing more is written there.
    """

    def __init__(self, *, quiet: bool = False, appends_only: bool = False) -> None:
        self.quiet = quiet
        self.is_terminal = _is_terminal(sys.stderr)
        self.redraws = self.is_terminal and not appends_only
        self._folds = self.is_terminal and appends_only
        self._has_update = False
        self._is_first_record = True
        self.goes_on_unread = False

    def say(self, sentence: str) -> None:
        """Talk: progress, where things are; left out with `--quiet`."""
        if not self.quiet:
            self.tell(sentence)

    def tell(self, sentence: str) -> None:
        """What is said in any case: errors, the summary."""
        self.end_update()
        _write(sys.stderr, self._folded(clean(sentence, _LINE_LIMIT)) + "\n")

    def ask(self, question: str) -> None:
        """A question; what is typed stands behind it."""
        self.end_update()
        _write(sys.stderr, self._folded(clean(question, _LINE_LIMIT)) + " ")

    def _folded(self, line: str) -> str:
        """A long line in lines of the terminal's width, where a person reads nothing but lines.

        With very large letters the terminal would cut the words. Paths stay whole.
        """
        width = _terminal_width() - 1
        if not self._folds or len(line) <= width:
            return line
        indent = " " * (len(line) - len(line.lstrip()))
        return textwrap.fill(
            line,
            width,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def end_echo(self) -> None:
        """Begin a line after the `^C` that a terminal shows where the key was pressed."""
        if self._folds:
            _write(sys.stderr, "\n")

    def update(self, line: str) -> None:
        """Replace the line at the bottom; only on a terminal that may be drawn over."""
        if self.quiet or not self.redraws:
            return
        self._has_update = True
        _write(sys.stderr, f"\r{clean(line, _terminal_width() - 1)}\x1b[K")

    def end_update(self) -> None:
        """Take the line at the bottom away."""
        if self._has_update:
            _write(sys.stderr, "\r\x1b[K")
            self._has_update = False

    def record(self, kind: str, **values: Any) -> None:
        """One JSON object on a line of stdout; the first one names the format."""
        head = {"type": kind, "format": 1} if self._is_first_record else {"type": kind}
        self._is_first_record = False
        try:
            print(json.dumps(head | values, ensure_ascii=False), flush=True)
        except OSError:  # the reader has ended, or the disk that it goes to is full
            if not self.goes_on_unread:
                raise
            leave_stdout()

    def line(self, text: str) -> None:
        """One line of data on stdout."""
        print(clean(text, _LINE_LIMIT))

    def tsv(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Tab-separated values with a heading on stdout."""
        for row in (columns, *rows):
            print("\t".join(clean(_plain(value), _LINE_LIMIT) for value in row))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Aligned columns for people on stdout; numbers to the right."""
        cells = [[str(value) if value is not None else "?" for value in row] for row in rows]
        is_number = [
            all(row[place][:1].isdigit() or row[place][:1] in "~?" for row in cells)
            for place in range(len(columns))
        ]
        widths = [
            max(len(row[place]) for row in [list(columns), *cells]) for place in range(len(columns))
        ]
        for row in [list(columns), *cells]:
            parts = (
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, right in zip(row, widths, is_number, strict=True)
            )
            self.line("  ".join(parts).rstrip())


def leave_stdout() -> None:
    """Write to nowhere from now on: what is still buffered must not fail at the end either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def _terminal_width() -> int:
    """What the terminal says; COLUMNS may be that of another one, or of before a resize."""
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return max(20, columns or 80)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        pass  # the terminal is gone (a dropped connection); the download goes on
