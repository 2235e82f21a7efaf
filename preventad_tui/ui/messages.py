"""Facts that cross widgets and screens."""

from textual.message import Message

from preventad_tui.core.events import Event, Snapshot


class FilesNews(Message):
    """What the engine said since the last tick, at once: for what must know of every file, and
    draws nothing."""

    def __init__(self, snapshot: Snapshot, events: tuple[Event, ...]) -> None:
        super().__init__()
        self.snapshot = snapshot
        self.events = events


class EngineUpdate(FilesNews):
    """How the engine stands and what it said since the last one; sent to every main screen when
    the line to the terminal has room for what it draws."""


class EngineNumbers(Message):
    """How the engine stands, for what shows that in a few bytes; sent to every main screen while
    the line has no room for more."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot


class RunStarted(Message):
    """A download was started; sent to every main screen."""


class LoggedIn(Message):
    """The server accepted a login or a stored token."""
