"""H5, H6, A1, A5, A7: tokens that end, logins that are refused, clocks that are wrong."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from preventad_tui.core.commands import NewToken
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import AuthNeeded, Paused, PauseReason
from preventad_tui.core.secret import Secret
from preventad_tui.core.states import FileState
from preventad_tui.demo.accounts import Standing
from preventad_tui.demo.effects import ExpireTokens
from preventad_tui.demo.faults import Fault

FILES = "/candidates/*"
DAY_S = 86_400


def logins(site: Any) -> int:
    return sum(request.path.endswith("/login") for request in site.server.requests)


def expire_often(site: Any, times: int, every: int) -> list[Fault]:
    """The token ends before each `every`th file that is asked for."""
    expiries = [Fault(ExpireTokens(), path=FILES, nth=every * (n + 1)) for n in range(times)]
    site.server.faults.add(*expiries)
    return expiries


def test_h5_fifty_expiries_fifty_logins_no_file_failed(
    new_site: Callable[..., Any], figures: Callable[[str], None]
) -> None:
    """H5: fifty times in one run the token ends: one pause and one login each, 0 failed."""
    site = new_site(candidates=4)
    expiries = expire_often(site, 50, every=8)
    run = site.start(renew=True, jobs=4).join(100)
    hits = sum(site.server.faults.hits(expiry) for expiry in expiries)
    assert hits == 50
    assert run.summary.exit_code is ExitCode.OK
    assert run.summary.failed == 0
    assert logins(site) == hits
    assert [event.reason for event in run.of(Paused)] == [PauseReason.LOGGED_OUT] * hits
    assert site.differences() == []
    figures(f"{hits} expiries, {logins(site)} logins, {run.summary.failed} files failed")


def test_h5_one_question_to_the_user_for_each_end(new_site: Callable[..., Any]) -> None:
    """H5: without a password in memory: exactly one login box for each end of the token."""
    site = new_site()
    expire_often(site, 10, every=8)
    run = site.start(jobs=4)
    answered = 0
    while run.thread.is_alive:
        run.thread.join(0.01)
        while len(run.of(AuthNeeded)) > answered:
            fresh, site.tokens.token = asyncio.run(site.login()), site.tokens.token
            run.engine.send(NewToken(fresh))
            answered += 1
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert answered == logins(site) == 10


def test_a7_three_days_in_two_seconds(new_site: Callable[..., Any]) -> None:
    """A7: 72 hours, compressed: tokens live for a third of the run; a login for each end."""
    site = new_site(delay_s=0.03)
    site.server.token_lifetime_s = 0.6
    asyncio.run(site.login())
    site.server.forget_requests()
    run = site.start(renew=True, jobs=2).join(60)
    assert run.summary.exit_code is ExitCode.OK, run.ended(FileState.FAILED)
    assert 2 <= logins(site) <= run.summary.seconds / 0.6 + 1
    assert logins(site) == len(run.of(Paused))


def test_a7_never_a_login_after_a_refusal(new_site: Callable[..., Any]) -> None:
    """A1, A7: the password no longer holds: asked for once, refused once, never by itself again."""
    site = new_site()

    class Suspends(ExpireTokens):
        def call(self, call: Any) -> Any:
            site.server.set_standing(Standing.SUSPENDED)
            return call

    site.server.faults.add(Fault(Suspends(), path=FILES, nth=30))
    run = site.start(renew=True, jobs=4)
    run.until(lambda s: s.pause_reason is PauseReason.LOGGED_OUT)
    while not run.of(AuthNeeded):
        run.thread.join(0.01)
    for _ in range(30):
        run.thread.join(0.01)
    assert logins(site) == 1
    assert run.engine.snapshot().counts.get(FileState.FAILED, 0) == 0
    site.server.set_standing(Standing.GOOD)
    run.engine.send(NewToken(asyncio.run(site.login())))
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert logins(site) == 2


@pytest.mark.parametrize("offset_s", [-2 * DAY_S, 2 * DAY_S])
def test_a5_clocks_that_differ_by_days(new_site: Callable[..., Any], offset_s: float) -> None:
    """A5: the server's clock (Date, iat, nbf, exp) is days off: only a 401 means expired."""
    site = new_site()
    site.server.clock_offset_s = offset_s
    asyncio.run(site.login())
    site.server.forget_requests()
    expire_often(site, 1, every=40)
    run = site.download(renew=True)
    assert run.summary.exit_code is ExitCode.OK
    assert logins(site) == 1


def test_h6_locked_out_by_someone_else(new_site: Callable[..., Any]) -> None:
    """H6: valid tokens get 401 since others failed to log in: one login, then a long wait."""
    site = new_site()
    site.limits = replace(site.limits, lockout_wait_s=1.0)

    class LockOut(ExpireTokens):
        expires_tokens = False

        def call(self, call: Any) -> Any:
            site.server.lock_out()
            return call

    site.server.faults.add(Fault(LockOut(), path=FILES, nth=30))
    run = site.start(renew=True, jobs=4)
    run.until(lambda s: s.pause_reason is PauseReason.LOGGED_OUT)
    while not run.of(AuthNeeded):
        run.thread.join(0.01)
    assert logins(site) == 1
    site.server.forgive()
    run.engine.send(NewToken(asyncio.run(site.login())))
    assert run.join().summary.exit_code is ExitCode.OK
    assert run.summary.failed == 0


def test_a6_another_user_goes_on_in_the_same_folder(new_site: Callable[..., Any]) -> None:
    """A6: the ledger is of the server, not of the user: nothing is fetched again."""
    site = new_site()
    site.download(("t1w",))
    site.server.set_standing(Standing.GOOD, "suspended")
    asyncio.run(site.loris.login("suspended", Secret("demo")))
    site.server.forget_requests()
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK
    assert site.server.requests == []
