"""Given credentials in order, and token files that are nobody else's."""

import io
import os
import stat
import time
from pathlib import Path

import pytest

from preventad_tui.core.credentials import (
    CredentialSource,
    LoginFailures,
    delete_token_file,
    gather_credentials,
    read_token_file,
    write_token_file,
)
from preventad_tui.core.errors import NoCredentials, UsageError
from preventad_tui.core.limits import Limits
from preventad_tui.core.secret import Secret

TOKEN = "eyJhbGciOi.eyJpYXQiOjF9.c2lnbmF0dXJl"


def test_tokens_come_in_order_and_the_variables_are_taken_away(tmp_path: Path) -> None:
    write_token_file(tmp_path / "token", Secret(TOKEN + "1"))
    environ = {"PREVENTAD_TOKEN": TOKEN + "2", "PREVENTAD_PASSWORD": "secret", "OTHER": "x"}
    credentials = gather_credentials(
        limits=Limits(), username="someone", token_file=tmp_path / "token", environ=environ
    )
    found = list(credentials.given_tokens())
    assert [one.source for one in found] == [
        CredentialSource.TOKEN_FILE,
        CredentialSource.TOKEN_VARIABLE,
    ]
    assert [one.token for one in found] == [Secret(TOKEN + "1"), Secret(TOKEN + "2")]
    assert credentials.given is not None
    assert (credentials.given.username, credentials.given.password) == (
        "someone",
        Secret("secret"),
    )
    assert environ == {"OTHER": "x"}
    assert "secret" not in repr(credentials.given)


def test_a_password_on_stdin_beats_the_environments() -> None:
    credentials = gather_credentials(
        limits=Limits(),
        username="someone",
        token_file=None,
        password_from=io.StringIO("pass word \r\nmore\n"),
        environ={"PREVENTAD_PASSWORD": "other"},
    )
    assert credentials.given is not None
    assert credentials.given.password == Secret("pass word ")


def test_a_password_on_stdin_needs_a_user() -> None:
    with pytest.raises(UsageError, match="--username"):
        gather_credentials(
            limits=Limits(),
            username="",
            token_file=None,
            password_from=io.StringIO("x\n"),
            environ={},
        )


@pytest.mark.parametrize("text", ["", "no token", "a.b", TOKEN + "\n" + TOKEN, "\x1b[2J.a.b"])
def test_what_is_no_token_is_not_used(tmp_path: Path, text: str) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(NoCredentials, match="does not hold a token"):
        read_token_file(path)
    credentials = gather_credentials(
        limits=Limits(), username="", token_file=path, environ={"PREVENTAD_TOKEN": text}
    )
    assert list(credentials.given_tokens()) == []
    assert len(credentials.refusals) == (2 if text else 1)


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o644])
def test_a_token_that_others_can_read_is_not_used(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token"
    write_token_file(path, Secret(TOKEN))
    path.chmod(mode)
    with pytest.raises(NoCredentials, match="chmod 600"):
        read_token_file(path)


def test_a_pipe_is_no_token_file_and_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    start = time.monotonic()
    with pytest.raises(NoCredentials, match="regular file"):
        read_token_file(tmp_path / "pipe")
    assert time.monotonic() - start < 1


def test_writing_over_a_wide_file_leaves_it_private(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    path.chmod(0o666)
    write_token_file(path, Secret(TOKEN))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == TOKEN + "\n"
    assert delete_token_file(path)
    assert not delete_token_file(path)


def test_failures_are_counted_by_server_and_forgotten_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    path = tmp_path / "state" / "failures.json"
    for _ in range(5):
        LoginFailures(path).add("https://a.example")
    assert "more than 10" in LoginFailures(path).warning("https://a.example")
    assert LoginFailures(path).warning("https://b.example") == ""
    now += 15 * 60 + 1
    assert LoginFailures(path).warning("https://a.example") == ""
    LoginFailures(path).add("https://a.example")
    LoginFailures(path).clear("https://a.example")
    assert "a.example" not in path.read_text()


@pytest.mark.parametrize("content", ["", "[]", '{"failures": 3}', '{"failures": {"a": ["x"]}}'])
def test_a_damaged_counter_is_no_fault(tmp_path: Path, content: str) -> None:
    path = tmp_path / "failures.json"
    path.write_text(content)
    assert LoginFailures(path).warning("a") == ""
    LoginFailures(path).add("a")
