"""Invariant 15: never more threads than transfers at once and four."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


@pytest.mark.parametrize("jobs", [1, 4, 8])
def test_threads_of_a_download(
    program: Any, record_property: Callable[[str, object], None], jobs: int
) -> None:
    """Counted every millisecond, from the start of the command to its end.

    The four: the command, the engine, the log, and the commits (else the folder's heartbeat).
    """
    most = 0
    with DemoServer(candidates=1 if jobs == 1 else 3, delay_s=0.01) as server:
        words = ("get", "--all", "-q", "-j", str(jobs), "-o", "out", "--server", server.url)
        running = program.start(*words)
        while running.poll() is None:
            try:
                most = max(most, len(os.listdir(f"/proc/{running.pid}/task")))
            except FileNotFoundError:  # it has just ended
                break
            time.sleep(0.001)
        said = "".join(running.communicate(timeout=10))
    assert running.returncode == 0, said
    record_property("figures", f"get with {jobs} at once: {most} threads at most")
    assert jobs < most <= jobs + 4
