"""Everything known of one image: metadata, files, sums, links, why it failed."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from preventad_tui.ui.actions import Place
from preventad_tui.ui.screens.base import modal_bindings
from preventad_tui.ui.screens.reading import ReadingModal
from preventad_tui.ui.widgets.line_list import Line


class DetailsModal(ReadingModal):
    """Lines that somebody else has put together."""

    PLACES = (Place.DETAILS, Place.LIST)
    HINTS = ("details.back", "list.cursor_up list.cursor_down=Move", "app.help")
    BINDINGS: ClassVar[list[BindingType]] = modal_bindings(Place.DETAILS)

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        super().__init__(title)
        self._lines = tuple(lines)

    def lines(self) -> Sequence[Line]:
        """As given."""
        return self._lines
