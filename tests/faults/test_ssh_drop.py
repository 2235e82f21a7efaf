"""P4: the program at the other end of a real ssh connection that is lost in mid-download."""

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from preventad_tui.core.disk_view import META
from preventad_tui.demo.server import DemoServer

LIMIT_S = 5.0
HANGUP = 129


class Sessions:
    """One user's downloads into one folder, each in a session that is lost."""

    def __init__(
        self, server: DemoServer, downloads: ModuleType, start: Callable[..., Any], sshd: Any
    ) -> None:
        self.server, self.downloads, self.start, self.sshd = server, downloads, start, sshd
        self.folder = sshd.folder.parent / "out"
        self.complete: set[str] = set()
        self.offers = 0
        self.slowest_s = 0.0

    def open(self, *arguments: str, **env: str) -> Any:
        """The program in a terminal of the other side; `env` goes with it."""
        theirs = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **env}
        command = [sys.executable, "-m", "preventad_tui", *arguments]
        return self.start(*self.sshd.arguments(command, theirs), module=False)

    def get(self) -> Any:
        terminal = self.open(
            *("get", "--server", self.server.url, "-o", str(self.folder), "--all"),
            *("--limit-rate", "200k"),
            PREVENTAD_USERNAME=self.server.username,
            PREVENTAD_PASSWORD=self.server.password,
        )
        terminal.wait_text("Selected")
        return terminal

    def interface(self) -> Any:
        terminal = self.open(
            *("--server", self.server.url, "--username", self.server.username),
            *("--limit-rate", "200k", *(() if self.complete else ("-o", str(self.folder)))),
        )
        terminal.log_in(self.server.password)
        if self.complete:
            terminal.wait_text("Go on where you left?")
            terminal.wait_text("it goes on at once")
            self.offers += 1
            terminal.press("\r")
            terminal.wait_text("p Pause")
        else:
            terminal.wait_text("sub-")
            terminal.press(" ")
            terminal.wait_text("[x]")
            terminal.start_download()
        return terminal

    def lose(self, terminal: Any, wait_s: float, *, here: bool) -> None:
        """Lose the connection after a while, here or there, and look at what is left."""
        end = time.monotonic() + wait_s
        while time.monotonic() < end or len(self.files()) <= len(self.complete):
            terminal.read(0.01)
        begun = time.monotonic()
        if here:
            terminal.child.kill(signal.SIGKILL)
        else:
            self.sshd.drop()
        assert self.sshd.status(LIMIT_S) == HANGUP
        self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
        terminal.end()
        asked = {one.path.rpartition("/")[2] for one in self.server.requests}
        assert asked & self.complete == set()
        assert list((self.folder / META / "partial").iterdir()) == []
        assert self.downloads.breaches(self.folder, finished=False, deep=False) == []
        self.complete = {path.name for path in self.files()}
        self.server.forget_requests()

    def files(self) -> list[Path]:
        found = (path for path in self.folder.rglob("*") if META not in path.parts)
        return [path for path in found if path.is_file()]


@pytest.fixture
def sessions(
    server: DemoServer,
    downloads: ModuleType,
    load_fake: Callable[[str], ModuleType],
    tmp_path: Path,
    isolated: Path,
) -> Iterator[Sessions]:
    with (
        load_fake("ssh").running(tmp_path / "ssh") as sshd,
        load_fake("terminal").terminals() as start,
    ):
        yield Sessions(server, downloads, start, sshd)


@pytest.mark.parametrize("what", ["get", "interface"])
@pytest.mark.parametrize(
    "count", [2, pytest.param(10, marks=[pytest.mark.long, pytest.mark.timeout(600)])]
)
def test_p4_a_connection_that_is_lost(
    sessions: Sessions, seed: int, figures: Callable[[str], None], what: str, count: int
) -> None:
    """P4: lost at this side and at the other in turn: 129 each time, and the next start goes on."""
    rng = random.Random(seed)
    for number in range(count):
        terminal = getattr(sessions, what)()
        sessions.lose(terminal, rng.uniform(0.0, 1.0), here=number % 2 == 0)
    figures(
        f"{count} connections lost, slowest end {sessions.slowest_s:.1f} s, {sessions.offers} "
        f"offers to go on; {len(sessions.complete)} files, 0 partials, 0 asked for again"
    )
