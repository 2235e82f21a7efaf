"""The threads of the interface in mid-download: how many, and that the screen goes first."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.errors import ExitCode
from preventad_tui.demo.accounts import ACCOUNTS
from preventad_tui.demo.server import DemoServer

JOBS = 4

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


def nice_of_threads(pid: int) -> dict[int, int]:
    """By thread: the 19th field of proc(5)'s `stat`."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found[int(task.name)] = int((task / "stat").read_text().rpartition(")")[2].split()[16])
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            pass
    return found


def test_the_download_s_threads_are_few_and_the_screen_goes_first(
    start: Any, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Invariant 15, where Textual has two threads of its own, and for moments there are more: what
    counts, and what writes the session down."""
    folder, own = tmp_path / "out", os.getpriority(os.PRIO_PROCESS, 0)
    with DemoServer(candidates=3, delay_s=0.02) as server:
        options = ("--server", server.url, "--username", ACCOUNTS[0].name, "-j", str(JOBS))
        terminal = start(*options, "-o", str(folder))
        terminal.log_in(server.password)
        terminal.wait_text("140 images")
        terminal.press("a")
        terminal.wait_text("66/66")
        terminal.start_download()
        seen, deadline = [], time.monotonic() + 30
        while "finished" not in terminal.text:
            seen.append(nice_of_threads(terminal.child.pid))
            terminal.read(0.01)
            assert time.monotonic() < deadline
        terminal.press("q")
        assert terminal.end() == ExitCode.OK
    giving_way = [[one for one in nice.values() if one == own + 10] for nice in seen]
    assert {nice[terminal.child.pid] for nice in seen} == {own}
    assert JOBS < max(map(len, giving_way)) <= JOBS + 2  # the engine, the transfers, the commits
    counts = sorted(map(len, seen))
    usual, most = counts[len(counts) // 2], counts[-1]
    record_property("figures", f"interface with {JOBS} at once: {usual} threads, {most} at most")
    assert usual <= JOBS + 4 + 2
    assert most <= JOBS + 4 + 2 + 2
