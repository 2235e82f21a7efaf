"""Where the terminal's real cursor belongs.

Screen readers, braille displays and magnifiers follow the terminal's cursor. Textual moves it
after each repaint to `App.cursor_position`; `PreventADApp` answers that with `terminal_cursor` of
the focused widget, so no widget has to set it. A widget with rows says where its focused row's
sign stands by a property `cursor_cell`; all others have it on their first cell.
"""

from typing import Protocol, runtime_checkable

from textual.geometry import Offset
from textual.widget import Widget
from textual.widgets import Input


@runtime_checkable
class HasCursorCell(Protocol):
    """A widget that knows the cell of its focused row's sign."""

    @property
    def cursor_cell(self) -> Offset:
        """The cell, from the top left of the widget's visible content (scrolling taken off)."""
        ...


def terminal_cursor(widget: Widget | None) -> Offset:
    """The screen cell for the terminal's cursor while `widget` has the focus."""
    if widget is None:
        return Offset(0, 0)
    if isinstance(widget, Input):
        return widget.cursor_screen_offset
    region = widget.content_region
    if isinstance(widget, HasCursorCell):
        cell = widget.cursor_cell
        return Offset(
            region.x + min(max(cell.x, 0), max(region.width - 1, 0)),
            region.y + min(max(cell.y, 0), max(region.height - 1, 0)),
        )
    return region.offset
