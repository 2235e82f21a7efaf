"""A sentence over a screen for as long as it is true, in the way of nothing."""

from typing import ClassVar

from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget


class Banner(Widget):
    """Stands above everything else on the screen; two rows at most."""

    DEFAULT_CSS: ClassVar[str] = """
    Banner { dock: top; height: auto; max-height: 2; padding: 0 1; color: $text-warning; }
    """

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self._sentence = sentence

    def render(self) -> Content:
        """The sentence, never read as markup."""
        return Content(self._sentence)


def show_banner(screen: Screen[None], sentence: str) -> None:
    """Put a sentence over a screen; "" takes it away."""
    banners = screen.query(Banner)
    if sentence and not banners:
        screen.mount(Banner(sentence))
    elif not sentence and banners:
        banners.remove()
