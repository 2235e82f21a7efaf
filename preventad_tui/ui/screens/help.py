"""Every key of the screen below, from the registry that binds them."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.binding import BindingType

from preventad_tui.ui.actions import PLACE_TITLES, Place, actions_on, keys_of, shown_key
from preventad_tui.ui.screens.base import modal_bindings
from preventad_tui.ui.screens.reading import ReadingModal
from preventad_tui.ui.widgets.line_list import Line, line
from preventad_tui.ui.widgets.row_list import Cell

_KEYS_WIDTH = 20


class HelpModal(ReadingModal):
    """The keys of some places."""

    PLACES = (Place.HELP, Place.LIST)
    HINTS = ("help.back", "list.cursor_up list.cursor_down=Move", "list.page_down", "app.quit")
    BINDINGS: ClassVar[list[BindingType]] = modal_bindings(Place.HELP)

    def __init__(self, places: Sequence[Place]) -> None:
        super().__init__("Help: the keys that work here")
        self._places = tuple(places)

    def lines(self) -> Sequence[Line]:
        """The list of keys."""
        return help_lines(self._places, self.tui.keymap)


def help_lines(places: Sequence[Place], keymap: Mapping[str, str]) -> list[Line]:
    """A heading for each place, a line for each key, and commands without one named as such."""
    lines: list[Line] = []
    for place in places:
        if lines:
            lines.append(line())
        lines.append(line(PLACE_TITLES[place], "row--strong"))
        for action in actions_on(places, place):
            keys = "  ".join(shown_key(key) for key in keys_of(action, keymap))
            lines.append((Cell(f"  {keys or ':'+action.label.lower():<{_KEYS_WIDTH}}"),
                          Cell(action.help)))  # fmt: skip
    return lines
