"""Lines of text to be read row by row: the body of the plan and of the details."""

import textwrap
from collections.abc import Sequence

from rich.cells import cell_len

from preventad_tui.ui.widgets.row_list import Cell, RowList, fit

Line = tuple[Cell, ...]


def line(text: str = "", style: str = "") -> Line:
    """A line of one style."""
    return (Cell(text, style),)


def wrapped(text: str, width: int, indent: int, style: str = "") -> list[Line]:
    """A sentence in as many lines as it needs, each indented."""
    rows = textwrap.wrap(text, max(20, width - indent)) or [""]
    return [line(" " * indent + row, style) for row in rows]


def unfolded(lines: Sequence[Line], width: int) -> list[Line]:
    """The lines with a last cell that is too long put on as many rows as it needs, below itself."""
    rows: list[Line] = []
    for cells in lines:
        *head, last = cells
        indent = sum(cell_len(cell.text) for cell in head)
        room = max(20, width - indent)
        if cell_len(last.text) <= room:
            rows.append(cells)
            continue
        parts = textwrap.wrap(last.text, room, break_on_hyphens=False) or [""]
        rows.append((*head, Cell(parts[0], last.style)))
        rows.extend(line(" " * indent + part, last.style) for part in parts[1:])
    return rows


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
