"""Tick boxes and buttons in plain characters, with the terminal's cursor on their sign."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.events import Click
from textual.geometry import Offset
from textual.message import Message
from textual.widget import Widget

from preventad_tui.ui.actions import Place, bindings_of


class TickBox(Widget, can_focus=True):
    """`[x] stay logged in`: space ticks and unticks."""

    DEFAULT_CSS = """
    TickBox { height: 1; width: 1fr; }
    TickBox:focus { text-style: reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.TICK_BOX)

    def __init__(
        self, label: str, *, ticked: bool = False, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._label = label
        self.ticked = ticked

    @property
    def cursor_cell(self) -> Offset:
        """On the mark between the brackets."""
        return Offset(1, 0)

    def action_tick(self) -> None:
        """Tick or untick."""
        self.ticked = not self.ticked
        self.refresh()

    def on_click(self, _event: Click) -> None:
        """Tick or untick (`--mouse`)."""
        self.action_tick()

    def render(self) -> Content:
        """The box and its label."""
        return Content(f"[{'x' if self.ticked else ' '}] {self._label}")


class PushButton(Widget, can_focus=True):
    """`[ Log in ]`: enter or space presses it."""

    DEFAULT_CSS = """
    PushButton { height: 1; width: auto; margin-right: 3; }
    PushButton:focus { text-style: reverse bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.BUTTON)

    @dataclass
    class Pressed(Message):
        """The button was pressed."""

        widget: "PushButton"

    def __init__(self, label: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._label = label

    @property
    def cursor_cell(self) -> Offset:
        """On the first letter."""
        return Offset(2, 0)

    def action_press(self) -> None:
        """Press it."""
        self.post_message(self.Pressed(self))

    def on_click(self, _event: Click) -> None:
        """Press it (`--mouse`)."""
        self.action_press()

    def render(self) -> Content:
        """The label in brackets."""
        return Content(f"[ {self._label} ]")
