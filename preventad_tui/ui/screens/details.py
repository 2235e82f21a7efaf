"""Everything known of one image: metadata, files, sums, links, why it failed."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from preventad_tui.ui.actions import Place
from preventad_tui.ui.screens.base import Modal, modal_bindings
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.line_list import Line, LineList, unfolded
from preventad_tui.ui.widgets.rule_line import RuleLine


class DetailsModal(Modal[None]):
    """Lines to be read; escape goes back."""

    DEFAULT_CSS: ClassVar[str] = """
    DetailsModal { background: $background; }
    DetailsModal > #details-title { height: 1; padding: 0 1; }
    """
    PLACES = (Place.DETAILS, Place.LIST)
    HINTS = ("details.back", "list.cursor_up list.cursor_down=Move", "app.help")
    BINDINGS: ClassVar[list[BindingType]] = modal_bindings(Place.DETAILS)

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        super().__init__()
        self._title = title
        self._lines = tuple(lines)

    def compose(self) -> ComposeResult:
        """A title, the lines, the keys."""
        yield Static(self._title, id="details-title", classes="title", markup=False)
        yield RuleLine()
        yield LineList(id="details-lines")
        yield HintLine(self.HINTS)

    def on_mount(self) -> None:
        """Show the lines."""
        self.query_one(LineList).focus()
        self._show()

    def on_resize(self) -> None:
        """What is long is put on rows anew."""
        self._show()

    def _show(self) -> None:
        # One column is the cursor's mark, one the scroll bar's.
        width = self.app.size.width - 2
        self.query_one(LineList).show_lines(unfolded(self._lines, width))

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(None)
