"""The screen first: a run leaves a core to it (see also `core.scheduling`)."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

_WAIT_S = 0.05
_SMALL_BYTES = 65_536


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
