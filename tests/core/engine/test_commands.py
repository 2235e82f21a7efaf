"""What the engine can be told while it runs."""

import random
import time

import pytest

from preventad_tui.core.commands import (
    CancelFile,
    Pause,
    Resume,
    RetryFailed,
    SetJobs,
    SetRate,
    Stop,
)
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import Notice, Paused, PauseReason, Resumed, RunState
from preventad_tui.core.states import FileState
from preventad_tui.demo.effects import Slow, Status
from preventad_tui.demo.faults import Fault


def test_pause_stops_all_and_resume_goes_on(site) -> None:
    site.server.faults.add(Fault(Slow(150_000.0), path="*.nii.gz", times=4))
    run = site.start()
    run.until(lambda s: s.files_ended > 5 and s.active)
    run.engine.send(Pause())
    run.until(lambda s: s.state is RunState.PAUSED and not s.active)
    time.sleep(0.1)
    asked = len(site.server.requests)
    time.sleep(0.3)
    assert len(site.server.requests) == asked
    assert site.partials() == []
    run.engine.send(Resume())
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert [event.reason for event in run.of(Paused)] == [PauseReason.USER]
    assert len(run.of(Resumed)) == 1
    assert all(end.attempts == 1 for end in run.ended().values())
    assert site.differences() == []


def test_a_pause_before_a_transfer_has_begun_loses_no_file(site) -> None:
    """Both commands within one turn of the loop: the new transfers are stopped unbegun."""
    run = site.start(("t1w",), rate_limit=200_000)
    run.engine.send(Pause())
    run.until(lambda s: s.state is RunState.PAUSED and not s.active)
    run.engine._inbox.extend([Resume(), Pause(), Resume(), Pause()])
    run.engine.send(SetRate(None))
    run.until(lambda s: s.rate_limit is None and not s.active)
    run.engine.send(Resume())
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert len(run.ended(FileState.ON_DISK)) == len(run.plan.items)


def test_a_storm_of_commands_loses_no_file(site) -> None:
    """Pause, resume, cancel, take back, retry, more and fewer at once, hundreds in a second."""
    seed = random.randrange(10**6)
    print("seed", seed)
    rng = random.Random(seed)
    run = site.start(("t1w", "dwi65", "bold"), rate_limit=400_000)
    paths = [item.file.path for item in run.plan.items]
    for _ in range(400):
        run.engine.send(
            rng.choice(
                (
                    Pause(),
                    Resume(),
                    RetryFailed(),
                    SetJobs(rng.randint(1, 8)),
                    CancelFile(rng.choice(paths)),
                )
            )
        )
        if rng.random() < 0.3:
            time.sleep(rng.random() / 50)
    run.engine.send(SetRate(None))
    run.engine.send(Resume())
    run.join()
    assert run.summary.exit_code in (ExitCode.OK, ExitCode.SOME_FAILED)
    good = len(run.ended(FileState.ON_DISK))
    assert good + len(run.ended(FileState.CANCELLED)) == len(paths), run.summary
    assert site.partials() == []
    assert site.differences() == []
    assert site.download(("t1w", "dwi65", "bold")).summary.exit_code is ExitCode.OK


@pytest.mark.parametrize("jobs", [1, 4])
def test_stop_ends_at_once_with_all_state_kept(site, jobs: int) -> None:
    site.server.faults.add(Fault(Slow(5_000.0), path="*.nii.gz"))
    run = site.start(jobs=jobs)
    run.until(lambda s: s.files_ended > 3 and any(file.received_bytes for file in s.active))
    started = time.monotonic()
    run.engine.send(Stop(ExitCode.SIGTERM))
    run.join()
    assert time.monotonic() - started < 2
    summary = run.summary
    assert summary.exit_code is ExitCode.SIGTERM
    assert summary.not_done + summary.on_disk == len(run.plan.items)
    assert site.partials() == []
    done = {path for path in site.files()}
    assert len(done) == summary.on_disk
    site.server.faults.clear()
    site.server.forget_requests()
    again = site.download()
    assert again.summary.exit_code is ExitCode.OK
    assert len(site.asked(None)) == len(run.plan.items) - len(done)


def test_a_stop_before_the_start_is_heard(site) -> None:
    folder = site.open()
    from preventad_tui.core.engine import Engine, EngineSettings

    engine = Engine(site.plan(folder), folder, site.loris, EngineSettings())
    engine.send(Stop(7))
    import asyncio

    summary = asyncio.run(engine.run())
    folder.close()
    assert summary.exit_code is ExitCode.LEFT
    assert (summary.on_disk, site.files()) == (0, {})
    engine.send(Resume())  # after the end: without effect


def test_a_file_is_left_out_and_taken_back(site) -> None:
    site.server.faults.add(Fault(Slow(5_000.0), path="*.nii.gz", times=1))
    run = site.start(jobs=1)
    active = run.until(
        lambda s: any(f.received_bytes and f.path.endswith(".nii.gz") for f in s.active)
    )
    first = next(f.path for f in active.active if f.path.endswith(".nii.gz"))
    waiting = run.plan.items[-1].file.path
    other = run.plan.items[-2].file.path
    for path in (first, waiting, other):
        run.engine.send(CancelFile(path))
    run.until(lambda s: s.counts.get(FileState.CANCELLED) == 3)
    run.engine.send(CancelFile(waiting))
    run.join()
    assert set(run.ended(FileState.CANCELLED)) == {first, other}
    name = waiting.rpartition("/")[2]
    assert [said.sentence for said in run.of(Notice)] == [
        f"{name} is taken back: it will be fetched."
    ]
    assert run.summary.cancelled == 2
    assert run.summary.exit_code is ExitCode.SOME_FAILED
    assert waiting in site.files()
    assert first not in site.files()
    assert site.partials() == []
    assert site.download().summary.exit_code is ExitCode.OK


def test_what_failed_is_tried_again_by_word(site) -> None:
    gone = Fault(Status(404), path="*.nii.gz")
    slow = Fault(Slow(300.0), path="*_T1w.json", times=1)
    site.server.faults.add(gone, slow)
    run = site.start(("t1w",))
    images = sum(item.file.path.endswith(".nii.gz") for item in run.plan.items)
    run.until(lambda s: s.counts.get(FileState.GONE) == images)
    site.server.faults.clear()
    run.engine.send(RetryFailed())
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert run.summary.gone == 0
    assert site.differences() == []


def test_more_and_fewer_at_once(new_site) -> None:
    site = new_site(delay_s=0.05)
    run = site.start(jobs=1)
    run.until(lambda s: s.files_ended > 2)
    assert len(run.engine.snapshot().active) <= 2
    run.engine.send(SetJobs(12))
    run.until(lambda s: s.jobs == 12 and len(s.active) >= 10, timeout_s=2)
    run.engine.send(SetJobs(2))
    run.until(lambda s: s.jobs == 2)
    time.sleep(0.3)
    site.server.forget_requests()
    time.sleep(0.3)
    asked = len(site.server.requests)
    assert 2 <= asked <= 2 * 0.3 / 0.05 + 2
    run.engine.send(SetJobs(99))
    run.until(lambda s: s.jobs == 16)
    run.join()
    assert run.summary.exit_code is ExitCode.OK


def test_the_rate_limit_holds_and_is_lifted_at_once(site) -> None:
    rate = 1_000_000
    run = site.start(jobs=4, rate_limit=rate)
    run.until(lambda s: s.bytes_done > 0)
    started, before = time.monotonic(), run.engine.snapshot()
    time.sleep(2.0)
    after, elapsed = run.engine.snapshot(), time.monotonic() - started
    measured = (after.bytes_done - before.bytes_done) / elapsed
    assert measured == pytest.approx(rate, rel=0.12)  # a chunk and a snapshot's age at either end
    assert after.rate_bytes_per_s == pytest.approx(rate, rel=0.2)
    assert after.rate_limit == rate
    run.engine.send(SetRate(None))
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert site.differences() == []


def test_the_snapshot_is_honest_about_bytes(site) -> None:
    run = site.start(("t1w",), jobs=2, rate_limit=1_500_000)
    seen = []
    while run.thread.is_alive:
        s = run.engine.snapshot()
        seen.append(s)
        assert s.files_total == s.files_skipped + s.files_ended + s.files_queued + len(s.active), s
        assert s.bytes_done <= s.bytes_total
        time.sleep(0.02)
    run.join()
    last = run.engine.snapshot()
    assert last.state is RunState.FINISHED
    assert last.bytes_done == last.bytes_total == run.summary.fetched_bytes
    assert not last.bytes_estimated
    assert any(s.bytes_estimated for s in seen)
    assert any(s.left_s for s in seen)
