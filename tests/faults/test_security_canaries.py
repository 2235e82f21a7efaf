"""S1 to S8b, S12, S13, S15, the canary rule: after a full session no secret is anywhere.

Searched: every file under home, output, working and temporary folders, all that was written to
terminals and streams, arguments and environments of the program and of its children, sampled.
"""

import ast
import base64
import binascii
import copy
import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

import pytest

from preventad_tui.core.secret import Secret
from preventad_tui.demo.accounts import Account
from preventad_tui.demo.effects import ExpireTokens, Status, WithHeader
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer

PASSWORD = 'cänary-Pass/7&"word'
USER = "canary.user7@example"
COOKIE = "canarycookie77c0ffee"
PROXY_PASSWORD = "canaryproxy55secret"
GIVEN = (
    "PREVENTAD_PASSWORD",
    "PREVENTAD_TOKEN",
    "PREVENTAD_USERNAME",
    "HTTPS_PROXY",
    "https_proxy",
)
LIMITS = json.dumps({"give_up_at_start_s": 0, "backoff_first_s": 0.01, "probe_first_s": 0.05})


def forms(secret: str) -> dict[str, bytes]:
    """How a secret may be written."""
    plain = secret.encode()
    bare = base64.b64encode(plain).rstrip(b"=")
    return {
        "plain": plain,
        "latin-1": secret.encode("latin-1", "replace"),
        "base64": bare[: len(bare) - 2],
        "base64 shifted": base64.b64encode(b"x:" + plain)[4:-6],
        "url": quote(secret, safe="").encode(),
        "hex": binascii.hexlify(plain),
        "json": json.dumps(secret)[1:-1].encode(),
        "repr": repr(secret)[1:-1].encode(),
    }


@dataclass
class Watcher:
    """Samples arguments and environments of all processes below this one, twenty times a second."""

    arguments: set[bytes] = field(default_factory=set)
    environments: set[bytes] = field(default_factory=set)
    samples: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Watcher":
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            self.samples += 1
            for pid in self._below(os.getpid()):
                self.arguments.add(self._read(pid, "cmdline"))
                environment = self._read(pid, "environ").split(b"\0")
                self.environments.update(
                    one for one in environment if not one.startswith(tuple(map(_given, GIVEN)))
                )

    def _below(self, parent: int) -> list[int]:
        found = []
        for line in self._read(parent, f"task/{parent}/children").split():
            found += [int(line), *self._below(int(line))]
        return found

    @staticmethod
    def _read(pid: int, name: str) -> bytes:
        try:
            return Path(f"/proc/{pid}/{name}").read_bytes()
        except OSError:
            return b""


def _given(name: str) -> bytes:
    return f"{name}=".encode()


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(candidates=2, accounts=(Account(USER, PASSWORD),)) as server:
        server.faults.add(
            Fault(WithHeader("Set-Cookie", f"PHPSESSID={COOKIE}; path=/"), path="*"),
            Fault(ExpireTokens(), path="/candidates/*", nth=12),
            Fault(Status(404), path="*_T1w.json", times=1),
            Fault(Status(500), path="/candidates/*", times=3),
        )
        yield server


class Session:
    """Commands and screens of one user, with all that they wrote."""

    def __init__(self, server: DemoServer, folder: Path) -> None:
        self.server, self.folder, self.written = server, folder, [b""]

    def env(self, **more: str) -> dict[str, str]:
        proxy = f"http://{quote(USER)}:{PROXY_PASSWORD}@127.0.0.1:9"
        own = {
            "PREVENTAD_TUI_LIMITS": LIMITS,
            "HTTPS_PROXY": proxy,
            "TMPDIR": str(self.folder / "tmp"),
        }
        disarmed = {  # S3: all of these would write or send what is typed or received
            "TEXTUAL_LOG": str(self.folder / "textual.log"),
            "TEXTUAL": "debug,devtools",
            "TEXTUAL_DEBUG": "1",
            "TEXTUAL_SCREENSHOT": "1",
            "TEXTUAL_SCREENSHOT_LOCATION": str(self.folder),
            "SSLKEYLOGFILE": str(self.folder / "keys.log"),
            "PYTHONASYNCIODEBUG": "1",
        }
        return {**os.environ, **own, **disarmed, **more}

    def run(self, *arguments: str, typed: str = "", **env: str) -> int:
        """A command; what it writes is kept, but not what the server's own user name is for."""
        done = subprocess.run(
            [sys.executable, "-m", "preventad_tui", *arguments],
            env=self.env(**env), cwd=self.folder, input=typed.encode(), capture_output=True,
            timeout=60, check=False,
        )  # fmt: skip
        self.written += [done.stdout, done.stderr]
        return done.returncode


def everything(*folders: Path) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            yield f"the name {path}", os.fsencode(path.name)
            if path.is_symlink():
                yield str(path), os.fsencode(path.readlink())
            elif path.is_file():
                yield str(path), path.read_bytes()


def type_login(terminal: Any) -> None:
    """Type user and password as a person does, who looks where the cursor is."""
    terminal.press(USER)
    terminal.wait_text(USER)
    terminal.read(0.3)
    terminal.press("\t")
    terminal.read(0.3)
    terminal.press(PASSWORD)
    terminal.wait_text("•" * len(PASSWORD))


@pytest.mark.usefixtures("kept_promises")
def test_s7_the_canary_sweep(
    server: DemoServer,
    load_fake: Callable[[str], ModuleType],
    tmp_path: Path,
    isolated: Path,
    figures: Callable[[str], None],
) -> None:
    """Canary rule; S2 to S5, S7, S8, S13, S15: a full session, headless and on screen: 0 hits."""
    (tmp_path / "tmp").mkdir()
    session, url = Session(server, tmp_path), server.url
    known = {"PREVENTAD_USERNAME": USER, "PREVENTAD_PASSWORD": PASSWORD}
    with Watcher() as watcher:
        assert (
            session.run("get", "--server", url, "-o", "out", "-m", "t1w", "--debug", **known) == 3
        )
        assert session.run("get", "--server", url, "-o", "out", "-m", "t1w", "--json", **known) == 0
        wrong = {**known, "PREVENTAD_PASSWORD": PASSWORD + "x"}
        assert session.run("list", "visits", "--server", url, "--debug", **wrong) == 4
        assert session.run("verify", "-o", "out", "--report", "r.tsv", "--deep") == 0
        assert session.run("login", "--server", url, "--debug", **known) == 6  # no keyring here
        typed = session.run(
            *("list", "visits", "--server", url, "--username", "x", "--password-stdin"),
            typed=PASSWORD,
        )
        assert typed == 4
        far = session.run("list", "visits", "--server", "https://loris.invalid", "--debug", **known)
        assert far == 5  # through the proxy, which is named
        tokens = [session.server._tokens.issue(USER)]
        token = {"PREVENTAD_TOKEN": tokens[0]}
        assert session.run("plan", "--server", url, "-m", "t1w", "-o", "out", **token) == 0
        with load_fake("terminal").terminals() as start:
            terminal = start("--server", url, "--debug", "-o", "out", **session.env())
            terminal.wait_text("answers")
            type_login(terminal)
            terminal.press("\x1b[1;2H\x03\x18")  # select, copy, cut: nothing
            terminal.press("\r")
            terminal.wait_text("candidate  visit")
            for key in ("a", "d"):
                terminal.press(key)
                for _ in range(8):
                    terminal.read(0.05)
            terminal.press("\r2")
            terminal.wait_for(lambda: len(server.requests) > 60)
            terminal.press("\x11y")
            terminal.end()
            session.written.append(terminal.written)
            crash = start("--server", url, "--debug", **session.env())
            crash.wait_text("answers")
            type_login(crash)
            crash.child.kill(signal.SIGTERM)
            crash.end()
            session.written.append(crash.written)
    issued = sorted({*server._tokens._ends, *tokens})
    secrets = {
        "password": PASSWORD,
        "cookie": COOKIE,
        "proxy password": PROXY_PASSWORD,
        **{f"token {number}": token for number, token in enumerate(sorted(issued))},
        **{
            f"signature {number}": token.rpartition(".")[2]
            for number, token in enumerate(sorted(issued))
        },
    }
    hits, searched = [], 0
    sources = [
        *everything(isolated, tmp_path),
        *(("output", data) for data in session.written),
        *(("arguments", data) for data in watcher.arguments),
        *(("environment", data) for data in watcher.environments),
    ]
    for where, data in sources:
        searched += len(data)
        for name, secret in secrets.items():
            hits += [
                (name, form, where) for form, bytes_ in forms(secret).items() if bytes_ in data
            ]
        # Whom the user types is shown to the user; in files and arguments it has no place.
        if where not in ("output", "environment"):
            hits += [("user", form, where) for form, name in forms(USER).items() if name in data]
    assert watcher.samples > 20
    assert len(issued) >= 3
    assert hits == []
    left = [path for path in tmp_path.rglob("*") if path.name in ("textual.log", "keys.log")]
    assert left == []
    assert list((tmp_path / "tmp").iterdir()) == []  # S25
    figures(
        f"{len(secrets)} secrets in 8 forms, {len(sources)} places, {searched:,} bytes, "
        f"{watcher.samples} samples of processes: {len(hits)} hits"
    )


CRASHES = """
import asyncio, sys, threading
from preventad_tui import cli
from preventad_tui.core import loris
from preventad_tui.core.engine.actions import Actions

where, secret = sys.argv[1], "".join(chr(ord(sign) - 1) for sign in sys.argv[2])
del sys.argv[1:3]

async def broken(self, *arguments, **words):
    local, url = secret, f"http://someone:{secret}@host/"
    raise RuntimeError(f"Authorization: Bearer {local} {url} password={local}")

if where == "login":
    loris.Loris.login = broken
if where == "listing":
    loris.Loris.read_catalogue = broken
if where == "worker":
    Actions.perform = broken
if where == "thread":
    login = loris.Loris.login
    def run(): raise RuntimeError(f"Bearer {secret}")
    async def login_beside(self, *arguments):
        threading.Thread(target=run).start()
        return await login(self, *arguments)
    loris.Loris.login = login_beside
sys.exit(cli.main())
"""


@pytest.mark.parametrize("where", ["login", "listing", "worker", "thread"])
def test_s2_p7_a_crash_anywhere_gives_nothing_away(
    server: DemoServer, tmp_path: Path, isolated: Path, where: str
) -> None:
    """S2, P7: secrets in locals, arguments and exception texts: not in streams, not in the log."""
    server.faults.clear()
    secret = "canarycrash99secret"
    shifted = "".join(chr(ord(sign) + 1) for sign in secret)
    done = subprocess.run(
        [
            *(sys.executable, "-c", CRASHES, where, shifted, "get", "--server", server.url),
            *("-o", "out", "-m", "t1w", "--debug"),
        ],
        env={**os.environ, "PREVENTAD_USERNAME": USER, "PREVENTAD_PASSWORD": PASSWORD},
        cwd=tmp_path, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == {"worker": 3, "thread": 0}.get(where, 1), done.stderr
    for name, data in (("out", done.stdout), ("err", done.stderr), *everything(isolated, tmp_path)):
        for canary in (secret, PASSWORD):
            assert not [form for form, bytes_ in forms(canary).items() if bytes_ in data], name


def test_s1_secrets_are_revealed_where_they_leave_only() -> None:
    """S1, S14, S26: no other module reveals; no unchecked TLS, no pickle, no eval anywhere."""
    package = Path(__file__).parents[2] / "preventad_tui"
    reveals, forbidden = set(), []
    for path in package.rglob("*.py"):
        if "demo" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Attribute(attr="reveal"):
                    reveals.add(path.relative_to(package).as_posix())
                case ast.keyword(arg="verify", value=ast.Constant(value=False | None)):
                    forbidden.append(f"{path}: TLS unchecked")
                case ast.Import(names=names):
                    data = [one.name for one in names if one.name in ("pickle", "yaml", "marshal")]
                    forbidden += [f"{path}: {name}" for name in data]
                case ast.Call(func=ast.Name(id="eval" | "exec" | "__import__" as name)):
                    forbidden.append(f"{path}: {name}")
    assert forbidden == []
    leaving = {"http", "login", "keyrings", "credentials", "token"}
    assert reveals <= {f"core/{name}.py" for name in leaving}


def test_the_sweep_finds_what_is_there(tmp_path: Path) -> None:
    """The canary rule itself: each form of a secret is found in a file, an argument, a name."""
    for number, form in enumerate(forms(PASSWORD).values()):
        (tmp_path / str(number)).write_bytes(b"before " + form + b" after")
    (tmp_path / COOKIE).touch()
    found = dict(everything(tmp_path))
    for number, form in enumerate(forms(PASSWORD).values()):
        assert form in found[str(tmp_path / str(number))]
    assert COOKIE.encode() in found[f"the name {tmp_path / COOKIE}"]
    assert forms(USER)["base64 shifted"] in base64.b64encode(f"y:{USER}".encode())
    child = [sys.executable, "-c", "import time; time.sleep(0.3)", COOKIE]
    with Watcher() as watcher:
        subprocess.run(child, env={"OTHER": PROXY_PASSWORD, GIVEN[0]: PASSWORD}, check=True)
    assert any(COOKIE.encode() in one for one in watcher.arguments)
    assert any(PROXY_PASSWORD.encode() in one for one in watcher.environments)
    assert not any(PASSWORD.encode() in one for one in watcher.environments)


def test_s1_a_secret_cannot_be_printed(caplog: pytest.LogCaptureFixture) -> None:
    """S1, S8: no way of writing a value shows a Secret."""
    secret: Any = Secret("canary1secret")
    ways = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", f"{secret} {secret!r}"]
    ways += [repr([secret]), repr({"x": secret}), repr(copy.copy(secret))]
    for attempt in (
        lambda: pickle.dumps(secret),
        lambda: json.dumps(secret),
        lambda: bytes(secret),
    ):
        try:
            ways.append(str(attempt()))
        except Exception as error:
            ways.append(str(error))
    logging.getLogger("x").error("%s %r", secret, secret)
    assert "canary1secret" not in "".join(ways) + caplog.text
