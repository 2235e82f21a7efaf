"""What hangs in a thread (a name look-up, a disk) must not hold up the end of the program."""

import asyncio
import os
import sys
import threading
import time
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from preventad_tui.core.logfile import flush_log

_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")

_THREADS_WAIT_S = 0.3

_kept: "weakref.WeakSet[threading.Thread]" = weakref.WeakSet()
"""Threads of executors: Python waits for them as it ends, even for daemon ones."""


class ThreadEach(ThreadPoolExecutor):
    """A thread for each call, which ends with it: for loops that make few calls.

    No idle threads are kept, and nobody waits for one that hangs (asyncio's own executor is waited
    for as its loop ends).
    """

    def submit(
        self,
        function: Callable[_Arguments, _Result],
        /,
        *arguments: _Arguments.args,
        **words: _Arguments.kwargs,
    ) -> Future[_Result]:
        """Start a call."""
        future: Future[_Result] = Future()

        def call() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = function(*arguments, **words)
            except BaseException as error:  # told to whoever waits for the result
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=call, name="call").start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Calls at work end when they are done, or with the process."""


class FewThreads(ThreadPoolExecutor):
    """At most so many threads, kept for the next call: for a loop that makes many."""

    def __init__(self, most: int, name: str) -> None:
        self._made: list[threading.Thread] = []
        super().__init__(most, thread_name_prefix=name, initializer=self._note)

    def _note(self) -> None:
        self._made.append(threading.current_thread())
        _kept.add(threading.current_thread())

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let idle threads end; those at work are waited for but a moment."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)
        until = time.monotonic() + (_THREADS_WAIT_S if wait else 0.0)
        for thread in self._made:
            thread.join(max(0.0, until - time.monotonic()))


async def unwaited(work: Awaitable[_Result]) -> _Result:
    """Do some work, first thing in a loop; the loop then ends with it, whatever its threads do."""
    asyncio.get_running_loop().set_default_executor(ThreadEach())
    return await work


def end_threads(code: int) -> None:
    """Wait a moment for other threads, then end the process, where one of them hangs."""
    alive = (one for one in threading.enumerate() if one is not threading.main_thread())
    others = [one for one in alive if not one.daemon or one in _kept]
    for thread in others:
        thread.join(_THREADS_WAIT_S / len(others))
    if any(thread.is_alive() for thread in others):
        flush_log()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                pass  # the terminal is gone
        os._exit(code)
