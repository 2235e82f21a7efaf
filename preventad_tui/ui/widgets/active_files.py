"""The files on their way, each in its own row from start to end."""

import math
import time

from textual.geometry import Region

from preventad_tui.core.events import ActiveFile
from preventad_tui.core.states import FileState
from preventad_tui.ui.widgets.amounts import amount_of, bar
from preventad_tui.ui.widgets.log_rows import LONGEST_NAME, fit_name
from preventad_tui.ui.widgets.row_list import Cell, RowList, fit
from preventad_tui.ui.widgets.signs import state_style

MOST_ROWS = 8
_BAR_WIDTH = 8
_AMOUNT_WIDTH = 17
JUST_CAME_S = 1.0
"""Seconds that a file must have stood in its row before a key is sure to be meant for it: as long
as it takes to see a row change, over a slow line too, and to hold back a finger."""


class ActiveFiles(RowList):
    """One row for each transfer at once; a file keeps its row, so that nothing jumps."""

    DEFAULT_CSS = """
    ActiveFiles { height: auto; max-height: 8; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._slots: list[ActiveFile | None] = []
        self._came_at: list[float] = []

    def show(self, active: tuple[ActiveFile, ...], jobs: int) -> None:
        """Show these files, in the rows they have; new ones take the free rows.

        `jobs` rows are kept even while free; 0 after the run. Files that are being checked and
        written stand in rows that no transfer needs, so that the rows are what runs at once.
        """
        moving = [file for file in active if file.state is FileState.ACTIVE]
        others = [file for file in active if file.state is not FileState.ACTIVE]
        active = (*moving, *others[: max(0, jobs - len(moving))])
        by_path = {file.path: file for file in active}
        slots = [by_path.pop(slot.path, None) if slot else None for slot in self._slots]
        while slots and len(slots) > jobs and slots[-1] is None:
            slots.pop()
        slots.extend([None] * (jobs - len(slots)))
        for file in by_path.values():
            if None in slots:
                slots[slots.index(None)] = file
            else:
                slots.append(file)
        if slots == self._slots:
            return
        before, cursor = self._drawn(), self.cursor
        self._came_at = [self._arrival(row, file) for row, file in enumerate(slots)]
        self._slots = slots
        if len(slots) != len(before):
            self.styles.height = min(max(len(slots), 1), MOST_ROWS)
            self.rows_changed()
            if slots and self.cursor != cursor:
                self._came_at[self.cursor] = time.monotonic()  # the cursor's row is gone
        else:
            self._refresh_since(before)

    def _arrival(self, row: int, file: ActiveFile | None) -> float:
        """When this file came to the row; a row that is new never showed another one."""
        if row >= len(self._slots):
            return -math.inf
        stood = self._slots[row]
        stays = (stood and stood.path) == (file and file.path)
        return self._came_at[row] if stays else time.monotonic()

    def _drawn(self) -> list[list[Cell]]:
        width = self.scrollable_content_region.width - 1
        return [self.row_cells(index, width) for index in range(len(self._slots))]

    def _refresh_since(self, before: list[list[Cell]]) -> None:
        """Draw what is another now: mostly bars and amounts, beside names that stay."""
        for index, (old, new) in enumerate(zip(before, self._drawn(), strict=True)):
            if old[0] != new[0]:
                self.refresh_line(index)
            elif old != new:
                after_name = 1 + len(new[0].text)
                y = index - self.scroll_offset.y
                self.refresh(Region(after_name, y, self.size.width - after_name, 1))

    @property
    def focused_path(self) -> str:
        """The path of the file on the cursor's row; `""` on a free row."""
        file = self._slots[self.cursor] if self.cursor < len(self._slots) else None
        return file.path if file else ""

    @property
    def has_just_come(self) -> bool:
        """Whether the cursor's row showed another file, or none, a moment ago."""
        came_at = self._came_at[self.cursor] if self.cursor < len(self._came_at) else -math.inf
        return time.monotonic() - came_at < JUST_CAME_S

    def row_count(self) -> int:
        """One row for each transfer at once."""
        return len(self._slots)

    def row_cells(self, index: int, width: int) -> list[Cell]:
        """Name, bar, how much of how much."""
        file = self._slots[index]
        if file is None:
            return [Cell(" " * width)]
        if file.state is FileState.ACTIVE:
            share = file.received_bytes / file.size_bytes if file.size_bytes else 0.0
            progress = f"{bar(share, _BAR_WIDTH)} "
            amount = amount_of(file.received_bytes, file.size_bytes)
        else:
            progress, amount = "", file.state.label
        tail = progress + fit(amount, _AMOUNT_WIDTH, right=bool(progress))
        tail = fit(tail, _BAR_WIDTH + 1 + _AMOUNT_WIDTH)
        room = min(max(width - len(tail) - 3, 0), LONGEST_NAME)
        style = "" if file.state is FileState.ACTIVE else state_style(file.state)
        return [Cell(fit_name(file.path, room)), Cell("  "), Cell(tail, style), Cell(" ")]

    def empty_sentence(self) -> str:
        """Nothing on its way."""
        return "nothing on its way"
