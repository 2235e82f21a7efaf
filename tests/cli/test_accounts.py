"""Accounts that may not download: each its sentence, code 4, one login request."""

from collections.abc import Iterator
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

GET = ("get", "-m", "t1w", "-v", "PREEN00", "-o")
REFUSED = {
    "suspended": "Wait 15 minutes",
    "notapproved": "approve your account",
    "deactivated": "activate your account again",
    "expired": "extend your account",
    "mustchangepassword": "set a new password",
}
NO_RIGHTS = {
    "noimaging": "shows no images to this account",
    "nocandidates": "may not download these data",
    "mfa": "second factor (MFA)",
}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, DemoServer]]:
    running = {one: DemoServer(generation=one, candidates=2).start() for one in ("a", "b28")}
    yield running
    for server in running.values():
        server.stop()


def run(program: Any, server: DemoServer, user: str, *more: str) -> Any:
    """Download with an account of the demo, all of which have one password."""
    server.forgive()
    server.forget_requests()
    command = (*GET, f"{server.generation}-{user}", "--server", server.url, *more)
    return program(*command, PREVENTAD_USERNAME=user)


def logins(server: DemoServer) -> int:
    return sum(one.path.endswith("/login") for one in server.requests)


@pytest.mark.parametrize("generation", ["a", "b28"])
def test_an_account_that_may_not_log_in(
    offline_program: Any, servers: dict[str, DemoServer], generation: str
) -> None:
    said = {}
    for user, sentence in REFUSED.items():
        done = run(offline_program, servers[generation], user)
        assert (done.returncode, logins(servers[generation])) == (4, 1), done.stderr
        assert sentence in done.stderr
        assert "***" not in done.stderr
        said[user] = done.stderr.splitlines()[-1]
    assert len(set(said.values())) == len(REFUSED)


@pytest.mark.parametrize("data_type", ["bids", "minc"])
def test_an_account_that_may_log_in_and_see_nothing(
    offline_program: Any, servers: dict[str, DemoServer], data_type: str
) -> None:
    for user, sentence in NO_RIGHTS.items():
        done = run(offline_program, servers["b28"], user, "-t", data_type)
        assert (done.returncode, logins(servers["b28"])) == (4, 1), done.stderr
        assert sentence in done.stderr
        images = offline_program.cwd / f"b28-{user}"
        assert not [*images.rglob("*.nii.gz"), *images.rglob("*.mnc")]


@pytest.mark.parametrize("generation", ["a", "b28"])
def test_a_locked_out_account_and_a_wrong_password(
    offline_program: Any, servers: dict[str, DemoServer], generation: str
) -> None:
    server = servers[generation]
    wrong = (*GET, "wrong", "--server", server.url)
    server.forget_requests()
    done = offline_program(*wrong, PREVENTAD_PASSWORD="no")
    assert (done.returncode, logins(server)) == (4, 1)
    assert "Incorrect username or password" in done.stderr
    again = offline_program(*wrong)
    assert (again.returncode, logins(server)) == (4, 1), "the mark in the folder was not heeded"
    server.lock_out()
    server.forget_requests()
    done = offline_program(*GET, "locked", "--server", server.url)
    server.forgive()
    assert (done.returncode, logins(server)) == (4, 1)
    assert "suspended" in done.stderr


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        ("expired", "extend your account"),
        ("noimaging", "shows no images to this account"),
        ("nocandidates", "may not read /candidates"),
        ("mfa", "second factor (MFA)"),
    ],
)
def test_doctor_names_the_state_of_an_account(
    offline_program: Any, servers: dict[str, DemoServer], user: str, sentence: str
) -> None:
    server = servers["b28"]
    server.forget_requests()
    done = offline_program("doctor", "--server", server.url, PREVENTAD_USERNAME=user)
    assert (done.returncode, logins(server)) == (4, 1), done.stdout
    told = " ".join(done.stdout.split())
    assert "problem" in told
    assert sentence in told
    assert ("LORIS 28" in told) == (user == "mfa")
