"""Between the engine's thread and the screens: polled, never called back.

The bridge belongs to the app and outlives screens. It holds what the transfers screen and the
browser show of the run: the last snapshot, the log, how each file ended.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from preventad_tui.core.commands import Command
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import (
    Event,
    FileEnded,
    Finished,
    RunState,
    Snapshot,
    Summary,
)
from preventad_tui.core.plan import Plan
from preventad_tui.core.states import FileState

LOG_LINES = 5000
EVENTS_PER_TICK = 500


class EngineHandle(Protocol):
    """What the interface needs of an engine, whichever process it lives in."""

    def send(self, command: Command) -> None:
        """Tell the engine something."""

    def snapshot(self) -> Snapshot:
        """The engine at this moment."""
        ...

    def drain_events(self, limit: int = EVENTS_PER_TICK) -> list[Event]:
        """What happened since, oldest first."""
        ...


class EngineThreadHandle(Protocol):
    """The thread that the engine lives in."""

    @property
    def engine(self) -> EngineHandle:
        """What is told and asked."""
        ...

    @property
    def error(self) -> BaseException | None:
        """What ended it, where that was no summary."""
        ...

    def start(self) -> None:
        """Start it."""

    def join(self, timeout_s: float) -> object:
        """Wait for its end."""


@dataclass(frozen=True, slots=True)
class Update:
    """What one poll brought."""

    snapshot: Snapshot
    events: tuple[Event, ...]


@dataclass
class Run:
    """One download, as the interface remembers it."""

    thread: EngineThreadHandle
    plan: Plan
    snapshot: Snapshot = field(default_factory=Snapshot)
    log: deque[Event] = field(default_factory=lambda: deque(maxlen=LOG_LINES))
    log_count: int = 0
    ends: dict[str, FileEnded] = field(default_factory=dict)
    summary: Summary | None = None

    def log_since(self, count: int) -> list[Event]:
        """The log's events after the first `count` of the run, as far as they are kept."""
        new = min(self.log_count - count, len(self.log))
        return list(islice(reversed(self.log), new))[::-1]

    def state_of(self, path: str) -> FileState | None:
        """How a file ended in this run; None for one that has not."""
        end = self.ends.get(path)
        return end.state if end else None

    @property
    def is_over(self) -> bool:
        """Whether the engine has ended."""
        return self.summary is not None or self.thread.error is not None

    @property
    def is_whole(self) -> bool:
        """Whether the engine has ended and left nothing to do."""
        return self.summary is not None and self.summary.exit_code is ExitCode.OK

    def poll(self) -> Update:
        """Take what is new from the engine; call it from a timer."""
        snapshot = self.thread.engine.snapshot()
        events = tuple(self.thread.engine.drain_events(EVENTS_PER_TICK))
        self.snapshot = snapshot
        for event in events:
            match event:
                case FileEnded():
                    self.ends[event.path] = event
                case Finished():
                    self.summary = event.summary
                case _:
                    pass
            self.log.append(event)
            self.log_count += 1
        return Update(snapshot, events)


class EngineBridge:
    """The app's hold on the engine."""

    def __init__(self) -> None:
        self.run: Run | None = None

    @property
    def is_running(self) -> bool:
        """Whether a download is under way."""
        return self.run is not None and not self.run.is_over

    @property
    def snapshot(self) -> Snapshot:
        """The last snapshot; an empty one where nothing was started."""
        return self.run.snapshot if self.run else Snapshot(state=RunState.FINISHED)

    def start(self, thread: EngineThreadHandle, plan: Plan) -> Run:
        """Start the engine's thread and remember it."""
        self.run = Run(thread, plan, thread.engine.snapshot())
        thread.start()
        return self.run

    def send(self, command: Command) -> None:
        """Tell the engine something; nothing happens when none runs."""
        if self.run and not self.run.is_over:
            self.run.thread.engine.send(command)

    def poll(self) -> Update | None:
        """One tick; None where there is nothing to show."""
        return self.run.poll() if self.run else None
