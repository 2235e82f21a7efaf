"""Between the engine's thread and the screens: polled, never called back.

The bridge belongs to the app and outlives screens. It holds what the transfers screen and the
browser show of the run (`ui.one_run`), of which nothing is loaded before there is one.
"""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from preventad_tui.core.commands import Command
    from preventad_tui.core.events import Event, Snapshot
    from preventad_tui.core.plan import Plan
    from preventad_tui.ui.one_run import Run, Update


class EngineHandle(Protocol):
    """What the interface needs of an engine, whichever process it lives in."""

    def send(self, command: "Command") -> None:
        """Tell the engine something."""

    def snapshot(self) -> "Snapshot":
        """The engine at this moment."""
        ...

    def drain_events(self, limit: int = ...) -> "list[Event]":
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


class EngineBridge:
    """The app's hold on the engine."""

    def __init__(self) -> None:
        self.run: Run | None = None

    @property
    def is_running(self) -> bool:
        """Whether a download is under way."""
        return self.run is not None and not self.run.is_over

    @property
    def standing(self) -> str:
        """How a sentence begins that a download under way is the reason for: `A download is
        running`, or is paused, waiting, stopping, in the word that the transfers have for it."""
        return f"A download is {self.snapshot.state.value}"

    @property
    def snapshot(self) -> "Snapshot":
        """The last snapshot; an empty one where nothing was started."""
        from preventad_tui.core.events import RunState, Snapshot

        return self.run.snapshot if self.run else Snapshot(state=RunState.FINISHED)

    def start(self, thread: EngineThreadHandle, plan: "Plan") -> "Run":
        """Start the engine's thread and remember it."""
        from preventad_tui.ui.one_run import Run

        self.run = Run(thread, plan, thread.engine.snapshot())
        thread.start()
        return self.run

    def send(self, command: "Command") -> None:
        """Tell the engine something; nothing happens when none runs."""
        if self.run and not self.run.is_over:
            self.run.thread.engine.send(command)

    def poll(self) -> "Update | None":
        """One tick; None where there is nothing to show."""
        return self.run.poll() if self.run else None
