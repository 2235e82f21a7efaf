"""Visits and modalities with counts: a tick here ticks it in every candidate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from preventad_tui.core.regions import Region
from preventad_tui.ui.actions import Place, bindings_of
from preventad_tui.ui.widgets.row_list import Cell, RowList, fit
from preventad_tui.ui.widgets.signs import tick_sign


@dataclass(frozen=True, slots=True)
class FacetRow:
    """A visit or a modality among the images that the filter shows; a heading has no region."""

    label: str
    region: Region | None = None
    selected: int = 0
    shown: int = 0


class Facets(RowList):
    """The facets, beside the tree or over it."""

    DEFAULT_CSS = """
    Facets { width: 36; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.FACETS)

    @dataclass
    class Ticked(Message):
        """A facet is to be ticked (`on`) or unticked in every candidate shown."""

        widget: "Facets"
        region: Region
        on: bool

    @dataclass
    class Left(Message):
        """Back to the tree, please."""

        widget: "Facets"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: tuple[FacetRow, ...] = ()

    def show_rows(self, rows: Sequence[FacetRow]) -> None:
        """Show other counts; the cursor stays on its visit or modality."""
        on = self._rows[self.cursor].region if self._rows else None
        self._rows = tuple(rows)
        at = next((i for i, row in enumerate(rows) if row.region and row.region == on), None)
        self.rows_changed()
        self.move_to(self._first_facet() if at is None else at)

    def _first_facet(self) -> int:
        return next((i for i, row in enumerate(self._rows) if row.region), 0)

    def row_count(self) -> int:
        """Facets and their headings."""
        return len(self._rows)

    def row_cells(self, index: int, width: int) -> list[Cell]:
        """`[x] PREBL00     12/166`."""
        row = self._rows[index]
        if row.region is None:
            return [Cell(fit(row.label, width), "row--strong")]
        count = f"{row.selected:,}/{row.shown:,} "
        label = f"{tick_sign(row.selected, row.shown)} {row.label}"
        style = "" if row.shown else "row--muted"
        return [Cell(fit(label, width - len(count)), style), Cell(count, style)]

    def empty_sentence(self) -> str:
        """While no catalogue is there."""
        return "no catalogue yet"

    def clicked(self, column: int) -> None:
        """A click on the tick ticks."""
        if 1 <= column <= 3:
            self.action_tick()

    def action_tick(self) -> None:
        """Tick the facet, or untick it when all of it is ticked."""
        row = self._rows[self.cursor] if self._rows else FacetRow("")
        if row.region is not None and row.shown:
            self.post_message(self.Ticked(self, row.region, on=row.selected < row.shown))

    def action_leave(self) -> None:
        """Back to the tree."""
        self.post_message(self.Left(self))
