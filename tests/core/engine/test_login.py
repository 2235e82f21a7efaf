"""The token ends in mid-run: one login, nothing failed, nothing asked twice of the user."""

import asyncio

import pytest

from preventad_tui.core.commands import NewToken, Resume
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import AuthNeeded, Paused, PauseReason
from preventad_tui.core.states import FileState
from preventad_tui.demo.effects import ExpireTokens, Status
from preventad_tui.demo.faults import Fault

FILES = "/[cp]*/*"
"""Candidates' files and the study's, which would prove a new token, but neither login nor probe."""


def _logins(site) -> int:
    return sum(request.path.endswith("/login") for request in site.server.requests)


@pytest.mark.parametrize("jobs", [1, 4, 16])
def test_one_renewal_for_all_workers(site, jobs: int) -> None:
    site.server.faults.add(Fault(ExpireTokens(), path="*", nth=20))
    run = site.download(renew=True, jobs=jobs)
    assert run.summary.exit_code is ExitCode.OK, run.ended(FileState.FAILED)
    assert _logins(site) == 1
    assert len(run.of(Paused)) == 1
    assert site.differences() == []
    assert site.partials() == []


def test_many_expiries_one_login_each(site) -> None:
    expiries = [Fault(ExpireTokens(), path="*", nth=number) for number in range(20, 200, 20)]
    site.server.faults.add(*expiries)
    run = site.download(renew=True)
    assert run.summary.exit_code is ExitCode.OK
    assert run.summary.failed == 0
    hits = sum(site.server.faults.hits(expiry) for expiry in expiries)
    assert 3 <= _logins(site) <= hits


def test_without_a_password_the_user_is_asked_once(site) -> None:
    site.server.faults.add(Fault(ExpireTokens(), path="*", nth=20))
    run = site.start(jobs=8)
    run.until(lambda s: s.pause_reason is PauseReason.LOGGED_OUT)
    run.engine.send(Resume())  # does not help without a token
    token = asyncio.run(site.login())
    site.tokens.token = None
    run.engine.send(NewToken(token))
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert len(run.of(AuthNeeded)) == 1


def test_a_token_that_comes_while_a_renewal_is_tried_is_taken(site, monkeypatch) -> None:
    """The user logs in by a key meanwhile; the renewal then brings nothing."""
    log_in = site.login

    async def renew() -> None:
        run.engine.send(NewToken(await log_in()))
        await asyncio.sleep(0.05)

    monkeypatch.setattr(site, "login", renew)
    site.server.faults.add(Fault(ExpireTokens(), path="*", nth=20))
    run = site.start(renew=True)
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert _logins(site) == 1
    assert run.of(AuthNeeded) == []


def test_a_batch_run_without_a_password_ends_with_4(site) -> None:
    site.server.faults.add(Fault(ExpireTokens(), path="*", nth=20))
    run = site.download(wait_for_login=False)
    assert run.summary.exit_code is ExitCode.AUTH
    assert run.summary.failed == 0
    assert run.summary.not_done > 0
    assert _logins(site) == 0


def test_a_fresh_token_that_is_refused_means_locked_out(site) -> None:
    """H6."""
    refused = Fault(Status(401), path=FILES)
    run = site.start(renew=True, keep=lambda plan: (site.server.faults.add(refused), plan)[1])
    run.until(lambda s: s.pause_reason is PauseReason.LOCKED_OUT)
    assert _logins(site) == 1
    site.server.faults.clear()
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert _logins(site) == 1

    site.server.faults.add(Fault(Status(401), path=FILES))
    next(site.path.rglob("*.nii.gz")).unlink()
    site.server.forget_requests()
    again = site.download(renew=True, wait_for_login=False)
    assert again.summary.exit_code is ExitCode.AUTH
    assert _logins(site) == 1


@pytest.mark.parametrize("generation", ["a", "b26"])
def test_a_dead_token_in_an_update_check_is_a_login_not_a_failure(new_site, generation) -> None:
    """H7."""
    from preventad_tui.core.model import DataType

    site = new_site(generation=generation, data_type=DataType.MINC)
    site.download(("t1w",))
    site.server.expire_tokens()
    site.server.forget_requests()
    run = site.download(("t1w",), renew=True, options={"check_updates": True})
    assert run.summary.exit_code is ExitCode.OK, run.ended(FileState.FAILED)
    assert run.summary.unchanged > 0
    assert _logins(site) == 1
