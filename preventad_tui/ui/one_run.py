"""One download, as the interface remembers it: its log, how each file ended, how it stands."""

from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import Event, FileEnded, Finished, Snapshot, Summary

if TYPE_CHECKING:
    from preventad_tui.core.plan import Plan
    from preventad_tui.core.states import FileState
    from preventad_tui.ui.bridge import EngineThreadHandle

LOG_LINES = 5000
EVENTS_PER_TICK = 500


@dataclass(frozen=True, slots=True)
class Update:
    """What one poll brought."""

    snapshot: Snapshot
    events: tuple[Event, ...]


@dataclass
class Run:
    """A download from its start on; it stays when it is over, until the next one starts."""

    thread: "EngineThreadHandle"
    plan: "Plan"
    snapshot: Snapshot = field(default_factory=Snapshot)
    log: deque[Event] = field(default_factory=lambda: deque(maxlen=LOG_LINES))
    log_count: int = 0
    ends: dict[str, FileEnded] = field(default_factory=dict)
    summary: Summary | None = None

    def log_since(self, count: int) -> list[Event]:
        """The log's events after the first `count` of the run, as far as they are kept."""
        new = min(self.log_count - count, len(self.log))
        return list(islice(reversed(self.log), new))[::-1]

    def state_of(self, path: str) -> "FileState | None":
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
