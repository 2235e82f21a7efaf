"""A whole screen of lines to be read."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Static

from preventad_tui.ui.screens.base import Modal
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.line_list import Line, LineList, unfolded
from preventad_tui.ui.widgets.rule_line import RuleLine


class ReadingModal(Modal[None]):
    """A title, the lines of `lines()`, the keys; leaving goes back to the screen below."""

    DEFAULT_CSS: ClassVar[str] = """
    ReadingModal { background: $background; }
    ReadingModal > .title { height: 1; padding: 0 1; }
    ReadingModal > LineList { height: 1fr; }
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def lines(self) -> Sequence[Line]:
        """What is to be read."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Title, lines, keys."""
        yield Static(self._title, classes="title", markup=False)
        yield RuleLine()
        yield LineList()
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
        self.query_one(LineList).show_lines(unfolded(self.lines(), width))

    def action_back(self) -> None:
        """Back to the screen below."""
        self.dismiss(None)
