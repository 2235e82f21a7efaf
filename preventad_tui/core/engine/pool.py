"""Calls that may block (disk, digests), on threads beside the engine's loop."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from preventad_tui.core.hanging import FewThreads

log = logging.getLogger(__name__)

Result = TypeVar("Result")
Args = TypeVarTuple("Args")


class Pool:
    """Runs calls on a thread for each transfer and one for commits; never leaves one behind.

    A cancelled caller gets its CancelledError only after the call has come back: what the thread
    works on (an open partial) must not be closed under it.

    The loop's own calls (name look-ups) come onto the same threads: a transfer has one call at a
    time, and none while it waits for a name.
    """

    def __init__(self, jobs: int) -> None:
        """For so many transfers at once; to be made in the loop."""
        self._use(jobs)

    def resize(self, jobs: int) -> None:
        """For so many from now on; calls at work end on the threads that they are on."""
        before = self._executor
        self._use(jobs)
        before.shutdown(wait=False)

    def close(self) -> None:
        """End the threads; one that hangs in a name look-up is left behind."""
        self._executor.shutdown()

    def _use(self, jobs: int) -> None:
        self._executor = FewThreads(jobs + 1, "engine")
        asyncio.get_running_loop().set_default_executor(self._executor)

    def start(self, function: Callable[[*Args], Result], *args: *Args) -> asyncio.Future[Result]:
        """Start a call; every future given out must be waited for with `settled`."""
        return asyncio.get_running_loop().run_in_executor(self._executor, function, *args)

    async def settled(self, future: asyncio.Future[Result]) -> Result:
        """The call's result, waited for even through a cancellation."""
        cancelled: asyncio.CancelledError | None = None
        while not future.done():
            try:
                await asyncio.wait((future,))
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            future.exception()  # seen, so that the loop does not complain
            raise cancelled
        return future.result()

    async def let_end(self, future: asyncio.Future[Result]) -> None:
        """Wait until the call has come back, whatever came of it."""
        try:
            await self.settled(future)
        except (Exception, asyncio.CancelledError) as error:
            log.debug("a call ended in %s while another fault is handled", type(error).__name__)

    async def run(self, function: Callable[[*Args], Result], *args: *Args) -> Result:
        """Start a call and wait for it."""
        return await self.settled(self.start(function, *args))
