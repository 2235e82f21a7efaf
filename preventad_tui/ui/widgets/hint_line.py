"""The bottom line: the keys that matter here and now, from the registry."""

from collections.abc import Sequence
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from preventad_tui.ui.actions import hint_text


class HintLine(Widget):
    """One line of `key Label` hints; those that do not fit are left out whole."""

    DEFAULT_CSS: ClassVar[str] = """
    HintLine { dock: bottom; height: 1; padding: 0 1; }
    """

    def __init__(self, ids: Sequence[str] = ()) -> None:
        super().__init__()
        self._ids = tuple(ids)

    def show(self, ids: Sequence[str]) -> None:
        """Show these actions' keys from now on."""
        if tuple(ids) != self._ids:
            self._ids = tuple(ids)
            self.refresh()

    def render(self) -> Content:
        """The hints that fit in the width."""
        parts: list[Content] = []
        width = 0
        for keys, label in hint_text(self._ids, self.app.keymap):
            part = Content.assemble((keys, "bold"), " ", label)
            gap = 2 if parts else 0
            if width + gap + part.cell_length > self.content_size.width:
                break
            if parts:
                parts.append(Content("  "))
            parts.append(part)
            width += gap + part.cell_length
        return Content.assemble(*parts)
