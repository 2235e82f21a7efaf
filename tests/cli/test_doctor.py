"""`doctor`: what a server and this machine are, whatever is wrong, and no secret."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from preventad_tui.demo.server import DemoServer

Records = Callable[[str], list[dict[str, Any]]]
SECRET = "canary-7Q4-secret"
RELEASES = {
    "a": ("A", "v0.0.3-dev", "LORIS 20.1 with the PREVENT-AD override", "loris"),
    "b24": ("B", "v0.0.3", "LORIS 24.1", "PREVENT-AD"),
    "b26": ("B", "v0.0.3", "LORIS 26", "PREVENT-AD"),
    "b28": ("B", "v0.0.3", "LORIS 27, 28 or later", "PREVENT-AD"),
}
WITHOUT_LOGIN = {
    "a": "LORIS 20.1 with the PREVENT-AD override",
    "b24": "LORIS 24.0 to 24.1",
    "b26": "LORIS 25 or later",
    "b28": "LORIS 25 or later",
}
NOBODY = {"PREVENTAD_USERNAME": "", "PREVENTAD_PASSWORD": ""}


def by_name(lines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {line["name"]: line for line in lines if line["type"] == "check"}


@pytest.mark.parametrize("generation", list(RELEASES))
def test_each_generation_is_named(
    offline_program: Any, records: Records, tmp_path: Path, generation: Any
) -> None:
    with DemoServer(generation=generation, integer_ids=generation == "b24") as server:
        command = ("doctor", "--server", server.url, "--json", "-o", str(tmp_path / "out"))
        without = offline_program(*command, **NOBODY)
        assert without.returncode == 0, without.stderr
        assert records(without.stdout)[-1]["release"] == WITHOUT_LOGIN[generation]
        assert not [one for one in server.requests if one.path.endswith("/login")]
        done = offline_program(*command)
        asked = [one for one in server.requests if one.path.endswith("/login")]
    assert done.returncode == 0, done.stderr
    *_, summary = lines = records(done.stdout)
    named = ("generation", "api_version", "release", "project")
    assert tuple(summary[name] for name in named) == RELEASES[generation]
    assert len(asked) == 1
    checks = by_name(lines)
    assert "900 images" in checks["images"]["found"]
    assert "12 candidates" in checks["candidates"]["found"]
    assert ("own BIDS tree" in checks["bids"]["found"]) == (generation == "a")
    assert ("not" in checks["data releases"]["found"]) == (generation != "a")
    for name in ("proxy", "tls", "clock", "keyring", "terminal", "folder", "file system"):
        assert checks[name]["found"], name
    assert all(line["advice"] for line in checks.values() if line["state"] != "ok")
    assert not (tmp_path / "out").exists()


def test_a_clock_and_lengths_that_are_off(offline_program: Any, records: Records) -> None:
    with DemoServer(generation="b28", candidates=2, fpm=True) as server:
        server.clock_offset_s = 3 * 3600.0
        done = offline_program("doctor", "--server", server.url, "--json", **NOBODY)
    checks = by_name(records(done.stdout))
    assert done.returncode == 0
    assert checks["clock"]["state"] == "note"
    assert "3 h behind the server" in checks["clock"]["found"]
    assert "php-fpm" in checks["lengths"]["found"]


def test_over_tls(offline_program: Any, records: Records, tmp_path: Path) -> None:
    import ssl

    authority = trustme.CA(organization_name="A Lab")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with DemoServer(candidates=2, tls=context) as server:
        command = ("doctor", "--server", server.url, "--json")
        trusted = offline_program(*command, "--ca-file", str(tmp_path / "ca.pem"), **NOBODY)
        unknown = offline_program(*command, **NOBODY)
    assert trusted.returncode == 0, trusted.stderr
    assert "TLSv1.3, certificate of A Lab until" in by_name(records(trusted.stdout))["tls"]["found"]
    assert unknown.returncode == 5
    line = by_name(records(unknown.stdout))["tls"]
    assert (line["state"], "--ca-file" in line["advice"]) == ("problem", True)


def test_a_server_that_is_not_there_does_not_hide_the_machine(
    offline_program: Any, records: Records, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = offline_program("doctor", "--server", url, "--json", "-o", str(tmp_path))
    checks = by_name(records(done.stdout))
    assert done.returncode == 5
    assert checks["reachable"]["state"] == "problem"
    assert {"keyring", "terminal", "folder", "free space"} <= set(checks)
    assert "refuses connections" in done.stderr


def test_a_folder_that_is_a_file(program: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine\n")
    done = program.here("doctor", "-o", str(tmp_path / "file" / "out"))
    assert done.returncode == 6
    assert "is not a folder" in done.stderr


def test_a_folder_of_another_server(program: Any, server: DemoServer, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    assert program.here("get", "-m", "t1w", "-v", "PREEN00", "-o", out).returncode == 0
    state = tmp_path / "out/.preventad-tui/folder.json"
    held = json.loads(state.read_text()) | {"server": "https://other.example"}
    state.write_text(json.dumps(held))
    done = program.here("doctor", "-o", out)
    assert done.returncode == 6
    assert "other.example" in done.stderr
    assert "accepted" in done.stdout


def test_it_prints_no_secret(program: Any, tmp_path: Path) -> None:
    done = program.here("login", "--token-file", "token")
    token = (tmp_path / "token").read_text().strip()
    for more in ("--json", "--debug"):
        done = program.here(
            *("doctor", "--token-file", "token", more),
            PREVENTAD_PASSWORD=SECRET,
            HTTPS_PROXY=f"http://jane:{SECRET}@127.0.0.1:9",
        )
        assert done.returncode == 0, done.stderr
        assert "the token file" in done.stdout
        said = done.stdout + done.stderr
        assert SECRET not in said
        assert token not in said
        assert token.split(".")[1] not in said


def test_a_proxy_is_named_without_its_password(offline_program: Any) -> None:
    done = offline_program(
        *("doctor", "--server", "https://loris.example"),
        HTTPS_PROXY=f"http://jane:{SECRET}@127.0.0.1:9",
        **NOBODY,
    )
    assert done.returncode == 5
    assert "The proxy 127.0.0.1:9 cannot be reached" in done.stderr
    assert SECRET not in done.stdout + done.stderr
