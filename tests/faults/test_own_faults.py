"""The program's own faults: an exception where none belongs costs one file, never the run."""

import random
from typing import Any

import pytest

from preventad_tui.core.engine import (
    actions,
    board,
    committer,
    crew,
    gauge,
    jobs,
    results,
    run,
    transfer,
    troubles,
)
from preventad_tui.core.engine import sink as sinks
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.partial import Partial
from preventad_tui.core.states import FileState
from preventad_tui.demo.effects import Status
from preventad_tui.demo.faults import Fault

PLACES = (
    (sinks.Digest, "write"),
    (sinks.Sink, "finish"),
    (Partial, "write"),
    (Partial, "fsync"),
    (OutputFolder, "new_partial"),
    (OutputFolder, "commit"),
    (OutputFolder, "record"),
    (actions.Actions, "_stored"),
    (actions.Actions, "_line"),
    (committer.Committer, "_write"),
    (transfer, "judge_refusal"),
    (sinks, "new_check"),
)

TELLERS = (
    (results.Results, "good"),
    (results.Results, "failed"),
    (results, "ledger_line"),
    (results, "file_ended"),
    (results, "backoff_s"),
    (board.Board, "end"),
    (board.Board, "move"),
    (run.Engine, "emit"),
    (gauge.Gauge, "read"),
    (crew.Crew, "thrived"),
    (crew.Crew, "later"),
    (jobs.JobQueue, "next_ready"),
    (troubles.Troubles, "token_works"),
)
"""What judges attempts, counts, tells the screen, and chooses what is next."""

SECRET = "CANARY-0815"


class Surprise(Exception):
    """Nobody expects it; its text holds a secret."""


def surprised(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, nth: int) -> list[int]:
    """The n-th call raises; gives the count of calls as a list's length."""
    real, calls = getattr(owner, name), []

    def call(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == nth:
            raise Surprise(SECRET)
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, call)
    return calls


def surprise_everywhere(count: int, seed: int, site: Any, caplog: Any) -> None:
    rng = random.Random(seed)
    raised = 0
    for at in range(count):
        owner, name = PLACES[at % len(PLACES)]
        site.path = site.path.with_name(f"out{at}")
        with pytest.MonkeyPatch.context() as patch:
            nth = rng.randint(1, 12)
            calls = surprised(patch, owner, name, nth)
            run = site.download(("t1w",), jobs=2)
        failed = run.ended(FileState.FAILED)
        assert {end.reason for end in failed.values()} <= {"internal"}, (name, nth)
        raised += len(calls) >= nth
        if len(calls) >= nth:
            # A commit holds the files of several transfers.
            assert 1 <= len(failed) <= 13, (name, nth)
            assert run.summary.exit_code is ExitCode.SOME_FAILED
        assert site.partials() == [], (name, nth)
        assert site.differences() == []
        assert site.download(("t1w",)).summary.exit_code is ExitCode.OK
        assert site.differences() == []
    print(raised, "exceptions in", count, "runs")
    assert raised > count // 3
    assert SECRET not in caplog.text


def test_exceptions_at_some_calls(site: Any, seed: int, caplog: Any) -> None:
    surprise_everywhere(len(PLACES), seed, site, caplog)


def surprise_the_tellers(count: int, seed: int, site: Any, caplog: Any) -> None:
    """Nothing hangs, nothing that was promised is lost, and the next run brings the rest."""
    rng = random.Random(seed)
    raised = ended = 0
    for at in range(count):
        owner, name = TELLERS[at % len(TELLERS)]
        site.path = site.path.with_name(f"told{at}")
        site.server.faults.add(Fault(Status(500), path="*/images/*", times=2))
        with pytest.MonkeyPatch.context() as patch:
            nth = rng.randint(1, 8)
            calls = surprised(patch, owner, name, nth)
            one = site.download(("t1w",), jobs=2)
        site.server.faults.clear()
        raised += len(calls) >= nth
        ended += one.summary.exit_code is ExitCode.INTERNAL
        expected = {ExitCode.OK, ExitCode.SOME_FAILED, ExitCode.INTERNAL}
        assert one.summary.exit_code in expected, (name, nth)
        assert {end.reason for end in one.ended(FileState.FAILED).values()} <= {"internal"}
        assert site.partials() == [], (name, nth)
        assert site.differences() == []
        complete = set(site.files())
        site.server.forget_requests()
        assert site.download(("t1w",)).summary.exit_code is ExitCode.OK, (name, nth)
        assert not {path.rpartition("/")[2] for path in complete} & {
            path.rpartition("/")[2] for path in site.asked(None)
        }, (name, nth)
        assert site.differences() == []
    print(raised, "exceptions in", count, "runs,", ended, "of which they ended")
    assert raised > count // 3
    assert SECRET not in caplog.text


def test_exceptions_in_judging_and_telling(site: Any, seed: int, caplog: Any) -> None:
    surprise_the_tellers(len(TELLERS), seed, site, caplog)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_two_hundred_exceptions_in_judging_and_telling(site: Any, seed: int, caplog: Any) -> None:
    surprise_the_tellers(200, seed, site, caplog)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_exceptions_at_two_hundred_calls(site: Any, seed: int, caplog: Any) -> None:
    surprise_everywhere(200, seed, site, caplog)
