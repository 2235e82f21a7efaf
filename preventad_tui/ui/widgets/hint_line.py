"""The bottom line: the keys that matter here and now, from the registry."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from preventad_tui.ui.actions import hint_text
from preventad_tui.ui.app_type import tui_of

_KEPT = "app.help"
_GAP = 2


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
        """The hints that fit in the width; the one for help is never among those left out."""
        in_text = isinstance(self.screen.focused, Input)
        keymap = tui_of(self.app).keymap
        room = self.content_size.width
        kept = [_KEPT] if _KEPT in self._ids else []
        needed = sum(_width(*hint) + _GAP for hint in hint_text(kept, keymap, in_text=in_text))
        parts: list[Content] = []
        width = 0
        for action_id in self._ids:
            for keys, label in hint_text((action_id,), keymap, in_text=in_text):
                gap = _GAP if parts else 0
                if action_id == _KEPT:
                    needed = 0
                if width + gap + _width(keys, label) + needed > room:
                    continue
                parts.append(Content.assemble(" " * gap, (keys, "bold"), " ", label))
                width += gap + _width(keys, label)
        return Content.assemble(*parts)


def _width(keys: str, label: str) -> int:
    return cell_len(f"{keys} {label}")
