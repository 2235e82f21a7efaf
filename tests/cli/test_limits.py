"""What the system limits: sizes, open files, processor time, other people's folders."""

import resource
import subprocess
import sys
import time
from typing import Any


def limited(program: Any, **limits: int) -> subprocess.CompletedProcess[str]:
    def lower() -> None:
        for name, value in limits.items():
            resource.setrlimit(getattr(resource, name), (value, value))

    command = ["get", "--server", program.server, "-o", "out", "-m", "t1w", "-v", "PREEN00"]
    return subprocess.run(
        [sys.executable, "-m", "preventad_tui", *command],
        env=program.env(),
        cwd=program.cwd,
        preexec_fn=lower,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_a_limit_on_file_size(program: Any) -> None:
    done = limited(program, RLIMIT_FSIZE=100_000)
    assert done.returncode == 6, done.stderr
    assert "no file of this size" in done.stderr
    assert not list((program.cwd / "out/.preventad-tui/partial").iterdir())


def test_a_limit_on_open_files(program: Any) -> None:
    done = limited(program, RLIMIT_NOFILE=32)
    assert done.returncode == 0, done.stderr


def test_a_limit_on_cpu_time_stops_in_good_order(program: Any) -> None:
    """SIGXCPU, as a login node sends it."""
    child = program.start(
        *("get", "--server", program.server, "-o", "out", "-v", "PREEN00"),
        *("--limit-rate", "400k"),
    )
    end = time.monotonic() + 30
    while not list((program.cwd / "out").rglob("sub-*.json")) and time.monotonic() < end:
        time.sleep(0.05)
    child.send_signal(24)
    _, said = child.communicate(timeout=10)
    assert child.returncode == 128 + 24, said
    assert "Run again" in said
    assert not list((program.cwd / "out/.preventad-tui/partial").iterdir())
