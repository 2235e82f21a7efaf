"""A5, J9: the real program with a clock that is days or a year off, by libfaketime."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.disk_view import META
from preventad_tui.demo.effects import ExpireTokens, NewVersion
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer

FILES = "/candidates/*"
DAY_S = 86_400


class Skewed:
    """Runs the program with another clock on the wall; the monotonic one is as it was."""

    def __init__(self, server: DemoServer, cwd: Path) -> None:
        self.server, self.cwd = server, cwd
        self.clock = cwd / "clock"

    def start(self, clock: str, *command: str, steps: bool = False) -> subprocess.Popen[str]:
        """Start a command of this Python; with `steps` the clock is what the file `clock` says."""
        env = {
            **os.environ,
            "PREVENTAD_USERNAME": self.server.username,
            "PREVENTAD_PASSWORD": self.server.password,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",  # the file system's clock is right, or another machine's
        }
        if steps:
            self.clock.write_text(clock)
            env |= {"FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_NO_CACHE": "1"}
        return subprocess.Popen(
            [*("faketime", "-f", clock), sys.executable, *command],
            env=env, cwd=self.cwd, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, clock: str, *command: str) -> str:
        """The output of a command of the program that ends with 0."""
        done = self.start(clock, "-m", "preventad_tui", *command)
        out, err = done.communicate(timeout=90)
        assert done.returncode == 0, err
        return out

    def get(self, clock: str, *more: str) -> dict[str, Any]:
        """The summary of a download."""
        out = self.run(clock, "get", "--server", self.server.url, "-o", "out", "--json", *more)
        return json.loads(out.splitlines()[-1])

    @property
    def logins(self) -> int:
        return sum(request.path.endswith("/login") for request in self.server.requests)


@pytest.fixture
def skewed(server: DemoServer, tmp_path: Path, isolated: Path) -> Skewed:
    if shutil.which("faketime") is None:
        pytest.skip("faketime is not installed")
    found = Skewed(server, tmp_path)
    child = found.start("+365d", "-c", "import time; print(time.time())")
    told, err = child.communicate(timeout=30)
    if child.returncode or float(told) < time.time() + 300 * DAY_S:
        pytest.skip(f"libfaketime does not work here: {told}{err}")
    return found


@pytest.mark.parametrize(
    ("clock", "server_offset_s"),
    [
        ("-2d", 2 * DAY_S),
        ("+2d", 0),
        pytest.param("-2d", 0, marks=pytest.mark.long),
        pytest.param("+2d", 2 * DAY_S, marks=pytest.mark.long),
    ],
)
def test_a5_only_a_401_is_an_expired_token(
    skewed: Skewed, downloads: Any, clock: str, server_offset_s: int
) -> None:
    """A5: a token that the own clock calls ended or not yet valid works until the server says."""
    skewed.server.clock_offset_s = server_offset_s
    try:
        skewed.get(clock, "-m", "t1w")
        assert skewed.logins == 1
        expiries = [Fault(ExpireTokens(), path=FILES, nth=nth) for nth in (5, 15)]
        skewed.server.faults.add(*expiries)
        summary = skewed.get(clock, "--all")
    finally:
        skewed.server.clock_offset_s = 0
    assert summary["failed"] == 0
    assert skewed.logins == 2 + sum(map(skewed.server.faults.hits, expiries)) == 4
    assert downloads.breaches(skewed.cwd / "out", finished=True, deep=True) == []


def test_a5_a_clock_that_is_set_in_mid_run(skewed: Skewed, downloads: Any) -> None:
    """A5: days forth and back while files come: nothing waits, nothing fails, one login."""
    child = skewed.start(
        "+0d", "-m", "preventad_tui", "get", "--server", skewed.server.url, "-o", "out", "--all",
        "--limit-rate", "1200k", steps=True,
    )  # fmt: skip
    end = time.monotonic() + 60
    steps = 0
    while child.poll() is None:
        assert time.monotonic() < end
        if list((skewed.cwd / "out").glob("sub-*")):
            steps += 1
            skewed.clock.write_text(("+2d", "-2d", "+365d", "-365d")[steps % 4])
        time.sleep(0.3)
    _, err = child.communicate()
    assert child.returncode == 0, err
    assert steps >= 3
    assert skewed.logins == 1
    assert downloads.breaches(skewed.cwd / "out", finished=True, deep=True) == []


@pytest.mark.parametrize(
    "clocks",
    [("+365d", "-365d", "+0d"), pytest.param(("-365d", "+365d", "-365d"), marks=pytest.mark.long)],
)
def test_j9_hosts_whose_clocks_are_years_apart(
    skewed: Skewed, downloads: Any, clocks: tuple[str, str, str]
) -> None:
    """J9: what the later run did holds, whatever the clocks of the hosts and of the disk said."""
    first, second, third = clocks
    assert skewed.get(first, "-m", "t1w")["fetched_files"] > 0
    assert skewed.get(second, "-m", "t1w")["fetched_files"] == 0
    image = next(path for path in (skewed.cwd / "out").rglob("*_T1w.nii.gz"))
    change = Fault(NewVersion(), path=f"*/{image.name}")
    skewed.server.faults.add(change)
    before = image.read_bytes()
    assert skewed.get(second, "-m", "t1w", "--check-updates")["fetched_files"] == 1
    assert image.read_bytes() != before
    skewed.server.forget_requests()
    assert skewed.get(third, "-m", "t1w")["fetched_files"] == 0
    assert not [one for one in skewed.server.requests if image.name in one.path]
    skewed.run(third, "verify", "-o", "out", "--deep")
    assert downloads.breaches(skewed.cwd / "out", finished=True, deep=True) == []
    assert list((skewed.cwd / "out" / META / "partial").iterdir()) == []
