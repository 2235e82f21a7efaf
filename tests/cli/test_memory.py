"""Q2, invariant 15: the whole study of 53,058 files in at most 150 MB, by the system's account."""

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

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


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
    """What a command says, the most memory and threads that the system counted for it.

    Not by wait4, which counts what this process held when it started the child.
    """
    running = program.start(*arguments)
    status = Path(f"/proc/{running.pid}/status")
    peak_bytes = most_threads = 0
    out = program.cwd / "said"
    with out.open("w") as said:
        copy = subprocess.Popen(["/bin/cat"], stdin=running.stdout, stdout=said)
        while running.poll() is None:
            now = dict(line.split(":", 1) for line in status.read_text().splitlines())
            if "VmHWM" in now:  # not in its last moment
                peak_bytes = max(peak_bytes, int(now["VmHWM"].split()[0]) * 1024)
            most_threads = max(most_threads, int(now["Threads"]))
            time.sleep(0.02)
        copy.wait(10)
    stderr = running.communicate()[1]
    assert running.returncode == 0, stderr
    assert peak_bytes
    return out.read_text() + stderr, peak_bytes, most_threads


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
