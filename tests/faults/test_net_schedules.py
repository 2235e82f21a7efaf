"""Invariant 20: faults of every kind by a seeded schedule, kills among them, end in the same tree.

All 200 with their figures: `pytest -m long tests/faults/test_net_schedules.py`.
"""

import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import Paused
from preventad_tui.core.states import FileState
from preventad_tui.demo.effects import (
    CloseAfter,
    Drop,
    Effect,
    EmptyBody,
    ExpireTokens,
    FlipByte,
    GzipEncoded,
    HtmlPage,
    JsonError,
    NotModified,
    Partial,
    RawBytes,
    Redirect,
    Reset,
    Slow,
    StallAfter,
    Status,
)
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

QUICK_SEEDS = range(12)
ALL_SEEDS = range(200)
MODALITIES = ("t1w", "bold", "dwi65", "MP2RAGE", "FLAIR")
RUNS_UNDER_FAULTS = 4


@dataclass
class Figures:
    """What the schedules did, added up."""

    schedules: int = 0
    kills: int = 0
    runs: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    pauses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def __str__(self) -> str:
        hit = ", ".join(f"{count} {name}" for name, count in sorted(self.hits.items()))
        paused = ", ".join(f"{count} {name}" for name, count in sorted(self.pauses.items()))
        return (
            f"{self.schedules} schedules in {self.seconds:.0f} s, {self.runs} runs, "
            f"{self.kills} kills, {sum(self.hits.values())} faults: 0 trees differ\n"
            f"  faults: {hit}\n  pauses: {paused}"
        )


def an_effect(rng: random.Random, cut: Callable[[int], Effect]) -> Effect:
    """One fault of the line, of HTTP, of the content, or of the login."""
    at = rng.choice((0, 1, 100, rng.randrange(60_000)))
    return rng.choice(
        (
            CloseAfter(at),
            Reset(at),
            StallAfter(at),
            cut(rng.randrange(10**6)),
            Slow(300.0),
            Drop(),
            RawBytes(rng.randbytes(20)),
            Status(rng.choice((400, 408, 418, 500, 502, 503, 504))),
            Status(rng.choice((404, 403))),
            Status(rng.choice((429, 503)), retry_after="0"),
            Redirect("http://127.0.0.1:9/"),
            Partial(length=500),
            NotModified(),
            EmptyBody(),
            FlipByte(rng.choice((0, -1))),
            GzipEncoded(),
            HtmlPage(),
            JsonError(),
            ExpireTokens(),
        )
    )


def a_schedule(rng: random.Random, cut: Callable[[int], Effect]) -> list[Fault]:
    """Some ten rules, each over after a few hits."""
    faults = []
    for _ in range(rng.randrange(6, 14)):
        path = rng.choice(("/candidates/*", "/candidates/*", "*.json", "*.nii.gz", "*"))
        effect = an_effect(rng, cut)
        if isinstance(effect, FlipByte):  # in a text with a length no check can see it
            path = rng.choice(("*.json", "*.nii.gz"))
        faults.append(
            Fault(
                effect,
                path=path,
                times=rng.randrange(1, 5),
                probability=rng.choice((0.05, 0.2, 1.0)),
                seed=rng.randrange(10**6),
            )
        )
    return faults


def tree(path: Path) -> dict[str, str]:
    """The digest of each file below an output folder, our own folder left out."""
    return {
        str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(path.rglob("*"))
        if file.is_file() and ".preventad-tui" not in file.parts
    }


def agrees(run: Any) -> None:
    """Summary, what the screen counts, and the ledger say the same; states add up to the plan."""
    summary, shown = run.summary, run.engine.snapshot()
    counted = {state: shown.counts.get(state, 0) for state in FileState}
    for name in ("on_disk", "verified", "unchanged", "failed", "gone", "forbidden", "cancelled"):
        assert getattr(summary, name) == counted[FileState(name)], name
    assert sum(counted.values()) == len(run.plan.items) == shown.files_total
    ends = run.folder.ledger.ends
    told = {path: end.state for path, end in run.ended().items()}
    assert {path: ends[path].state for path in told} == told
    good = summary.on_disk + summary.verified + summary.unchanged
    assert good == sum(
        item.file.path in run.folder.ledger.lines
        and ends[item.file.path].state not in (FileState.FAILED, FileState.GONE)
        and ends[item.file.path].state is not FileState.FORBIDDEN
        for item in run.plan.items
    )


class Ordeal:
    """One server and its processes, one tree without faults, and as many schedules as wanted."""

    def __init__(
        self, load_fake: Callable[[str], ModuleType], forks: Any, server: DemoServer, base: Path
    ) -> None:
        self.forks, self.server, self.base = forks, server, base
        self.cut = load_fake("cuts").RandomCut
        downloads = load_fake("downloads")
        self.site = downloads.Site(server, base / "whole")
        self.whole = downloads.Site(server, base / "whole").download(MODALITIES)
        self.expected = tree(base / "whole")
        self.figures = Figures()

    def endure(self, seed: int) -> None:
        """Kills, then runs under faults, then one without: the tree is as without faults."""
        rng = random.Random(seed)
        self.server.faults.clear()
        self.site.path = out = self.base / f"seed{seed}"
        schedule = a_schedule(rng, self.cut)
        self.server.faults.add(*schedule)
        for _ in range(rng.randrange(3)):
            child = self.forks.run(
                out,
                modalities=MODALITIES,
                jobs=rng.choice((1, 4, 8)),
                settings={"renew": True, "wait_for_login": False},
            )
            time.sleep(rng.uniform(0.0, 0.5))
            self.figures.kills += child.kill() == -9
        for attempt in range(RUNS_UNDER_FAULTS + 1):
            if attempt == RUNS_UNDER_FAULTS:
                self.count(schedule)
                self.server.faults.clear()
            run = self.site.start(
                MODALITIES, renew=True, wait_for_login=False, jobs=rng.choice((1, 4, 8))
            ).join(60)
            self.figures.runs += 1
            self.figures.pauses.update(event.reason.value for event in run.of(Paused))
            agrees(run)
            if run.summary.exit_code is ExitCode.OK and attempt > 0 and not run.summary.gone:
                break
        self.count(schedule)
        assert run.summary.exit_code is ExitCode.OK, run.ended()
        assert run.breaches(deep=True) == []
        assert tree(out) == self.expected
        assert self.site.partials() == []
        self.figures.schedules += 1

    def count(self, schedule: list[Fault]) -> None:
        for fault in schedule:
            self.figures.hits[type(fault.effect).__name__] += self.server.faults.hits(fault)
        self.server.faults.clear()


@pytest.fixture
def ordeal(
    load_fake: Callable[[str], ModuleType], forks: Any, server: DemoServer, tmp_path: Path
) -> Ordeal:
    return Ordeal(load_fake, forks, server, tmp_path)


def endure_all(ordeal: Ordeal, seeds: range, tell: Callable[[str], None]) -> None:
    started = time.monotonic()
    for seed in seeds:
        try:
            ordeal.endure(seed)
        except BaseException:
            print(f"the schedule of seed {seed} failed")
            raise
    ordeal.figures.seconds = time.monotonic() - started
    tell(str(ordeal.figures))
    assert ordeal.figures.schedules == len(seeds)


def test_any_schedule_of_faults_ends_in_the_same_tree(
    ordeal: Ordeal, figures: Callable[[str], None]
) -> None:
    """Invariants 9, 10, 20; P1, N4 to N8, H1 to H10, C1 to C7, A7 mixed: twelve schedules."""
    endure_all(ordeal, QUICK_SEEDS, figures)


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_two_hundred_schedules(ordeal: Ordeal, figures: Callable[[str], None]) -> None:
    """Invariant 20: 200 of them."""
    endure_all(ordeal, ALL_SEEDS, figures)
