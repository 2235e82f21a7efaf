"""Waits between attempts, the shared rate limit, the rate shown."""

import asyncio
import random
import time

import pytest

from preventad_tui.core.engine.rate import RateLimit, RateMeter
from preventad_tui.core.limits import Limits
from preventad_tui.core.retry import backoff_s, capped_wait_s


def test_backoff_is_full_jitter_under_a_doubling_bound() -> None:
    rng, limits = random.Random(7), Limits()
    for failed, bound in ((1, 1), (2, 2), (3, 4), (4, 8), (7, 60), (40, 60)):
        waits = [backoff_s(failed, limits, rng) for _ in range(500)]
        assert 0 <= min(waits) < 0.1 * bound, "seed 7"
        assert 0.9 * bound < max(waits) <= bound, "seed 7"


@pytest.mark.parametrize(
    ("told", "earlier", "wait"),
    [
        (30.0, 0, 30.0),
        (1e9, 0, 3600.0),
        (0.0, 0, 1.0),
        (None, 0, 5.0),
        (None, 2, 20.0),
        (None, 9, 60.0),
    ],
)
def test_a_wait_told_by_the_server_is_capped(told, earlier: int, wait: float) -> None:
    assert capped_wait_s(told, earlier, Limits()) == wait


async def _pass(limit: RateLimit, seconds: float, workers: int, chunk: int) -> int:
    passed = 0

    async def work() -> None:
        nonlocal passed
        while True:
            await limit.take(chunk)
            passed += chunk
            await asyncio.sleep(0.0005)  # reading the next chunk

    tasks = [asyncio.create_task(work()) for _ in range(workers)]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    return passed


@pytest.mark.parametrize(("rate", "workers"), [(4_000_000, 1), (20_000_000, 8)])
async def test_the_limit_holds_over_all_workers(rate: int, workers: int) -> None:
    limit = RateLimit(rate)
    started = time.monotonic()
    passed = await _pass(limit, 1.5, workers, 65_536)
    # The credit that evens out late timers is a quarter of a second: 5 % in 10 s, not in 1.5.
    expected = rate * (time.monotonic() - started)
    assert expected * 0.93 < passed < expected * 1.07 + 0.25 * rate


async def test_a_lifted_limit_lets_go_at_once() -> None:
    limit = RateLimit(10)
    waiting = asyncio.create_task(limit.take(1_000_000))
    await asyncio.sleep(0.01)
    limit.set(None)
    async with asyncio.timeout(0.5):
        await waiting
        await limit.take(10**9)


async def test_a_raised_limit_counts_for_who_waits() -> None:
    limit = RateLimit(10)
    waiting = asyncio.create_task(limit.take(1_000))
    await asyncio.sleep(0.01)
    limit.set(20_000)
    async with asyncio.timeout(0.5):
        await waiting


def test_the_rate_shown_is_that_of_the_last_ten_seconds() -> None:
    now = [100.0]
    meter = RateMeter(lambda: now[0])
    assert meter.bytes_per_s() == 0.0
    for _ in range(120):
        now[0] += 0.25
        meter.total_bytes += 1000
        meter.bytes_per_s()
    assert meter.bytes_per_s() == pytest.approx(4000)
    for _ in range(60):
        now[0] += 0.25
        meter.bytes_per_s()
    assert meter.bytes_per_s() == 0.0
    meter.total_bytes += 5000
    before = meter.bytes_per_s()
    assert before == pytest.approx(500)
    for _ in range(3):  # short pauses, one after the other
        meter.restart()
        now[0] += 0.5
        meter.total_bytes += 10
        assert meter.bytes_per_s() == before
    now[0] += 1.5
    meter.total_bytes += 3990
    assert meter.bytes_per_s() == pytest.approx(2000)


def test_a_new_limit_is_shown_at_once() -> None:
    now = [100.0]
    meter = RateMeter(lambda: now[0])

    def run(seconds: int, bytes_per_s: int) -> None:
        for _ in range(4 * seconds):
            now[0] += 0.25
            meter.total_bytes += bytes_per_s // 4
            meter.bytes_per_s()

    run(20, 8000)
    meter.restart(1000)
    assert meter.bytes_per_s() == 1000
    run(3, 1000)
    assert meter.bytes_per_s() == pytest.approx(1000)
    meter.restart(None)  # lifted: what was seen last is all that is known
    assert meter.bytes_per_s() == pytest.approx(1000)
    run(3, 8000)
    assert meter.bytes_per_s() == pytest.approx(8000)
