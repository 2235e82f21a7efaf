"""Q2, invariant 15: the whole study of 53,058 files in at most 150 MB, by the system's account."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

LIMIT_BYTES = 150_000_000
FILES = 53_058
JOBS = 4

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc and kB of wait4 are Linux's")


@pytest.fixture(scope="module")
def whole_study() -> Iterator[DemoServer]:
    with DemoServer("full", body_scale=0.05, record_limit=100) as server:
        yield server


@pytest.fixture
def tell(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Callable[[str], None]:
    """Print a line at the end of the whole run."""
    return lambda line: record_property("figures", f"{request.node.name}: {line}")


def accounted(program: Any, *arguments: str) -> tuple[str, int, int]:
    """What a command says, its most memory (wait4's account of the dead process), its threads."""
    running = program.start(*arguments)
    tasks, most_threads = Path(f"/proc/{running.pid}/task"), 0
    out = program.cwd / "said"
    with out.open("w") as said:
        copy = subprocess.Popen(["/bin/cat"], stdin=running.stdout, stdout=said)
        while not (ended := os.wait4(running.pid, os.WNOHANG))[0]:
            try:
                most_threads = max(most_threads, len(os.listdir(tasks)))
            except OSError:  # it has just ended
                pass
            time.sleep(0.05)
        copy.wait(10)
    running.returncode = os.waitstatus_to_exitcode(ended[1])
    stderr = running.communicate()[1]
    assert running.returncode == 0, stderr
    return out.read_text() + stderr, ended[2].ru_maxrss * 1024, most_threads


def test_q2_the_plan_of_the_whole_study(
    program: Any, whole_study: DemoServer, tell: Callable[[str], None]
) -> None:
    """Q2: lists of 25,000 images, the plan of 53,058 files."""
    said, peak_bytes, _ = accounted(
        program, "plan", "--all", "-o", "out", "--server", whole_study.url
    )
    assert f"{FILES:,} files" in said
    assert peak_bytes < LIMIT_BYTES
    tell(f"plan --all, {FILES:,} files: {peak_bytes / 1e6:.0f} MB at most")


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_q2_the_download_of_the_whole_study(
    program: Any, whole_study: DemoServer, tell: Callable[[str], None]
) -> None:
    """Invariant 15: the whole plan with 4 workers, then the whole ledger on a second start."""
    words = ("get", "--all", "-q", "-j", str(JOBS), "-o", "out", "--server", whole_study.url)
    for run in ("all fetched", "all on disk"):
        began = time.monotonic()
        said, peak_bytes, threads = accounted(program, *words)
        assert f"{FILES:,} files on disk" in said
        assert peak_bytes < LIMIT_BYTES
        tell(
            f"get --all, {run}: {peak_bytes / 1e6:.0f} MB and {threads} threads at most, "
            f"{time.monotonic() - began:.0f} s"
        )
