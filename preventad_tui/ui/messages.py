"""Facts that cross widgets and screens."""

from textual.message import Message

from preventad_tui.core.events import Event, Snapshot


class EngineUpdate(Message):
    """What the engine said since the last tick, and how it stands; sent to every main screen."""

    def __init__(self, snapshot: Snapshot, events: tuple[Event, ...]) -> None:
        super().__init__()
        self.snapshot = snapshot
        self.events = events


class RunStarted(Message):
    """A download was started; sent to every main screen."""


class LoggedIn(Message):
    """The server accepted a login or a stored token."""
