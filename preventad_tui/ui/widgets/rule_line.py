"""A horizontal rule of one row."""

from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from preventad_tui.ui.widgets.row_list import fit


class RuleLine(Widget):
    """Parts two regions of a screen without a box."""

    DEFAULT_CSS: ClassVar[str] = """
    RuleLine { height: 1; width: 1fr; color: $text-muted; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = ""

    def show(self, title: str) -> None:
        """Say in the line what stands below it; `""` for nothing."""
        if title != self._title:
            self._title = title
            self.refresh()

    def render(self) -> Content:
        """The line, as wide as the widget."""
        width = self.size.width
        title = fit(f" {self._title} ", min(len(self._title) + 2, max(0, width - 6)))
        head = f"───{title}" if self._title else ""
        return Content(head + "─" * (width - len(head)))
