"""N9: outages of minutes and of days: nothing fails, no attempt is lost, the server is spared."""

import time
from collections.abc import Callable
from itertools import pairwise
from types import ModuleType
from typing import Any

import pytest

from preventad_tui.core.commands import Resume, Stop
from preventad_tui.core.engine import run as engine_run
from preventad_tui.core.engine.troubles import Troubles
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import FileRetried, PauseReason
from preventad_tui.core.limits import Limits
from preventad_tui.core.states import FileState

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When the engine asked whether the server is back."""
    asked: list[float] = []
    probe = Troubles.probe

    async def noted(self: Troubles) -> Any:
        asked.append(time.monotonic())
        return await probe(self)

    monkeypatch.setattr(Troubles, "probe", noted)
    return asked


def spared(probes: list[float], outage_s: float) -> None:
    """One probe a minute after the first minutes (5, 10, 20, 40, 60 s ...), 1 % late at most."""
    assert outage_s / 60.5 - 3 <= len(probes) <= outage_s / 60 + 5
    assert all(later - earlier >= 59.9 for earlier, later in pairwise(probes[5:]))


@pytest.mark.parametrize(
    ("size", "hours"),
    [("small", 1), pytest.param("full", 24, marks=pytest.mark.long)],
    ids=["an hour", "a day with 40,000 files queued"],
)
def test_n9_hours_by_a_hurried_clock(
    new_site: Callable[..., Any],
    load_fake: Callable[[str], ModuleType],
    probes: list[float],
    monkeypatch: pytest.MonkeyPatch,
    figures: Callable[[str], None],
    size: str,
    hours: int,
) -> None:
    """N9: the shipped waits; in a day the token ends too."""
    monkeypatch.setattr(engine_run, "_SNAPSHOT_S", 60.0)
    outage_s = hours * 3600
    site = new_site(size=size, candidates=None, limits=Limits(backoff_first_s=0.02))
    with load_fake("hurried_clock").HurriedClock("engine") as clock:
        run = site.start(jobs=4, renew=True)
        while len(run.ended()) < 20:
            time.sleep(0.01)
        before = len(probes)
        site.server.stop()
        while run.engine._troubles.current is None:
            time.sleep(0.01)
        clock.hurries = True
        start_s, deadline = time.perf_counter(), time.perf_counter() + 90
        while clock.passed_s < outage_s:
            assert time.perf_counter() < deadline, clock.passed_s
            time.sleep(0.01)
        clock.hurries = False
        asked, took_s = probes[before:], time.perf_counter() - start_s
        outage_s = clock.passed_s  # the hurry went on until it was seen
        snapshot = run.until(lambda s: s.pause_reason is PauseReason.OFFLINE)
        assert snapshot.waits_since is not None
        assert time.time() - snapshot.waits_since >= outage_s
        assert snapshot.files_queued >= (40_000 if size == "full" else 200)
        assert snapshot.counts.get(FileState.FAILED, 0) == 0
        spared(asked, outage_s)
        site.server.start()
        run.engine.send(Resume())
        ended = len(run.ended())
        while len(run.ended()) < ended + 20:
            time.sleep(0.01)
        run.engine.send(Stop(ExitCode.LEFT))
        run.join()
    assert run.summary.failed == 0
    assert run.summary.exit_code is ExitCode.LEFT
    assert site.logins == (2 if hours == 24 else 1)
    assert max((event.attempt for event in run.of(FileRetried)), default=0) <= 2
    assert site.differences() == []
    figures(
        f"{hours} h offline in {took_s:.1f} s, {snapshot.files_queued:,} files queued: "
        f"{len(asked):,} probes, 0 failed"
    )


@pytest.mark.long
@pytest.mark.timeout(900)
def test_n9_ten_minutes_as_shipped(
    new_site: Callable[..., Any], probes: list[float], figures: Callable[[str], None]
) -> None:
    """N9: ten real minutes with the shipped limits; it comes back by itself within 65 s."""
    outage_s = 600
    site = new_site(limits=Limits())
    run = site.start(jobs=4, rate_limit=1_000_000)
    run.until(lambda s: s.files_ended > 10)
    before = len(probes)
    site.server.stop()
    time.sleep(outage_s)
    asked = probes[before:]
    snapshot = run.engine.snapshot()
    assert snapshot.pause_reason is PauseReason.OFFLINE
    assert snapshot.counts.get(FileState.FAILED, 0) == 0
    spared(asked, outage_s)
    site.server.start()
    back = time.monotonic()
    ended = snapshot.files_ended
    run.until(lambda s: s.files_ended > ended, 66)
    back_s = time.monotonic() - back
    run.join(60)
    assert run.summary.exit_code is ExitCode.OK
    assert max((event.attempt for event in run.of(FileRetried)), default=0) <= 2
    assert site.differences() == []
    figures(f"{outage_s} s offline: {len(asked)} probes, 0 failed, back after {back_s:.0f} s")
