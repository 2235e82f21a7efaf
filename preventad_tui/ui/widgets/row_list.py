"""A list that draws only the rows on screen: the base of the tree and of every other list."""

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from preventad_tui.ui.actions import Place, bindings_of
from preventad_tui.ui.said import keep_clear


def fit(text: str, width: int, *, right: bool = False, head: int = 0) -> str:
    """Text in exactly `width` cells, padded, or cut in the middle so that both ends can be read.

    `head`: so many cells of the beginning are kept, as far as a third is left for the end.
    """
    cells = len(text) if text.isascii() else cell_len(text)
    if cells <= width:
        return " " * (width - cells) + text if right else text + " " * (width - cells)
    if width <= 1:
        return set_cell_size(text, max(width, 0))
    head = max((width - 1) // 2, min(head, (width - 1) * 2 // 3))
    tail = width - 1 - head
    if cells == len(text):
        return f"{text[:head]}…{text[len(text) - tail :]}"
    back = set_cell_size(text[::-1], tail)[::-1]
    return f"{set_cell_size(text, head)}…{back}"


@dataclass(frozen=True, slots=True)
class Cell:
    """Some text of a row, already cut and padded, and the name of its style (a component class)."""

    text: str
    style: str = ""


_CURSOR = Style(reverse=True, bold=True)


class RowList(ScrollView, can_focus=True):
    """Rows with a cursor; a subclass says how many there are and what cells one is made of.

    The cost of a key is that of the rows on screen, whatever the length of the list.
    """

    DEFAULT_CSS = """
    RowList {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > .row--muted { color: $text-muted; }
        & > .row--strong { text-style: bold; }
        & > .row--good { color: $text-primary; }
        & > .row--busy { color: $text-accent; }
        & > .row--bad { color: $text-warning; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row--plain", "row--muted", "row--strong", "row--good", "row--busy", "row--bad",
    }  # fmt: skip

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.LIST)

    @dataclass
    class CursorMoved(Message):
        """The cursor stands on another row."""

        widget: "RowList"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._cursor = 0

    # What a subclass says

    def row_count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def row_cells(self, index: int, width: int) -> list[Cell]:
        """The cells of one row, `width` cells of text in all; the marker before is not theirs."""
        raise NotImplementedError

    def empty_sentence(self) -> str:
        """What to do when the list is empty."""
        return ""

    # The cursor

    @property
    def cursor(self) -> int:
        """The row the cursor is on; 0 in an empty list."""
        return self._cursor

    def keep_cursor(self, index: int) -> None:
        """Remember the cursor's row; a subclass may keep it in its model."""
        self._cursor = index

    def move_to(self, index: int) -> None:
        """Put the cursor on a row, and the row on the screen."""
        index = max(0, min(index, self.row_count() - 1))
        old = self.cursor
        self.keep_cursor(index)
        self.show_cursor()
        if old != index:
            self.refresh_line(old)
            self.refresh_line(index)
            self.post_message(self.CursorMoved(self))

    def show_cursor(self) -> None:
        """Scroll as little as needed to show the cursor's row."""
        height = self.scrollable_content_region.height
        if height > 0:
            top = self.scroll_offset.y
            wanted = min(max(top, self.cursor - height + 1), self.cursor)
            if wanted != top:
                self.scroll_to(y=wanted, animate=False)
            if self.has_focus:
                keep_clear(self.screen, self.content_region.y + self.cursor - wanted)

    @property
    def cursor_cell(self) -> Offset:
        """Where the terminal's real cursor belongs: on the `>` of the cursor's row."""
        return Offset(0, self.cursor - self.scroll_offset.y)

    def rows_changed(self) -> None:
        """Draw again after the rows behind the list changed."""
        count = self.row_count()
        self.keep_cursor(max(0, min(self.cursor, count - 1)))
        self._resize_to(Size(0, max(count, 1)))
        self.show_cursor()
        self.refresh_rows()

    def refresh_rows(self) -> None:
        """Draw all rows again, but not the scroll bar, which knows itself when it moves."""
        self.refresh(Region(0, 0, self.size.width, self.size.height))

    def _resize_to(self, size: Size) -> None:
        if size == self.virtual_size:
            return
        if self.show_vertical_scrollbar and size.height > self.size.height:
            # It stays a list longer than the screen. Told of another size Textual would lay out
            # the whole screen, which takes as long as drawing it.
            self.set_reactive(RowList.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
        else:
            self.virtual_size = size
            # A list that becomes longer than the screen can be scrolled only once it is laid out.
            self.call_after_refresh(self.show_cursor)

    def on_mount(self) -> None:
        """Learn the first size."""
        self.rows_changed()

    def on_resize(self) -> None:
        """Keep the cursor's row on the screen."""
        self.show_cursor()

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse clicked (`--mouse`), and do what was clicked on."""
        row = event.y + self.scroll_offset.y
        if row < self.row_count():
            self.move_to(row)
            self.clicked(event.x)

    def clicked(self, column: int) -> None:
        """What a click on this column of the cursor's row does besides; here nothing."""

    @property
    def shows_cursor(self) -> bool:
        """Whether the cursor's row is marked: where the keys go."""
        return self.has_focus

    # Keys

    def action_cursor_up(self) -> None:
        """Go to the row above."""
        self.move_to(self.cursor - 1)

    def action_cursor_down(self) -> None:
        """Go to the row below."""
        self.move_to(self.cursor + 1)

    def action_first(self) -> None:
        """Go to the first row."""
        self.move_to(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self.move_to(self.row_count() - 1)

    def action_page_up(self) -> None:
        """Go a page up."""
        self.move_to(self.cursor - self.page_rows)

    def action_page_down(self) -> None:
        """Go a page down."""
        self.move_to(self.cursor + self.page_rows)

    def action_half_page_up(self) -> None:
        """Go half a page up."""
        self.move_to(self.cursor - max(1, self.page_rows // 2))

    def action_half_page_down(self) -> None:
        """Go half a page down."""
        self.move_to(self.cursor + max(1, self.page_rows // 2))

    @property
    def page_rows(self) -> int:
        """How many rows a page moves: one stays in sight."""
        return max(1, self.scrollable_content_region.height - 1)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= self.row_count():
            plain = self.get_component_rich_style("row--muted")
            text = f" {self.empty_sentence()}" if index == 0 else ""
            return Strip([Segment(fit(text, width), plain)], width)
        on_cursor = self.shows_cursor and index == self.cursor
        marker = ">" if on_cursor else " "
        segments = []
        plain = self.get_component_rich_style("row--plain")
        for place, cell in enumerate((Cell(marker), *self.row_cells(index, width - 1))):
            style = self.get_component_rich_style(cell.style or "row--plain")
            if on_cursor:
                added = self.highlight(place)
                # One band in one colour, whatever the colours of the cells.
                style = (plain if added.reverse else style) + added
            segments.append(Segment(cell.text, style))
        # Cells of one style are one piece: each style costs a slow line as much as some words.
        return Strip(segments, width).simplify()

    def highlight(self, _place: int) -> Style:
        """How the cursor's row shows a cell, counted from the marker."""
        return _CURSOR
