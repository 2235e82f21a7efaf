"""Each fault of the network, the server and the content, from a real server that makes it."""

import threading
import time

import pytest

from preventad_tui.core.commands import Resume, Stop
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import FileRetried, Paused, PauseReason, Resumed
from preventad_tui.core.model import DataType
from preventad_tui.core.states import FileState
from preventad_tui.demo.effects import (
    CloseAfter,
    Drop,
    EmptyBody,
    FlipByte,
    GzipEncoded,
    HtmlPage,
    JsonError,
    Partial,
    RawBytes,
    Redirect,
    Reset,
    ShortClean,
    Slow,
    SlowHeaders,
    StallAfter,
    Status,
)
from preventad_tui.demo.faults import Fault

IMAGES = "*.nii.gz"


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        (CloseAfter(1000), "cut"),
        (Reset(2000), "reset"),
        (StallAfter(500), "stalled"),
        (Slow(100.0), "slow"),
        (Status(500), "server-error"),
        (Status(502), "server-error"),
        (Partial(), "status-206"),
        (Status(204, body=b""), "status-204"),
        (RawBytes(b"garbage, not HTTP\r\n\r\n"), "bad-http"),
        (EmptyBody(), "empty"),
        (FlipByte(0), "nifti-header"),
    ],
)
def test_a_passing_fault_is_tried_again(site, effect, reason: str) -> None:
    site.server.faults.add(Fault(effect, path=IMAGES, nth=1))
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK, run.ended(FileState.FAILED)
    assert reason in {event.reason for event in run.of(FileRetried)}
    assert site.differences() == []
    assert site.partials() == []


def test_headers_that_never_end_are_given_up(new_site, downloads) -> None:
    from dataclasses import replace

    site = new_site(limits=replace(downloads.QUICK, header_timeout_s=0.4))
    site.server.faults.add(Fault(SlowHeaders(50.0), path=IMAGES, nth=1))
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK
    assert [event.reason for event in run.of(FileRetried)] == ["header-timeout"]


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        (CloseAfter(1000), "cut"),
        (Status(500), "server-error"),
        (Partial(), "status-206"),
        (HtmlPage(), "html"),
        (JsonError(), "html"),
    ],
)
def test_five_attempts_and_the_others_go_on(site, effect, reason: str) -> None:
    fault = Fault(effect, path=IMAGES)
    site.server.faults.add(fault)
    run = site.download(("t1w",))
    failed = run.ended(FileState.FAILED)
    assert run.summary.exit_code is ExitCode.SOME_FAILED
    assert {end.reason for end in failed.values()} == {reason}
    assert {end.attempts for end in failed.values()} == {5}
    assert all(path.endswith(".nii.gz") for path in failed)
    assert site.server.faults.hits(fault) == 5 * len(failed)
    assert not list(site.path.rglob(IMAGES))
    assert site.differences() == []
    assert site.partials() == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(site, code: int) -> None:
    fault = Fault(Redirect("http://127.0.0.1:9/elsewhere", code), path=IMAGES)
    site.server.faults.add(fault)
    run = site.download(("t1w",))
    failed = run.ended(FileState.FAILED)
    assert {end.reason for end in failed.values()} == {"redirect"}
    assert site.server.faults.hits(fault) == len(failed)


def test_the_same_bad_bytes_twice_are_the_sources_fault(site) -> None:
    """C6."""
    fault = Fault(FlipByte(0), path=IMAGES)
    site.server.faults.add(fault)
    run = site.download(("t1w",))
    failed = run.ended(FileState.FAILED)
    assert {end.reason for end in failed.values()} == {"corrupt-at-source"}
    assert site.server.faults.hits(fault) == 2 * len(failed)
    assert site.partials() == []


def test_gone_and_forbidden_are_final_at_once(site) -> None:
    """H3, H4."""
    gone, forbidden = Fault(Status(404), path=IMAGES), Fault(Status(403), path="*_T1w.json")
    site.server.faults.add(gone, forbidden)
    run = site.download(("t1w",))
    assert run.summary.gone == site.server.faults.hits(gone) > 0
    assert run.summary.forbidden == site.server.faults.hits(forbidden) > 0
    assert run.summary.exit_code is ExitCode.SOME_FAILED


def test_an_account_without_rights_is_told_so(site) -> None:
    site.server.faults.add(
        Fault(Status(403), path="/candidates/*"), Fault(Status(403), path="*/bids/*")
    )
    run = site.start()
    run.until(lambda s: s.pause_reason is PauseReason.NO_PERMISSION)
    site.server.faults.clear()
    run.engine.send(Resume())
    run.join()
    assert run.summary.on_disk > 0
    assert 21 <= run.summary.forbidden <= 21 + 4

    site.server.faults.add(Fault(Status(403), path="/candidates/*"))
    again = site.download(("bold", "asl", "dwi65", "t1w"), wait_for_login=False)
    assert again.summary.exit_code is ExitCode.SOME_FAILED  # study files came: it has some rights
    assert again.summary.forbidden > 0 < again.summary.fetched_files


def test_content_encoding_is_believed_of_gzip_files_only(site) -> None:
    site.server.faults.add(Fault(GzipEncoded(), path="*"))
    run = site.download(("t1w",))
    failed = run.ended(FileState.FAILED)
    assert {end.reason for end in failed.values()} == {"encoding"}
    assert site.files() == {}
    site.server.faults.clear()
    site.server.faults.add(Fault(_Labelled(), path=IMAGES))
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK
    assert site.differences() == []


class _Labelled(GzipEncoded):
    """A `.nii.gz` sent as it is, but called gzip-encoded."""

    def answer(self, call, answer):
        return answer.with_headers(("Content-Encoding", "gzip"))


@pytest.mark.parametrize("data_type", list(DataType))
def test_bodies_cut_cleanly_without_a_length_are_never_taken(new_site, data_type) -> None:
    site = new_site(data_type=data_type)
    site.server.faults.add(Fault(ShortClean(200), path="/candidates/*", probability=0.5, seed=11))
    site.server.faults.add(Fault(ShortClean(10**9), path="*"))
    run = site.download(("dwi65", "t1w", "task-encoding-bold"))
    assert run.summary.not_done == 0
    assert site.differences() == [], "seed 11"
    assert site.partials() == []


def test_a_sign_in_page_of_the_network_pauses_and_goes_on_by_itself(site) -> None:
    """N12."""
    page = Fault(HtmlPage(), path="*")
    site.server.faults.add(page)
    run = site.start(("t1w",))
    run.until(lambda s: s.pause_reason is PauseReason.SIGN_IN_PAGE)
    site.server.faults.remove(page)
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert site.differences() == []
    assert any("sign-in page" in event.sentence for event in run.of(Paused))


def test_an_mfa_page_pauses_with_its_own_words(new_site) -> None:
    """H9."""
    from preventad_tui.demo.accounts import Standing

    site = new_site(generation="b28", data_type=DataType.MINC)
    site.server.set_standing(Standing.MFA)
    run = site.start(("t1w",))
    run.until(lambda s: s.pause_reason is PauseReason.NO_PERMISSION)
    assert "second factor" in run.engine.snapshot().sentence
    site.server.set_standing(Standing.GOOD)
    run.engine.send(Resume())
    assert run.join().summary.exit_code is ExitCode.OK

    site.server.set_standing(Standing.MFA)
    again = site.download(wait_for_login=False)
    assert again.summary.exit_code is ExitCode.AUTH
    assert again.summary.fetched_files == 0


@pytest.mark.parametrize("status", [429, 503])
def test_all_wait_as_long_as_the_server_says(site, status: int) -> None:
    """H1."""
    site.server.faults.add(Fault(Status(status, retry_after="1"), path=IMAGES, times=1))
    run = site.download(("t1w",), jobs=4)
    assert run.summary.exit_code is ExitCode.OK
    requests = site.server.requests
    refused = next(request for request in requests if request.status == status)
    after = [r.started_s - refused.ended_s for r in requests]
    on_the_way = 0.1  # the answer needs a moment to arrive
    assert not [gap for gap in after if on_the_way < gap < 0.95]
    assert max(after) >= 0.95
    assert [event.reason for event in run.of(Paused)] == [PauseReason.RATE_LIMIT]
    assert len(run.of(Resumed)) == 1


def test_after_a_429_half_work_and_then_all_again(new_site) -> None:
    """H1."""
    site = new_site(delay_s=0.03)
    site.server.faults.add(Fault(Status(429, retry_after="0"), path="*", nth=20))
    run = site.download(jobs=8)
    assert run.summary.exit_code is ExitCode.OK
    spans = [(r.started_s, r.ended_s) for r in site.server.requests if r.path.count("/") > 3]
    refused = next(r.ended_s for r in site.server.requests if r.status == 429)

    def at_once(start: float, end: float) -> int:
        marks = sorted(
            mark
            for began, ended in spans
            if start < began and ended < end
            for mark in ((began, 1), (ended, -1))
        )
        level = most = 0
        for _, step in marks:
            level += step
            most = max(most, level)
        return most

    later = sorted(began for began, _ in spans if began > refused)
    assert at_once(refused, later[10]) <= 4
    assert at_once(later[60], later[-1] + 9) > 4


def test_a_dropped_idle_connection_costs_no_attempt(site) -> None:
    drop = Fault(Drop(), path="*", probability=0.2, seed=5)
    site.server.faults.add(drop)
    run = site.download(("t1w", "dwi65"))
    assert run.summary.exit_code is ExitCode.OK, "seed 5"
    assert site.server.faults.hits(drop) > 1
    assert site.differences() == []


def test_one_in_twenty_server_errors_costs_no_file(site) -> None:
    site.server.faults.add(Fault(Status(503), path="*", probability=0.05, seed=3))
    run = site.download()
    assert run.summary.exit_code is ExitCode.OK, "seed 3"
    assert site.differences() == []


# A connection that arrives while the demo server closes is dropped by it without a close.
abrupt = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@abrupt
def test_a_server_that_goes_and_comes_back_costs_nothing(site) -> None:
    run = site.start(jobs=4)
    run.until(lambda s: s.files_ended > 20)
    site.server.stop()
    run.until(lambda s: s.pause_reason is PauseReason.OFFLINE)
    ended = run.engine.snapshot().files_ended
    time.sleep(0.3)
    assert run.engine.snapshot().files_ended <= ended + 4
    site.server.start()
    run.join()
    assert run.summary.exit_code is ExitCode.OK, run.ended(FileState.FAILED)
    assert site.differences() == []
    assert site.partials() == []


@abrupt
def test_a_server_that_restarts_again_and_again(site) -> None:
    run = site.start(jobs=4)
    for ended in range(10, 100, 10):
        run.until(lambda s, ended=ended: s.files_ended > ended)
        site.server.stop()
        site.server.start()
    run.join()
    assert run.summary.exit_code is ExitCode.OK, run.ended(FileState.FAILED)
    assert site.differences() == []


@abrupt
def test_a_batch_run_gives_up_waiting(site) -> None:
    run = site.start(jobs=2, give_up_after_s=0.5)
    run.until(lambda s: s.files_ended > 5)
    site.server.stop()
    started = time.monotonic()
    run.join()
    assert 0.4 < time.monotonic() - started < 3
    assert run.summary.exit_code is ExitCode.SERVER
    assert run.summary.failed == 0
    assert run.summary.not_done > 0
    assert site.partials() == []
    site.server.start()
    assert site.download().summary.exit_code is ExitCode.OK


def test_a_fault_of_the_program_fails_one_file_only(site, monkeypatch, caplog) -> None:
    """P7."""
    from preventad_tui.core.engine.actions import Actions

    perform, canary = Actions.perform, "-".join(("canary", "7", "1"))

    async def broken(self, client, job):
        if job.path.endswith(".nii.gz"):
            raise ZeroDivisionError(canary)
        return await perform(self, client, job)

    monkeypatch.setattr(Actions, "perform", broken)
    run = site.download(("t1w",))
    failed = run.ended(FileState.FAILED)
    assert {end.reason for end in failed.values()} == {"internal"}
    assert all(path.endswith(".nii.gz") for path in failed)
    assert "ZeroDivisionError" in caplog.text
    assert canary not in caplog.text


def test_threads_and_open_files_are_given_back(site) -> None:
    import os

    site.download(("t1w",))
    threads, open_files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    site.server.faults.add(Fault(CloseAfter(500), path=IMAGES, probability=0.5, seed=1))
    for path in site.path.rglob("*.nii.gz"):
        path.unlink()
    run = site.start(("t1w",))
    run.engine.send(Stop(7))
    run.join()
    time.sleep(0.1)
    assert threading.active_count() <= threads
    assert len(os.listdir("/proc/self/fd")) <= open_files + 1
