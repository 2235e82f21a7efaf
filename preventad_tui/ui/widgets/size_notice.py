"""One line in place of a screen while the terminal is too small for it."""

from typing import ClassVar

from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

MIN_WIDTH = 60
MIN_HEIGHT = 16


class SizeNotice(Widget):
    """Covers the screen and says what size is needed."""

    DEFAULT_CSS: ClassVar[str] = """
    SizeNotice { layer: notice; dock: top; width: 100%; height: 100%; background: $background; }
    """

    def render(self) -> Content:
        """What is needed, and the way without a screen."""
        size = self.app.size
        return Content(
            f"needs {MIN_WIDTH}x{MIN_HEIGHT}, now {size.width}x{size.height}: make the terminal "
            "larger, or leave with ctrl+q and run preventad-tui --plain"
        )


def fit_notice(screen: Screen[object]) -> None:
    """Put the notice over a screen, or take it away, as the terminal's size says."""
    size = screen.app.size
    too_small = size.width < MIN_WIDTH or size.height < MIN_HEIGHT
    notices = screen.query(SizeNotice)
    if too_small and not notices:
        screen.mount(SizeNotice())
    elif not too_small and notices:
        notices.remove()
