"""The top line: where we are at the left, how fresh it is at the right."""

from rich.text import Text
from textual.widget import Widget

from preventad_tui.ui.widgets.row_list import fit


class TopLine(Widget):
    """`open · jdoe · BIDS                    catalogue of 22 Nov 14:02 (reading)`."""

    DEFAULT_CSS = """
    TopLine { height: 1; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._left = self._right = ""

    def show(self, *, left: str | None = None, right: str | None = None) -> None:
        """Say something else at one side or both."""
        self._left = self._left if left is None else left
        self._right = self._right if right is None else right
        self.refresh()

    def render(self) -> Text:
        """Both sides; the right one has its full length first."""
        width = self.size.width
        right = fit(self._right, min(len(self._right), max(0, width - 12)))
        left = fit(f" {self._left}", max(0, width - len(right) - 2))
        return Text(f"{left} {right} ")
