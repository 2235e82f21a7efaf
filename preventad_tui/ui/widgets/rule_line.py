"""A horizontal rule of one row."""

from typing import ClassVar

from textual.content import Content
from textual.widget import Widget


class RuleLine(Widget):
    """Parts two regions of a screen without a box."""

    DEFAULT_CSS: ClassVar[str] = """
    RuleLine { height: 1; width: 1fr; color: $text-muted; }
    """

    def render(self) -> Content:
        """The line, as wide as the widget."""
        return Content("─" * self.size.width)
