"""The browser's tree, drawn from `core.outline.Outline`: only the rows on screen exist."""

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from preventad_tui.core.outline import Jump, Order, Outline, Row
from preventad_tui.core.regions import Region
from preventad_tui.core.states import BAD
from preventad_tui.core.text import end_cut, human_size
from preventad_tui.ui.actions import Place, bindings_of
from preventad_tui.ui.app_type import tui_of
from preventad_tui.ui.widgets.row_list import Cell, RowList, fit
from preventad_tui.ui.widgets.signs import state_style, tick_sign

_WIDE = 75
_LONGEST_LABEL = 90
_SELECTED = "selected"


@dataclass(frozen=True, slots=True)
class Columns:
    """The widths of the tree's columns, in cells; with the gaps they make the row's width."""

    label: int
    count: int
    size: int
    state: int

    @classmethod
    def for_width(cls, width: int) -> "Columns":
        """Columns for `width` cells: the numbers keep theirs, the label takes the rest.

        Beyond what a name needs the rest stays empty, so that name and numbers are seen together.
        """
        count, size, state = (13, 11, 12) if width >= _WIDE else (11, 9, 10)
        label = max(1, min(width - count - size - state - 2, _LONGEST_LABEL))
        return cls(label, count, size, max(state, width - label - count - size - 2))


class OutlineTree(RowList):
    """Candidates, visits, modalities, images with ticks, sizes, states; the cursor is kept by key.

    Opening and closing are done here, ticking is told to the screen.
    """

    DEFAULT_CSS = """
    OutlineTree { width: 1fr; height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.TREE)

    @dataclass
    class Ticked(Message):
        """A region is to be ticked (`on`) or unticked, as far as the filter shows it."""

        widget: "OutlineTree"
        region: Region
        on: bool

    @dataclass
    class MatchWanted(Message):
        """Go to the next (`step` 1) or previous (-1) match or failure."""

        widget: "OutlineTree"
        step: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._outline: Outline | None = None
        self._empty = "reading the catalogue ..."

    def show(self, outline: Outline | None, empty: str) -> None:
        """Show an outline from now on; `empty` says what to do when it has no rows."""
        self._outline = outline
        self._empty = empty
        self.rows_changed()

    @property
    def row(self) -> Row | None:
        """The row that the cursor is on."""
        outline = self._outline
        return outline.row(outline.cursor) if outline is not None and len(outline) else None

    # The rows

    @property
    def cursor(self) -> int:
        """The row the cursor is on."""
        return self._outline.cursor if self._outline is not None else 0

    def keep_cursor(self, index: int) -> None:
        """The outline keeps the cursor, by what it stands on."""
        if self._outline is not None and index != self._outline.cursor:
            self._outline.move_to(index)

    def row_count(self) -> int:
        """The outline's rows."""
        return len(self._outline) if self._outline is not None else 0

    def empty_sentence(self) -> str:
        """What to do when there is nothing."""
        return self._empty

    def row_cells(self, index: int, width: int) -> list[Cell]:
        """`- [-] sub-1024138      4/12      121 MB  failed`."""
        if self._outline is None:
            return []
        row = self._outline.row(index)
        columns = Columns.for_width(width)
        sign = ("-" if row.is_open else "+") if row.is_branch else " "
        before = f"{'  ' * row.depth}{sign} {tick_sign(row.selected, row.shown)} "
        label = before + _name(row, columns.label - len(before))
        nothing = row.is_branch and not row.selected
        size = "-" if nothing else human_size(row.size_bytes, estimated=row.size_estimated)
        count = f"{row.selected:,}/{row.shown:,}" if row.is_branch else _rating(row, columns.count)
        state = row.state.label
        if row.is_branch and row.state in BAD:
            state = f"{row.state_count:,} {state}"
        return [
            Cell(fit(label, columns.label)),
            Cell(f"{count:>{columns.count}}{size:>{columns.size}}  ", "row--muted" * nothing),
            Cell(fit(state, columns.state), state_style(row.state)),
        ]

    def clicked(self, column: int) -> None:
        """A click on `+` or `-` opens or closes, one on the tick ticks."""
        row = self.row
        if row is not None:
            from_sign = column - 1 - 2 * row.depth
            if from_sign == 0:
                self.action_toggle_branch()
            elif 2 <= from_sign <= 4:
                self.action_tick()

    # Keys

    def action_tick(self) -> None:
        """Tick what the cursor is on, or untick it when all of it is ticked."""
        row = self.row
        if row is not None:
            self.post_message(self.Ticked(self, row.key, row.selected < row.shown))
        elif self._outline is not None:
            tui_of(self.app).tell(self._empty)

    def action_toggle_branch(self) -> None:
        """Open or close the branch."""
        if self._outline is not None and len(self._outline):
            self._outline.toggle(self.cursor)
            self.rows_changed()

    def action_collapse(self) -> None:
        """Close the branch, or go to its parent."""
        if self._outline is None or not len(self._outline):
            return
        if self._outline.close(self.cursor):
            self.rows_changed()
        elif (parent := self._outline.parent(self.cursor)) is not None:
            self.move_to(parent)

    def action_expand(self) -> None:
        """Open the branch, or go to its first child."""
        row = self.row
        if self._outline is None or row is None or not row.is_branch:
            return
        if self._outline.open(self.cursor):
            self.rows_changed()
        else:
            self.move_to(self.cursor + 1)

    def action_collapse_all(self) -> None:
        """Close all branches."""
        if self._outline is not None:
            self._outline.collapse_all()
            self.rows_changed()

    def action_expand_candidate(self) -> None:
        """Open everything of the candidate that the cursor is in."""
        if self._outline is not None and len(self._outline):
            self._outline.expand_top(self.cursor)
            self.rows_changed()

    def action_next_match(self) -> None:
        """Ask for the next match or failure."""
        self.post_message(self.MatchWanted(self, 1))

    def action_previous_match(self) -> None:
        """Ask for the previous match or failure."""
        self.post_message(self.MatchWanted(self, -1))

    def jump(self, jump: Jump, step: int) -> bool:
        """Go to the next or previous image of a kind; False where there is none."""
        if self._outline is None or not self._outline.next_match(jump, step):
            return False
        self.rows_changed()
        return True


def _name(row: Row, room: int) -> str:
    """A name too long for its room without what the branches above it say: `…task-rest_bold`."""
    if row.is_branch or cell_len(row.label) <= room or not row.key.visit:
        return row.label
    _, visit, rest = row.label.partition(f"{row.key.visit}_")
    return f"…{rest}" if visit else row.label


def _rating(row: Row, width: int) -> str:
    """`QC Pass` where the server rated the image."""
    return fit(f"QC {row.qc}", width - 1).rstrip() if row.qc else ""


class OutlineHeading(Widget):
    """The names of the tree's columns, above it."""

    DEFAULT_CSS = """
    OutlineHeading { height: 1; width: 1fr; color: $text-muted; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._order = Order.CANDIDATE

    def show(self, order: Order) -> None:
        """Name the levels of this order."""
        self._order = order
        self.refresh()

    def render(self) -> Text:
        """`candidate  visit  modality      selected       size  state`."""
        # One column is the cursor's mark, one the scroll bar's.
        columns = Columns.for_width(self.size.width - 2)
        room = columns.label + columns.count - len(_SELECTED)
        label = fit(end_cut(f"  {self._order.label}", room - 1), room)
        return Text(f" {label}{_SELECTED}{'size':>{columns.size}}  {fit('state', columns.state)}")
