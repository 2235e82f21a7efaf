"""The bottom line: the keys that matter here and now, from the registry."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from preventad_tui.ui.actions import Hint, hints_of
from preventad_tui.ui.app_type import tui_of

_KEPT = "app.help"
_GAP = 2


class HintLine(Widget):
    """One line of `key Label` hints; those that do not fit are left out whole.

    A click on one is its key.
    """

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
        parts: list[Content] = []
        width = 0
        for start, hint in self._placed():
            parts.append(
                Content.assemble(" " * (start - width), (hint.shown_keys, "bold"), " ", hint.label)
            )
            width = start + hint.width
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked, so that what has the focus gets it."""
        column = event.x - self.gutter.left
        for start, hint in self._placed():
            if start <= column < start + hint.width:
                event.stop()
                key = hint.key_at(column - start)
                # As bindings name it: `slash` for `/`.
                name = next(iter(Binding.make_bindings([(key, "")]))).key
                self.app.post_message(events.Key(name, key if len(key) == 1 else None))
                return

    def _placed(self) -> list[tuple[int, Hint]]:
        """The hints that fit, each with the column it begins at."""
        in_text = isinstance(self.screen.focused, Input)
        keymap = tui_of(self.app).keymap
        room = self.content_size.width
        kept = [_KEPT] if _KEPT in self._ids else []
        needed = sum(hint.width + _GAP for hint in hints_of(kept, keymap, in_text=in_text))
        placed: list[tuple[int, Hint]] = []
        width = 0
        for action_id in self._ids:
            for hint in hints_of((action_id,), keymap, in_text=in_text):
                start = width + (_GAP if placed else 0)
                if action_id == _KEPT:
                    needed = 0
                if start + hint.width + needed <= room:
                    placed.append((start, hint))
                    width = start + hint.width
        return placed
