"""Somebody with write access who swaps folders for links, again and again, in another process.

python swapper.py COUNT_FILE ASIDE VICTIM FOLDER...   until SIGTERM; ends with every folder in place
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_END_S = 10.0


@contextmanager
def swapping(base: Path, victim: Path, folders: Sequence[Path]) -> Iterator[Callable[[], int]]:
    """Have each folder swapped for a link to `victim` and back; gives how often it was so far."""
    counted = base / "swaps"
    counted.write_bytes(bytes(8))
    child = subprocess.Popen(
        [sys.executable, __file__, counted, base / "aside", victim, *folders]
    )  # fmt: skip

    def swaps() -> int:
        assert child.poll() is None, child.returncode
        return int.from_bytes(counted.read_bytes(), "little")

    try:
        end = time.monotonic() + _END_S
        while not swaps():
            assert time.monotonic() < end, "nothing is swapped"
            time.sleep(0.01)
        yield swaps
    finally:
        child.terminate()
        child.wait(_END_S)


def _swap(count_fd: int, aside: str, victim: str, folders: Sequence[str]) -> None:
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stop.append(number))
    swaps = 0
    while not stop:
        for folder in folders:
            with contextlib.suppress(OSError):
                os.rename(folder, aside)
                os.symlink(victim, folder)
                swaps += 1
            if os.path.islink(folder):
                os.unlink(folder)
            try:
                os.rename(aside, folder)
            except OSError:  # the run has made the folder anew meanwhile
                shutil.rmtree(aside, ignore_errors=True)
        os.pwrite(count_fd, swaps.to_bytes(8, "little"), 0)


if __name__ == "__main__":
    _swap(os.open(sys.argv[1], os.O_WRONLY), *sys.argv[2:4], sys.argv[4:])
