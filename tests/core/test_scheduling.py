"""What the kernel says of threads that go first and of those that give way."""

import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from preventad_tui.core import scheduling
from preventad_tui.core.scheduling import give_way, go_first

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has priorities of threads"
)


def in_thread(*calls: Callable[[], object]) -> object:
    """What the last of these calls gives, made in a thread that ends with them."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.extend(call() for call in calls))
    thread.start()
    thread.join()
    return found[-1]


def nice() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def slice_ns() -> int:
    try:
        text = Path("/proc/thread-self/sched").read_text()
    except FileNotFoundError:
        text = ""
    match = re.search(r"^se\.slice\s*:\s*(\d+)", text, re.MULTILINE)
    if match is None or tuple(map(int, os.uname().release.split(".")[:2])) < (6, 12):
        pytest.skip("this kernel knows no slices of one's own (Linux 6.12), or does not tell them")
    return int(match.group(1))


def test_a_thread_that_gives_way_has_a_lower_priority_the_others_do_not() -> None:
    own = nice()
    assert in_thread(give_way, nice) == max(own, 10)
    assert in_thread(give_way, lambda: in_thread(nice)) == max(own, 10)  # what it starts, too
    assert in_thread(give_way, give_way, nice) == max(own, 10)
    assert in_thread(go_first, nice) == nice() == own


def test_the_screen_asks_for_short_slices_a_download_for_long_ones() -> None:
    own = slice_ns()
    assert in_thread(go_first, slice_ns) == 100_000
    assert in_thread(give_way, slice_ns) == 5_000_000
    assert in_thread(go_first, give_way, slice_ns) == 5_000_000
    assert slice_ns() == own


def test_what_the_kernel_refuses_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: int) -> None:
        raise PermissionError

    own = nice()
    monkeypatch.setattr(scheduling.os, "setpriority", refuse)
    monkeypatch.setattr(scheduling, "_SCHED_SETATTR", {os.uname().machine: 100_000})  # no such call
    assert in_thread(give_way, go_first, nice) == own
