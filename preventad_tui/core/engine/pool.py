"""Calls that may block (disk, digests), on threads beside the engine's loop."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar, TypeVarTuple

from preventad_tui.core.setting_values import MAX_JOBS

log = logging.getLogger(__name__)

Result = TypeVar("Result")
Args = TypeVarTuple("Args")

POOL_THREADS = MAX_JOBS + 2
"""One for each transfer, one for the commits, one for name lookups; made only when needed."""


class Pool:
    """Runs calls on an executor and never leaves one behind.

    A cancelled caller gets its CancelledError only after the call has come back: what the thread
    works on (an open partial) must not be closed under it.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

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
