"""Lines of text to be read row by row: the body of the plan and of the details."""

import textwrap
from collections.abc import Sequence

from preventad_tui.ui.widgets.row_list import Cell, RowList, fit

Line = tuple[Cell, ...]


def line(text: str = "", style: str = "") -> Line:
    """A line of one style."""
    return (Cell(text, style),)


def wrapped(text: str, width: int, indent: int, style: str = "") -> list[Line]:
    """A sentence in as many lines as it needs, each indented."""
    rows = textwrap.wrap(text, max(20, width - indent)) or [""]
    return [line(" " * indent + row, style) for row in rows]


class LineList(RowList):
    """Lines with a cursor, so that every one of them can be reached and read out."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show other lines; the cursor keeps its row."""
        self._lines = tuple(lines)
        self.rows_changed()

    @property
    def text(self) -> str:
        """All lines as they read, for tests and for copying."""
        return "\n".join("".join(cell.text for cell in cells) for cells in self._lines)

    def row_count(self) -> int:
        """The lines."""
        return len(self._lines)

    def row_cells(self, index: int, width: int) -> list[Cell]:
        """A line's cells, the last one padded or cut to the width."""
        *head, last = self._lines[index]
        return [*head, Cell(fit(last.text, width - sum(len(c.text) for c in head)), last.style)]
