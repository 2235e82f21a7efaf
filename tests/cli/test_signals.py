"""A signal ends a download within 5 seconds with all state kept; the next run goes on.

SIGTERM, SIGHUP and a closed terminal at random moments: tests/faults/test_ended_from_outside.py.
"""

import signal
import time
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

SLOW = ("get", "-o", "out", "-v", "PREEN00", "--limit-rate", "400k")


def wait_for_some_files(program: Any, count: int = 3) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if len(list((program.cwd / "out").rglob("sub-*/**/*.json"))) >= count:
            return
        time.sleep(0.05)
    raise AssertionError("the download did not begin")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGXCPU, 152)])
def test_a_signal_keeps_the_state_and_the_next_run_goes_on(
    program: Any, server: DemoServer, number: signal.Signals, code: int
) -> None:
    child = program.start(*SLOW, "--server", program.server)
    wait_for_some_files(program)
    start = time.monotonic()
    child.send_signal(number)
    _, stderr = child.communicate(timeout=30)
    assert time.monotonic() - start < 5
    assert child.returncode == code, stderr
    assert "Run again" in stderr
    assert not list((program.cwd / "out" / ".preventad-tui" / "partial").iterdir())
    on_disk = {path.name for path in (program.cwd / "out").rglob("sub-*.nii.gz")}
    server.forget_requests()
    done = program.here("get", "-o", "out", "-v", "PREEN00")
    assert done.returncode == 0, done.stderr
    asked_again = {one.path.rpartition("/")[2] for one in server.requests} & on_disk
    assert asked_again == set()


def test_under_nohup_a_hang_up_ends_nothing(program: Any, server: DemoServer) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        child = program.start(
            *SLOW, "-m", "t1w", "--limit-rate", "1500k", "--server", program.server
        )
    finally:
        signal.signal(signal.SIGHUP, before)
    wait_for_some_files(program, 1)
    child.send_signal(signal.SIGHUP)
    _, stderr = child.communicate(timeout=60)
    assert child.returncode == 0, stderr


def test_a_signal_before_the_download_ends_at_once(program: Any, server: DemoServer) -> None:
    limits = '{"give_up_at_start_s": 60}'
    child = program.start(*SLOW, "--server", "http://127.0.0.1:9", PREVENTAD_TUI_LIMITS=limits)
    line = ""
    while "Trying" not in line:
        line = child.stderr.readline()
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=5)
    assert child.returncode == 143


def test_a_folder_in_use_is_code_8_but_for_shards_and_force(
    program: Any, server: DemoServer
) -> None:
    child = program.start(*SLOW, "--server", program.server)
    wait_for_some_files(program)
    other = ("get", "-o", "out", "-m", "t1w", "-v", "PREBL00", "-q")
    refused = program.here(*other)
    assert refused.returncode == 8
    assert program("status", "-o", "out").returncode == 0
    forced = program.here(*other, "--force")
    assert forced.returncode == 0, forced.stderr
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=30)
    assert program("verify", "-o", "out").returncode == 0
