"""The coverage table on the screen: a cursor on a cell, columns that move into sight."""

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import BindingType
from textual.geometry import Offset
from textual.widget import Widget

from preventad_tui.core.coverage import Coverage
from preventad_tui.ui.actions import Place, bindings_of
from preventad_tui.ui.coverage_text import Layout, cell_text, heading_cells, lay_out, name_text
from preventad_tui.ui.widgets.row_list import Cell, RowList, fit

_ON_ROW = Style(bold=True)
_CELL_BEFORE_COLUMNS = 2
"""The marker and the row's name."""


class CoverageGrid(RowList):
    """Numbers of sessions by modality; arrows move from cell to cell."""

    DEFAULT_CSS = """
    CoverageGrid { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.TABLE)

    def __init__(self, *, prefixes: tuple[str, str] = ("", ""), id: str | None = None) -> None:
        super().__init__(id=id)
        self._prefixes = prefixes
        self._table: Coverage | None = None
        self._first = 0
        self._marked: frozenset[str] = frozenset()
        self.column = 0

    @property
    def table(self) -> Coverage | None:
        """What is shown."""
        return self._table

    def show(self, table: Coverage) -> None:
        """Show another table; the cursor stays on its row and column where they are in it."""
        old = self._table
        row = old.rows[self.cursor] if old and old.rows else ""
        self._table = table
        self.column = min(self.column, max(0, len(table.columns) - 1))
        self.rows_changed()
        if row in table.rows:
            self.move_to(table.rows.index(row))
        self._columns_moved()

    def show_marks(self, marked: frozenset[str]) -> None:
        """Mark these modalities."""
        self._marked = marked
        self._columns_moved()

    @property
    def marked(self) -> frozenset[str]:
        """The marked modalities."""
        return self._marked

    @property
    def layout_of_columns(self) -> Layout | None:
        """The columns on the screen."""
        if self._table is None:
            return None
        # One column is the cursor's mark.
        width = self.scrollable_content_region.width - 1
        layout = lay_out(self._table, width, self.column, self._first, self._prefix, self._marked)
        self._first = layout.first
        return layout

    @property
    def _prefix(self) -> str:
        by_visit = self._table is None or self._table.by_visit
        return self._prefixes[1] if by_visit else self._prefixes[0]

    @property
    def cursor_cell(self) -> Offset:
        """On the last digit of the cell's number."""
        layout = self.layout_of_columns
        x = 1 + layout.sign_at(self.column) if layout and layout.widths else 0
        return Offset(x, super().cursor_cell.y)

    @property
    def cell(self) -> tuple[str, str] | None:
        """The visit or candidate, and the modality, that the cursor is on."""
        table = self._table
        if table is None or not table.rows or not table.columns:
            return None
        return table.rows[self.cursor], table.columns[self.column]

    def _columns_moved(self) -> None:
        self.refresh()
        for heading in self.screen.query(CoverageHeading):
            heading.refresh()

    # Keys

    def action_left(self) -> None:
        """One column to the left."""
        self.column = max(0, self.column - 1)
        self._columns_moved()

    def action_right(self) -> None:
        """One column to the right."""
        if self._table is not None:
            self.column = min(len(self._table.columns) - 1, self.column + 1)
            self._columns_moved()

    # Rows

    def row_count(self) -> int:
        """Visits or candidates."""
        return len(self._table.rows) if self._table is not None else 0

    def row_cells(self, index: int, width: int) -> list[Cell]:
        """`NAPBL00  141    141 ##    0     141 ##`."""
        table, layout = self._table, self.layout_of_columns
        if table is None or layout is None:
            return []
        of = table.row_sessions[index]
        cells = [Cell(name_text(table, index, layout, self._prefix))]
        for at in range(layout.first, layout.last):
            count = table.cells[index][at]
            style = "row--muted" if not count else "row--good" if count >= of else ""
            cells.append(Cell(cell_text(count, of, layout.widths[at]), style))
        rest = width - layout.name - sum(layout.widths[layout.first : layout.last])
        return [*cells, Cell(" " * rest)]

    def highlight(self, place: int) -> Style:
        """The cell under the cursor is reversed, its row bold."""
        layout = self.layout_of_columns
        on_cell = layout and place == self.column - layout.first + _CELL_BEFORE_COLUMNS
        return super().highlight(place) if on_cell else _ON_ROW

    def empty_sentence(self) -> str:
        """While it is counted, or where nothing is."""
        return (
            "counting ..."
            if self._table is None
            else "The filter shows no candidate: a counts all of them."
        )


class CoverageHeading(Widget):
    """The names of the columns on the screen; `<` and `>` where there are more."""

    DEFAULT_CSS = """
    CoverageHeading { height: 1; width: 1fr; color: $text-muted; }
    """

    def __init__(self, grid: CoverageGrid, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._grid = grid

    def render(self) -> Text:
        """` visit     all   *t1w  *bold (rest)  >`."""
        table, layout = self._grid.table, self._grid.layout_of_columns
        if table is None or layout is None:
            return Text("")
        text = Text("<" if layout.first else " ", no_wrap=True, overflow="crop")
        for cell, is_marked in heading_cells(table, layout, self._grid.marked):
            text.append(cell, "bold" if is_marked else "")
        more = ">" if layout.last < len(table.columns) else ""
        return text + Text(fit(more, max(0, self.size.width - text.cell_len), right=True))
