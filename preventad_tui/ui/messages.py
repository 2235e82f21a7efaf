"""Facts that cross widgets and screens."""

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from preventad_tui.core.events import Event, Snapshot


class EngineUpdate(Message):
    """How the engine stands and what it said since the last one; sent to every main screen when
    the line to the terminal has room for what it draws."""

    def __init__(self, snapshot: "Snapshot", events: "tuple[Event, ...]") -> None:
        super().__init__()
        self.snapshot = snapshot
        self.events = events


class EngineNumbers(Message):
    """How the engine stands, for what shows that in a few bytes; sent to every main screen while
    the line has no room for more."""

    def __init__(self, snapshot: "Snapshot") -> None:
        super().__init__()
        self.snapshot = snapshot


class RunStarted(Message):
    """A download was started; sent to every main screen."""


class LoggedIn(Message):
    """The server accepted a login or a stored token."""
