"""The engine in a thread of its own: a slow disk does not hold the screen, nor it the engine."""

import asyncio
import threading

from preventad_tui.core.engine.run import Engine
from preventad_tui.core.events import Summary
from preventad_tui.core.hanging import unwaited
from preventad_tui.core.scheduling import give_way


class EngineThread:
    """Runs an engine in a daemon thread with its own event loop.

    `summary` is set at the end; `error` instead where the engine itself failed, which is a fault
    of the program.
    """

    def __init__(self, engine: Engine, *, gives_way: bool = False) -> None:
        """With `gives_way` a screen in the same process goes first."""
        self.engine = engine
        self._gives_way = gives_way
        self.summary: Summary | None = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Start the run; returns at once."""
        self._thread.start()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; whether it came in time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def is_alive(self) -> bool:
        """Whether the run goes on."""
        return self._thread.is_alive()

    def _run(self) -> None:
        if self._gives_way:
            give_way()
        try:
            self.summary = asyncio.run(unwaited(self.engine.run()))
        except BaseException as error:  # told to whoever joins, never to stderr
            self.error = error
