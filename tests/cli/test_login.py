"""Where credentials come from, in which order, and where a token may be kept."""

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from preventad_tui.demo.server import DemoServer

CANARY = "canary-7Q4-päss"
GET = ("get", "-o", "out", "-m", "t1w", "-v", "PREEN00")


def logins(server: DemoServer) -> int:
    return len([one for one in server.requests if one.path.endswith("/login")])


def token_file(program: Any, name: str = "token") -> Path:
    done = program.here("login", "--token-file", name)
    assert done.returncode == 0, done.stderr
    return program.cwd / name


def test_a_token_file_is_private_and_holds_the_token_only(program: Any, server: DemoServer) -> None:
    path = token_file(program)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().count(".") == 2
    assert "demo" not in path.read_text()
    server.forget_requests()
    done = program.here(*GET, "--token-file", "token", PREVENTAD_USERNAME="", PREVENTAD_PASSWORD="")
    assert done.returncode == 0, done.stderr
    assert "the token file" in done.stderr
    assert logins(server) == 0


def test_a_token_file_that_others_can_read_is_not_used(program: Any, server: DemoServer) -> None:
    path = token_file(program)
    path.chmod(0o640)
    nobody = {"PREVENTAD_USERNAME": "", "PREVENTAD_PASSWORD": ""}
    done = program.here(*GET, "--token-file", "token", **nobody)
    assert done.returncode == 4
    assert "chmod 600" in done.stderr


def test_a_token_of_the_environment_comes_before_the_password(
    program: Any, server: DemoServer
) -> None:
    token = token_file(program).read_text().strip()
    server.forget_requests()
    done = program.here("list", "visits", PREVENTAD_TOKEN=token)
    assert done.returncode == 0
    assert "environment" in done.stderr
    assert logins(server) == 0


def test_a_token_with_401_is_passed_over_for_the_next(program: Any, server: DemoServer) -> None:
    """A4."""
    token_file(program)
    other = token_file(program, "other").read_text().strip()
    server.expire_tokens()
    server.forget_requests()
    done = program.here("list", "visits", "--token-file", "token", PREVENTAD_TOKEN=other)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("refused") == 2
    assert logins(server) == 1


def test_the_password_can_come_by_stdin(program: Any, server: DemoServer) -> None:
    done = program.here(
        *("list", "visits", "--username", "demo", "--password-stdin"),
        input="demo\n",
        PREVENTAD_USERNAME="",
        PREVENTAD_PASSWORD="",
    )
    assert done.returncode == 0, done.stderr
    assert logins(server) == 1


def test_nothing_to_log_in_with_is_code_4_without_a_login(program: Any, server: DemoServer) -> None:
    done = program.here(*GET, PREVENTAD_USERNAME="", PREVENTAD_PASSWORD="")
    assert done.returncode == 4
    assert "--token-file" in done.stderr
    assert logins(server) == 0


@pytest.mark.parametrize(
    ("user", "said"),
    [("suspended", "suspended"), ("notapproved", "not yet been activated")],
)
def test_each_refusal_is_said_in_the_servers_words(
    program: Any, server: DemoServer, user: str, said: str
) -> None:
    done = program.here(*GET, PREVENTAD_USERNAME=user)
    assert done.returncode == 4
    assert said in done.stderr
    assert logins(server) == 1


def test_many_refusals_are_counted_over_runs(program: Any, isolated: Path) -> None:
    """A2."""
    for _ in range(2):
        assert program.here("login", PREVENTAD_PASSWORD="wrong").returncode == 4
    state = isolated / ".local/state/preventad-tui/login-failures.json"
    content = json.loads(state.read_text())
    assert [len(times) for times in content["failures"].values()] == [2]
    assert stat.S_IMODE(state.stat().st_mode) == 0o600


def test_without_a_keyring_login_says_so_and_logout_succeeds(program: Any) -> None:
    done = program.here("login")
    assert done.returncode == 6
    assert "no keyring" in done.stderr
    assert "--token-file" in done.stderr
    done = program.here("logout")
    assert done.returncode == 0, done.stderr


def test_logout_removes_a_token_file_and_nothing_else(program: Any) -> None:
    path = token_file(program)
    (program.cwd / "thesis.txt").write_text("years of work\n")
    os.chmod(program.cwd / "thesis.txt", 0o600)
    assert program.here("logout", "--token-file", "token").returncode == 0
    assert not path.exists()
    assert program.here("logout", "--token-file", "token").returncode == 0
    assert program.here("logout", "--token-file", "thesis.txt").returncode == 4
    assert (program.cwd / "thesis.txt").exists()


def test_a_token_that_ends_in_mid_run_is_renewed_once(program: Any, server: DemoServer) -> None:
    token = token_file(program).read_text().strip()
    assert token
    server.token_lifetime_s = 1.0
    try:
        done = program.here("get", "-o", "out", "-v", "PREEN00", "--limit-rate", "8M")
    finally:
        server.token_lifetime_s = 86_400.0
    assert done.returncode == 0, done.stderr
    assert logins(server) >= 2


def variants(secret: str) -> list[bytes]:
    plain = secret.encode()
    return [
        plain,
        base64.b64encode(plain).rstrip(b"="),
        quote(secret).encode(),
        plain.hex().encode(),
        json.dumps(secret)[1:-1].encode(),
    ]


def sweep(secrets: list[str], *folders: Path) -> list[tuple[Path, str]]:
    hits = []
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                hits += [(path, s) for s in secrets for form in variants(s) if form in content]
    return hits


def test_no_secret_reaches_a_file_the_output_or_an_argument(
    program: Any, server: DemoServer, isolated: Path
) -> None:
    token = token_file(program).read_text().strip()
    (program.cwd / "token").unlink()
    child = program.start(
        *GET, "--server", program.server, "--debug", "--json", "--limit-rate", "2M",
        PREVENTAD_TOKEN=token, PREVENTAD_USERNAME="someone", PREVENTAD_PASSWORD=CANARY,
    )  # fmt: skip
    arguments = Path(f"/proc/{child.pid}/cmdline").read_bytes()
    stdout, stderr = child.communicate(timeout=60)
    assert child.returncode == 0, stderr
    refused = program.here("login", "--debug", PREVENTAD_PASSWORD=CANARY)
    assert refused.returncode == 4
    said = (stdout + stderr + refused.stdout + refused.stderr).encode() + arguments
    for secret in (token, CANARY):
        assert not [form for form in variants(secret) if form in said]
    assert sweep([token, CANARY], isolated, program.cwd) == []
    log = isolated / ".local/state/preventad-tui/log/preventad-tui.log"
    assert log.is_file()
