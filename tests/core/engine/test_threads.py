"""What the engine's own threads do beside writing files: the folder's heartbeat, name look-ups."""

import socket
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.commands import Pause, Resume, SetJobs
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import PauseReason, RunState
from preventad_tui.demo.effects import Slow
from preventad_tui.demo.faults import Fault

WAIT_S = 5.0


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def threads() -> Callable[[str], int]:
    """How many threads with such names there are, but for those that other tests left."""
    before = set(threading.enumerate())
    return lambda name: sum(
        thread.name.startswith(name) for thread in threading.enumerate() if thread not in before
    )


def wait_for_beats(lock: Path, count: int = 3) -> None:
    seen: set[int] = set()

    def beaten() -> bool:
        seen.add(lock.stat().st_mtime_ns)
        return len(seen) > count

    wait_until(beaten)


def test_the_folder_s_heartbeat_goes_on_before_within_and_after_a_run(
    new_site: Any, downloads: Any, tmp_path: Path, threads: Callable[[str], int]
) -> None:
    site = new_site(limits=replace(downloads.QUICK, heartbeat_s=0.03))
    lock = tmp_path / "out" / ".preventad-tui" / "lock"
    site.server.faults.add(Fault(Slow(150_000.0), path="*.nii.gz", times=4))
    run = site.start()
    run.until(lambda s: s.active)
    assert threads("folder-heartbeat") == 0
    wait_for_beats(lock)
    run.engine.send(Pause())
    run.until(lambda s: s.state is RunState.PAUSED)
    wait_for_beats(lock)
    run.engine.send(Resume())
    assert run.thread.join(30)
    assert threads("folder-heartbeat") == 1
    wait_for_beats(lock)
    run.join()
    assert not lock.exists()
    assert threads("folder-heartbeat") == 0


def test_threads_come_and_go_with_the_transfers_at_once(
    new_site: Any, threads: Callable[[str], int]
) -> None:
    site = new_site(candidates=2)
    run = site.start(jobs=2, rate_limit=4_000_000)
    for jobs in (6, 1, 3):
        ended = run.engine.snapshot().files_ended
        run.engine.send(SetJobs(jobs))
        run.until(lambda s, ended=ended: s.files_ended > ended + 15)
        wait_until(lambda jobs=jobs: threads("engine_") <= jobs + 1)
    assert run.join().summary.exit_code is ExitCode.OK
    assert threads("engine") == 0


def test_a_name_lookup_that_hangs_takes_one_thread_however_often_it_is_asked(
    new_site: Any, downloads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N1, P9: and its late answer serves the attempt that then waits."""
    site = new_site(limits=replace(downloads.QUICK, connect_timeout_s=0.05))
    real, goes_on = socket.getaddrinfo, threading.Event()
    hanging: list[str] = []

    def look_up(*arguments: Any, **words: Any) -> Any:
        hanging.append("".join(traceback.format_stack()))
        goes_on.wait(WAIT_S * 2)
        return real(*arguments, **words)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    run = site.start(jobs=4)
    run.until(lambda s: s.pause_reason is PauseReason.OFFLINE)
    time.sleep(0.5)  # several looks whether the server is back
    assert len(hanging) == 1, "\n".join(hanging)
    goes_on.set()
    assert run.join().summary.exit_code is ExitCode.OK
