"""What hangs in a thread (a name look-up, a disk) must not hold up the end of the program."""

import asyncio
import os
import sys
import threading
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from preventad_tui.core.logfile import flush_log

_Result = TypeVar("_Result")

_THREADS_WAIT_S = 0.3


class _Unwaited(ThreadPoolExecutor):
    """Threads that nobody waits for: asyncio's own executor is waited for as its loop ends."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let idle threads go; those at work go when they are done, or with the process."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)


async def unwaited(work: Awaitable[_Result]) -> _Result:
    """Do some work, first thing in a loop; the loop then ends with it, whatever its threads do."""
    asyncio.get_running_loop().set_default_executor(_Unwaited(thread_name_prefix="unwaited"))
    return await work


def end_threads(code: int) -> None:
    """Wait a moment for other threads, then end the process, where one of them hangs."""
    others = [t for t in threading.enumerate() if not t.daemon and t is not threading.main_thread()]
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
