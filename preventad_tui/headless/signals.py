"""SIGHUP, SIGINT, SIGTERM and SIGXCPU end a command in good order, with all state kept."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator

from preventad_tui.core.errors import ExitCode

_CODES = {
    signal.SIGHUP: ExitCode.SIGHUP,
    signal.SIGINT: ExitCode.SIGINT,
    signal.SIGTERM: ExitCode.SIGTERM,
    signal.SIGXCPU: ExitCode.SIGXCPU,
}


class Signals:
    """What to do when one comes: `on_stop` where something must end first, else end at once."""

    def __init__(self) -> None:
        self.code: ExitCode | None = None
        self.on_stop: Callable[[ExitCode], None] | None = None
        self._task: asyncio.Task[int] | None = None

    async def run(self, command: Callable[[], Awaitable[int]]) -> int:
        """Run a command and give its exit code, or that of the signal that ended it."""
        self._task = asyncio.ensure_future(self._awaited(command))
        self._take()
        try:
            return await self._task
        except asyncio.CancelledError:
            if self.code is None:
                raise
            return self.code
        finally:
            self._give_back()

    @contextlib.contextmanager
    def given_back(self) -> Iterator[None]:
        """While a question waits on the terminal, Ctrl+C works as everywhere."""
        self._give_back()
        try:
            yield
        finally:
            self._take()

    @staticmethod
    async def _awaited(command: Callable[[], Awaitable[int]]) -> int:
        return await command()

    def _take(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _CODES:
            loop.add_signal_handler(number, self._stop, number)

    def _give_back(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _CODES:
            loop.remove_signal_handler(number)

    def _stop(self, number: signal.Signals) -> None:
        self.code = _CODES[number]
        if self.on_stop is not None:
            self.on_stop(self.code)
        elif self._task is not None:
            self._task.cancel()
