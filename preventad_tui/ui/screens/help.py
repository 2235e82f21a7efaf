"""Every key of the screen below, from the registry that binds them."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from preventad_tui.ui.actions import PLACE_TITLES, Place, actions_of, keys_of, shown_key
from preventad_tui.ui.screens.base import Modal, modal_bindings
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.line_list import Line, LineList, line, unfolded
from preventad_tui.ui.widgets.row_list import Cell
from preventad_tui.ui.widgets.rule_line import RuleLine

_KEYS_WIDTH = 20


class HelpModal(Modal[None]):
    """The keys of some places; escape goes back."""

    DEFAULT_CSS: ClassVar[str] = """
    HelpModal { background: $background; }
    HelpModal .title { padding: 0 1; }
    HelpModal LineList { height: 1fr; }
    """
    PLACES = (Place.HELP, Place.LIST)
    HINTS = ("help.back", "list.cursor_up list.cursor_down=Move", "list.page_down", "app.quit")
    BINDINGS: ClassVar[list[BindingType]] = modal_bindings(Place.HELP)

    def __init__(self, places: Sequence[Place]) -> None:
        super().__init__()
        self._places = tuple(places)

    def compose(self) -> ComposeResult:
        """The list of keys, on a whole screen."""
        yield Static("Help: the keys that work here", classes="title", markup=False)
        yield RuleLine()
        yield LineList(id="help-keys")
        yield HintLine(self.HINTS)

    def on_mount(self) -> None:
        """Fill the list."""
        self.query_one(LineList).focus()
        self._show()

    def on_resize(self) -> None:
        """What is long is put on rows anew."""
        self._show()

    def _show(self) -> None:
        # One column is the cursor's mark, one the scroll bar's.
        lines = help_lines(self._places, self.tui.keymap)
        self.query_one(LineList).show_lines(unfolded(lines, self.app.size.width - 2))

    def action_back(self) -> None:
        """Back to the screen below."""
        self.dismiss(None)


def help_lines(places: Sequence[Place], keymap: Mapping[str, str]) -> list[Line]:
    """A heading for each place, a line for each key, and commands without one named as such."""
    lines: list[Line] = []
    for place in places:
        if lines:
            lines.append(line())
        lines.append(line(PLACE_TITLES[place], "row--strong"))
        for action in actions_of(place):
            keys = "  ".join(shown_key(key) for key in keys_of(action, keymap))
            lines.append((Cell(f"  {keys or ':'+action.label.lower():<{_KEYS_WIDTH}}"),
                          Cell(action.help)))  # fmt: skip
    return lines
