"""SIGHUP, SIGINT, SIGTERM and SIGXCPU end a command in good order, with all state kept."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator
from types import FrameType

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
        # What the caller has made the process ignore stays ignored: `nohup` and a hang-up.
        self._taken = [n for n in _CODES if signal.getsignal(n) is not signal.SIG_IGN]

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
        """While a question waits on the terminal, Ctrl+C works as everywhere.

        Raises:
            asyncio.CancelledError: a signal has come that the loop had no time for yet; without
                this the question would wait for an answer first.
        """
        self._give_back()
        try:
            if self.code is not None:
                raise asyncio.CancelledError
            yield
        finally:
            self._take()

    @staticmethod
    async def _awaited(command: Callable[[], Awaitable[int]]) -> int:
        return await command()

    def _take(self) -> None:
        for number in self._taken:
            signal.signal(number, self._note)

    def _give_back(self) -> None:
        for number in self._taken:
            interrupt = number == signal.SIGINT
            signal.signal(number, signal.default_int_handler if interrupt else signal.SIG_DFL)

    def _note(self, number: int, frame: FrameType | None) -> None:
        # Noted at once, not in the loop: `given_back` must know of it before the loop turns.
        self.code = _CODES[signal.Signals(number)]
        if self._task is not None:
            self._task.get_loop().call_soon_threadsafe(self._stop, self.code)

    def _stop(self, code: ExitCode) -> None:
        if self.on_stop is not None:
            self.on_stop(code)
        elif self._task is not None:
            self._task.cancel()
