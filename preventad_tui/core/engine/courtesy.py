"""The screen first: a run leaves a core to it (see also `core.scheduling`)."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

_WAIT_S = 0.05
_PIECE_BYTES = 65_536


class Turns:
    """Lets only some threads at once compute, and never for long without a break.

    So one core is left to the screen, and the others are offered to it. Whoever has waited for a
    moment goes on all the same: those before it may be waiting for a disk.
    """

    def __init__(self, at_once: int | None) -> None:
        """`at_once` None: as many as like to."""
        self._free = None if at_once is None else threading.Semaphore(at_once)

    @contextlib.contextmanager
    def turn(self, size_bytes: int) -> Iterator[None]:
        """Work on so many bytes, which are worth waiting for or not."""
        if self._free is None or size_bytes < _PIECE_BYTES:
            yield
            return
        is_ours = self._free.acquire(timeout=_WAIT_S)
        try:
            yield
        finally:
            if is_ours:
                self._free.release()

    def pieces(self, data: memoryview) -> Iterator[memoryview]:
        """The same bytes, in pieces with a break after each where the screen goes first.

        A thread that computes is often stopped at the clock's next tick only (4 ms at 250 a
        second), even for one of a higher priority that woke on its core while another is idle.
        """
        if self._free is None or sys.platform != "linux":
            yield data
            return
        for start in range(0, len(data), _PIECE_BYTES):
            yield data[start : start + _PIECE_BYTES]
            os.sched_yield()


def turns_beside_screen() -> Turns:
    """One core fewer than this process may use, but one at least."""
    if sys.platform == "linux":
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return Turns(max(1, cores - 1))
