"""The bottom line: the keys that matter here and now, from the registry."""

from collections.abc import Sequence
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from preventad_tui.ui.actions import hint_text
from preventad_tui.ui.app_type import tui_of


class HintLine(Widget):
    """One line of `key Label` hints; those that do not fit are left out whole."""

    DEFAULT_CSS: ClassVar[str] = """
    HintLine { dock: bottom; height: 1; padding: 0 1; }
    """

    def __init__(self, ids: Sequence[str] = ()) -> None:
        super().__init__()
        self._ids = tuple(ids)

    def on_mount(self) -> None:
        """A text field takes letters as text, so other keys are shown while it has the focus."""
        self.watch(self.screen, "focused", self.refresh_for_focus, init=False)

    def refresh_for_focus(self) -> None:
        """Draw again: the focus is elsewhere."""
        self.refresh()

    def show(self, ids: Sequence[str]) -> None:
        """Show these actions' keys from now on."""
        if tuple(ids) != self._ids:
            self._ids = tuple(ids)
            self.refresh()

    def render(self) -> Content:
        """The hints that fit in the width."""
        in_text = isinstance(self.screen.focused, Input)
        parts: list[Content] = []
        width = 0
        for keys, label in hint_text(self._ids, tui_of(self.app).keymap, in_text=in_text):
            part = Content.assemble((keys, "bold"), " ", label)
            gap = 2 if parts else 0
            if width + gap + part.cell_length > self.content_size.width:
                break
            if parts:
                parts.append(Content("  "))
            parts.append(part)
            width += gap + part.cell_length
        return Content.assemble(*parts)
