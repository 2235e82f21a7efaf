"""The log of a run: one line per file outcome, newest on top, as fast at 5,000 lines as at five."""

from collections import deque
from collections.abc import Iterable, Sequence

from preventad_tui.core.events import Event, FileEnded
from preventad_tui.ui.app_type import tui_of
from preventad_tui.ui.failures import Failures, is_failure
from preventad_tui.ui.widgets.log_rows import (
    INDENT,
    LEAST_SENTENCE,
    WIDEST_SENTENCE,
    LogRow,
    cells_of,
    group_rows,
    rows_of,
    words_of,
)
from preventad_tui.ui.widgets.row_list import Cell, RowList, fit

MAX_LINES = 5000


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
            rows = [row for group in self.failures for row in group_rows(group, as_of[1])]
            self._failed = tuple(reversed(rows[:MAX_LINES]))
        return self._failed

    @property
    def _sentence_width(self) -> int:
        room = (self.scrollable_content_region.width or 79) - 1 - INDENT
        return max(LEAST_SENTENCE, min(room, WIDEST_SENTENCE))

    def add(self, events: Iterable[Event]) -> None:
        """Put new events on top; O(new), whatever the log's length."""
        shown = 0
        version = self.failures.version
        for event in events:
            rows = rows_of(event, self._sentence_width)
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
            indent = min(INDENT, width)
            return [Cell(" " * indent), Cell(fit(row.text, width - indent))]
        return cells_of(row.event, width)

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
        text = words_of(row.event)
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
