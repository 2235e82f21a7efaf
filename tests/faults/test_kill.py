"""Kill -9 at random moments: nothing corrupt, nothing complete asked for again, nothing left.

A hundred points run with all tests; the thousand by
`python -m pytest -m long -rP -k thousand tests/faults/test_kill.py`.
"""

import random
import time
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

LIMITS = {"batch_bytes": 16_384}
"""Partials appear with a transfer's first bytes, so that those in flight can be counted."""

HOW = {"jobs": 4, "settings": {"rate_limit": 3_000_000}, "limits": LIMITS}


def wait_for_a_request(site: Any) -> None:
    """Until the first file was asked for, or nothing is left to ask for."""
    end = time.monotonic() + 1
    while not site.asked(None) and time.monotonic() < end:
        time.sleep(0.001)


def kill_points(
    count: int, seed: int, forks: Any, downloads: Any, server: DemoServer, tmp_path: Path
) -> dict[str, int]:
    """Kill downloads `count` times, each going on where the one before was; what was seen."""
    rng = random.Random(seed)
    site = downloads.Site(server, tmp_path / "first")
    seen = dict.fromkeys(("kills", "in_flight", "two_in_flight", "corrupt", "again", "trees"), 0)
    while seen["kills"] < count:
        site.path = tmp_path / f"tree{seen['trees']}"
        seen["trees"] += 1
        _one_tree(count, rng, forks, downloads, site, seen)
    return seen


def _one_tree(
    count: int, rng: random.Random, forks: Any, downloads: Any, site: Any, seen: dict[str, int]
) -> None:
    complete: set[str] = set()
    left: set[str] = set()
    while True:
        site.server.forget_requests()
        child = forks.run(site.path, **HOW)
        if rng.random() < 0.92:  # else while it starts and tidies up after the one before
            wait_for_a_request(site)
        time.sleep(rng.uniform(0.0, 0.22))
        code = child.kill()
        asked = {path.rpartition("/")[2] for path in site.asked(None)}
        seen["again"] += len(asked & complete)
        if code != -9:  # it had ended before
            assert code == 0
            break
        seen["kills"] += 1
        before, left = left, set(site.partials()) if site.path.exists() else set()
        seen["in_flight"] += len(left - before) >= 1
        seen["two_in_flight"] += len(left - before) >= 2
        seen["corrupt"] += len(site.differences())
        if (site.path / ".preventad-tui/old").exists():
            found = downloads.breaches(site.path, finished=False, deep=False)
            assert found == []
        complete = {Path(path).name for path in site.files()}
        if seen["kills"] >= count:
            site.server.forget_requests()
            assert forks.run(site.path).wait() == 0
            asked = {path.rpartition("/")[2] for path in site.asked(None)}
            seen["again"] += len(asked & complete)
            break
    assert site.partials() == []
    assert downloads.breaches(site.path, finished=True, deep=True) == []
    assert site.differences() == []
    site.server.forget_requests()
    assert forks.run(site.path).wait() == 0
    assert site.asked(None) == []


def judge(seen: dict[str, int]) -> None:
    print(
        f"{seen['kills']} kills over {seen['trees']} downloads; with a file in flight "
        f"{seen['in_flight']}, with two {seen['two_in_flight']}; corrupt {seen['corrupt']}, "
        f"complete and asked for again {seen['again']}"
    )
    assert seen["corrupt"] == 0
    assert seen["again"] == 0
    assert seen["two_in_flight"] >= 0.7 * seen["kills"]


def test_a_hundred_kills(seed, forks, downloads, server, tmp_path) -> None:
    judge(kill_points(100, seed, forks, downloads, server, tmp_path))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_thousand_kills(seed, forks, downloads, server, tmp_path) -> None:
    judge(kill_points(1000, seed, forks, downloads, server, tmp_path))
