"""The log of a run: one line per file outcome, newest on top, as fast at 5,000 lines as at five."""

import textwrap
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from preventad_tui.core.events import (
    AuthNeeded,
    Event,
    FileEnded,
    FileRetried,
    Finished,
    Notice,
    Paused,
    Resumed,
)
from preventad_tui.core.text import clean, human_duration, human_size
from preventad_tui.ui.app_type import tui_of
from preventad_tui.ui.failures import FailureGroup, Failures, is_failure
from preventad_tui.ui.widgets.row_list import Cell, RowList, fit
from preventad_tui.ui.widgets.signs import state_style

MAX_LINES = 5000
_TIME_WIDTH = 9
_WORD_WIDTH = 10
_SIZE_WIDTH = 9
_SECONDS_WIDTH = 8
_WIDEST_SENTENCE = 100
_INDENT = 1 + _TIME_WIDTH
_LEAST_SENTENCE = 20
_MOST_LINES = 4
_NARROW = 72  # columns below which a name needs what the seconds took
LONGEST_NAME = 100
"""Cells of a file's name: on a very wide terminal its numbers stay near it."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row of the log; an event with something to say has more of them for its sentence.

    `text`: a line of that sentence; among the failures also the heading of a group, or what to do
    about it.
    """

    event: Event | None
    is_sentence: bool = False
    text: str = ""
    style: str = ""


class LogView(RowList):
    """What happened, newest on top; holds still while the cursor is not on the newest row."""

    DEFAULT_CSS = """
    LogView { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._all: deque[LogRow] = deque(maxlen=MAX_LINES)
        self.failures = Failures()
        self._failed: tuple[LogRow, ...] = ()
        self._failed_as_of = (-1, 0)
        self.failures_only = False
        self.search = ""

    @property
    def _rows(self) -> Sequence[LogRow]:
        """What is shown, the last row first."""
        if not self.failures_only:
            return self._all
        as_of = (self.failures.version, self._sentence_width)
        if self._failed_as_of != as_of:
            self._failed_as_of = as_of
            rows = [row for group in self.failures for row in _group_rows(group, as_of[1])]
            self._failed = tuple(reversed(rows[:MAX_LINES]))
        return self._failed

    @property
    def _sentence_width(self) -> int:
        room = (self.scrollable_content_region.width or 79) - 1 - _INDENT
        return max(_LEAST_SENTENCE, min(room, _WIDEST_SENTENCE))

    def add(self, events: Iterable[Event]) -> None:
        """Put new events on top; O(new), whatever the log's length."""
        shown = 0
        version = self.failures.version
        for event in events:
            rows = _rows_of(event, self._sentence_width)
            self._all.extend(rows)
            shown += len(rows)
            if isinstance(event, FileEnded):
                self.failures.take(event)
        if self.failures_only:
            if version != self.failures.version:
                self._regroup()
            return
        if not shown:
            return
        holds = self.cursor > 0 or self.scroll_offset.y > 0
        top = self.scroll_offset.y
        self.rows_changed()
        if holds:
            self._cursor = min(self.cursor + shown, max(0, self.row_count() - 1))
            self.scroll_to(y=top + shown, animate=False, force=True, immediate=True)

    def _regroup(self) -> None:
        """Show the groups as they are now, with the cursor on the event that it was on."""
        on = self._failed[len(self._failed) - 1 - self.cursor] if self._failed else None
        rows = self._rows
        if on is not None and on.event is not None and on in rows:
            self._cursor = len(rows) - 1 - rows.index(on)
        self._cursor = max(0, min(self._cursor, len(rows) - 1))
        self.rows_changed()

    def on_resize(self) -> None:
        """Wrap the failures' sentences anew."""
        if self.failures_only:
            self._regroup()

    def clear(self) -> None:
        """Forget everything, for a new run, of which everything is shown."""
        self.failures_only = False
        self._all.clear()
        self.failures = Failures()
        self._failed_as_of = (-1, 0)
        self._cursor = 0
        self.rows_changed()

    def show_failures(self, only: bool) -> None:
        """Everything, or failures by their reasons; the cursor goes to the newest."""
        self.failures_only = only
        self._cursor = 0
        if only:
            self._cursor = next((at for at in range(self.row_count()) if self._row(at).event), 0)
        self.rows_changed()
        self.scroll_home(animate=False)

    @property
    def focused_event(self) -> Event | None:
        """The event on the cursor's row."""
        return self._row(self.cursor).event if self._rows else None

    def events(self) -> list[Event]:
        """What is shown, oldest first."""
        return [row.event for row in self._rows if row.event and not row.is_sentence]

    # Rows

    def _row(self, index: int) -> LogRow:
        rows = self._rows
        return rows[len(rows) - 1 - index]

    def row_count(self) -> int:
        """Rows, sentences included."""
        return len(self._rows)

    def row_cells(self, index: int, width: int) -> list[Cell]:
        """Time, state, name, size, duration; or the sentence below them."""
        row = self._row(index)
        if row.event is None:
            return [Cell(fit(row.text, width), row.style)]
        if row.is_sentence:
            indent = min(_INDENT, width)
            return [Cell(" " * indent), Cell(fit(row.text, width - indent))]
        return _cells(row.event, width)

    def empty_sentence(self) -> str:
        """Why there is nothing."""
        if self.failures_only:
            return "nothing failed (e shows everything)"
        return "each file's end will be a line here"

    def move_to(self, index: int) -> None:
        """Put the cursor on a row; from a sentence's row it goes on to an event's."""
        step = 1 if index > self.cursor else -1
        last = self.row_count() - 1
        index = max(0, min(index, last))
        while 0 < index < last and self._row(index).is_sentence:
            index += step
        while index > 0 and index == last and self._row(index).is_sentence:
            index = last = index - 1
        super().move_to(index)

    # From match to match

    def find(self, words: str) -> int:
        """Look for words in names, states and reasons; the cursor goes to the newest match.

        A line matches that has all of them, as in the browser's filter. Returns how many lines
        match; no words end the search.
        """
        self.search = words.casefold().strip()
        matches = [at for at in range(self.row_count()) if self._is_match(at)]
        if self.search and matches:
            self.move_to(matches[0])
        return len(matches)

    def _is_match(self, index: int) -> bool:
        row = self._row(index)
        if row.event is None or row.is_sentence:
            return False
        if not self.search:
            return is_failure(row.event)
        text = _words(row.event)
        return all(word in text for word in self.search.split())

    def action_next_match(self) -> None:
        """Go to the next match, or failure where nothing is looked for; it is older."""
        self._to_match(range(self.cursor + 1, self.row_count()))

    def action_previous_match(self) -> None:
        """Go to the match or failure before, which is newer."""
        self._to_match(range(self.cursor - 1, -1, -1))

    def _to_match(self, indices: range) -> None:
        found = next((index for index in indices if self._is_match(index)), None)
        if found is not None:
            self.move_to(found)
            return
        what = f"lines with “{self.search}”" if self.search else "failures"
        tui_of(self.app).tell(f"No more {what} that way.")


def _words(event: Event) -> str:
    """What a search looks at."""
    if isinstance(event, FileEnded):
        return f"{event.path} {event.state.label} {event.reason} {event.message}".casefold()
    if isinstance(event, FileRetried):
        return f"{event.path} retry {event.reason} {event.message}".casefold()
    if isinstance(event, Paused | AuthNeeded | Notice):
        return event.sentence.casefold()
    return ""


def _group_rows(group: FailureGroup, width: int) -> Iterator[LogRow]:
    """A heading, what to do, the files, newest first; each with its own sentence only once."""
    said = {_sentence(event) for event in group.files.values()}
    yield LogRow(None, text=group.heading, style="row--bad")
    for sentence in (*(said if len(said) == 1 else ()), group.advice):
        for part in textwrap.wrap(sentence, width):
            yield LogRow(None, text=f"  {part}", style="row--muted")
    for event in reversed(group.files.values()):
        yield LogRow(event)
        if len(said) > 1:
            yield from _sentence_rows(event, width)


def shown_name(path: str) -> str:
    """A file's name; its path where the name does not say whose it is (`candidate.json`)."""
    head, _, name = path.rpartition("/")
    first = head.partition("/")[0]
    return clean(name if first in name else path)


def _rows_of(event: Event, width: int) -> list[LogRow]:
    return [*reversed(_sentence_rows(event, width)), LogRow(event)]


def _sentence_rows(event: Event, width: int) -> list[LogRow]:
    parts = textwrap.wrap(_sentence(event), width, max_lines=_MOST_LINES, placeholder=" …")
    return [LogRow(event, is_sentence=True, text=part) for part in parts]


def _sentence(event: Event) -> str:
    match event:
        case FileEnded():
            return clean(event.message)
        case FileRetried():
            again = f"again in {human_duration(event.wait_s)} ({event.attempt} of {event.of})"
            message = clean(event.message).rstrip(".")
            return f"{message}; {again}" if message else again
        case _:
            return ""


def _cells(event: Event, width: int) -> list[Cell]:
    is_narrow = width < _NARROW
    clock = time.strftime("%H:%M" if is_narrow else "%H:%M:%S", time.localtime(event.at))
    match event:
        case FileEnded():
            tail = fit(_size(event), _SIZE_WIDTH, right=True) if _size(event) else ""
            if not is_narrow:
                tail += fit(shown_seconds(event.seconds), _SECONDS_WIDTH, right=True)
            tail += " "
            word, style = event.state.label, state_style(event.state)
            text = shown_name(event.path)
        case FileRetried():
            word, style, text, tail = "retry", "row--bad", shown_name(event.path), ""
        case Paused():
            word, style, text, tail = "paused", "row--bad", clean(event.sentence), ""
        case Resumed():
            word, style, text, tail = "resumed", "row--busy", "transfers go on", ""
        case AuthNeeded():
            word, style, text, tail = "login", "row--bad", clean(event.sentence), ""
        case Notice():
            word, style, text, tail = "note", "row--busy", clean(event.sentence), ""
        case Finished():
            word, style, text, tail = "finished", "row--good", clean(event.summary.sentence), ""
    room = max(width - len(clock) - 1 - _WORD_WIDTH - len(tail), 0)
    if tail:
        room = min(room, LONGEST_NAME)
    return [
        Cell(f"{clock} "),
        Cell(fit(word, _WORD_WIDTH), style),
        Cell(fit(text, room)),
        Cell(tail, "row--muted"),
    ]


def _size(event: FileEnded) -> str:
    return "" if event.size_bytes is None else human_size(event.size_bytes)


def shown_seconds(seconds: float) -> str:
    """What a file took: `12.4 s`, `17 min`; nothing where it is not known."""
    if seconds <= 0:
        return ""
    return f"{seconds:.1f} s" if seconds < 60 else human_duration(seconds)
