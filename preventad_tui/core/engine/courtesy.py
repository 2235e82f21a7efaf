"""The screen first: how a run's threads give way to the interface's in the same process.

With 8 transfers at full speed on 2 cores the interface's loop was 11 ms late at the 99th of 100
turns; with lower priority 5 ms, with turns as well 3 ms, and as much was transferred
(`tests/benchmarks`, T8).
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

_NICE = 10
_WAIT_S = 0.05
_SMALL_BYTES = 65_536


def give_way() -> None:
    """Let other threads go before the calling one, and before those that it will start."""
    # Only Linux gives each thread a priority of its own; elsewhere it is the whole process's.
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, max(_NICE, os.getpriority(os.PRIO_PROCESS, 0)))


class Turns:
    """Lets only some threads at once compute: one core is left to the screen.

    Whoever has waited for a moment goes on all the same: the others may be waiting for a disk.
    """

    def __init__(self, at_once: int | None) -> None:
        """`at_once` None: as many as like to."""
        self._free = None if at_once is None else threading.Semaphore(at_once)

    @contextlib.contextmanager
    def turn(self, size_bytes: int) -> Iterator[None]:
        """Work on so many bytes, which are worth waiting for or not."""
        if self._free is None or size_bytes < _SMALL_BYTES:
            yield
            return
        is_ours = self._free.acquire(timeout=_WAIT_S)
        try:
            yield
        finally:
            if is_ours:
                self._free.release()


def turns_beside_screen() -> Turns:
    """One core fewer than this process may use, but one at least."""
    if sys.platform == "linux":
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return Turns(max(1, cores - 1))
