"""P3, P4: asked to end, or left by its terminal, at random moments of a download.

Gone within 5 s with the signal's code, the terminal as it was, no partial left, everything that
was whole known to the next start, which goes on.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from preventad_tui.core.disk_view import META
from preventad_tui.demo.server import DemoServer

LIMIT_S = 5.0
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h")
ENDS: dict[str, tuple[signal.Signals | None, int]] = {
    "SIGTERM": (signal.SIGTERM, 143),
    "SIGHUP": (signal.SIGHUP, 129),
    "terminal closed": (None, 129),
}


class Moments:
    """Downloads of one user in one folder after the other, each ended from outside many times."""

    def __init__(
        self, server: DemoServer, downloads: ModuleType, start: Callable[..., Any], base: Path
    ) -> None:
        self.server, self.downloads, self.start, self.base = server, downloads, start, base
        self.folders = 0
        self.new_folder()
        self.slowest_s = 0.0
        self.offers = 0

    def new_folder(self) -> None:
        """Begin anew, with nothing to go on with."""
        self.folders += 1
        self.folder = self.base / f"out{self.folders}"
        self.complete: set[str] = set()
        self.server.forget_requests()
        (Path.home() / ".local/state/preventad-tui/session.json").unlink(missing_ok=True)

    def finished(self) -> None:
        """All that the server has is here, and nothing was asked for twice."""
        self.nothing_again()
        assert self.downloads.breaches(self.folder, finished=True, deep=True) == []
        for path in self.files():
            assert path.read_bytes() == self.server.body(str(path.relative_to(self.folder)))

    def nothing_again(self) -> None:
        asked = {one.path.rpartition("/")[2] for one in self.server.requests}
        assert asked & self.complete == set()

    def files(self) -> list[Path]:
        found = (path for path in self.folder.rglob("*") if META not in path.parts)
        return [path for path in found if path.is_file()]

    def end(self, terminal: Any, how: str, *, has_screen: bool) -> bool:
        """End it in one of the ways, and look at what it left; False where all had come before."""
        number, code = ENDS[how]
        begun = time.monotonic()
        if number is None:
            terminal.hang_up()
            ended = self.end_without_terminal(terminal.child.pid)
        else:
            terminal.child.kill(number)
            ended = terminal.end()
            if has_screen:
                assert all(sign in terminal.written[-200:] for sign in RESTORED)
        took_s = time.monotonic() - begun
        if ended in (0, -(number or signal.SIGHUP)) and not has_screen:
            self.finished()  # it came after the last word, in the interpreter's own end at most
            return False
        assert ended == code, how
        assert took_s < LIMIT_S
        self.slowest_s = max(self.slowest_s, took_s)
        self.nothing_again()
        assert list((self.folder / META / "partial").iterdir()) == []
        assert self.downloads.breaches(self.folder, finished=False, deep=False) == []
        self.complete = {path.name for path in self.files()}
        self.server.forget_requests()
        return True

    @staticmethod
    def end_without_terminal(pid: int) -> int:
        """The exit status of a child that nothing can be read from any more."""
        limit = time.monotonic() + 2 * LIMIT_S
        while True:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < limit, "it goes on without a terminal"
            time.sleep(0.005)

    def interface(self, how: str, wait_s: float) -> bool:
        """One start of the interface; False where the download came to its end before."""
        name = self.server.username
        terminal = self.start(
            *("--server", self.server.url, "--username", name, "--limit-rate", "1500k"),
            *(() if self.complete else ("-o", str(self.folder))),
        )
        terminal.wait_text("answers")
        terminal.press(f"{self.server.password}\r")
        if self.complete:
            terminal.wait_text("Go on where you left?")
            goes_on, nothing_left = "it goes on at once", "to fetch    nothing"
            terminal.wait_for(lambda: goes_on in terminal.text or nothing_left in terminal.text)
            if nothing_left in terminal.text:  # the last file came in the moment of the last end
                terminal.child.kill(signal.SIGTERM)
                assert terminal.end() == 143
                self.finished()
                return False
            self.offers += 1
        else:
            terminal.wait_text("press / to filter")
            terminal.wait_text("sub-")
            terminal.press(" ")
            terminal.wait_text("[x]")
            terminal.press("d")
            terminal.wait_text("at once")
        terminal.press("\r")
        # "finished" at once: what the offer counted is of the moment before the last file came
        terminal.wait_for(lambda: "p Pause" in terminal.text or "finished" in terminal.text)
        end = time.monotonic() + wait_s
        while time.monotonic() < end or not self.files():
            terminal.read(0.01)
            if "finished" in terminal.text:
                terminal.press("q")
                assert terminal.end() == 0
                self.finished()
                return False
        return self.end(terminal, how, has_screen=True)

    def get(self, how: str, wait_s: float) -> bool:
        """One `get`; False where it came to its end before."""
        terminal = self.start(
            *("get", "--server", self.server.url, "-o", str(self.folder), "--all"),
            *("--limit-rate", "1M"),
            PREVENTAD_USERNAME=self.server.username,
            PREVENTAD_PASSWORD=self.server.password,
        )
        terminal.wait_text("Selected")
        end = time.monotonic() + wait_s
        while time.monotonic() < end or not self.files():
            terminal.read(0.01)
            if not terminal.child.isalive():
                assert terminal.end() == 0
                self.finished()
                return False
        return self.end(terminal, how, has_screen=False)


@pytest.fixture
def moments(
    server: DemoServer,
    downloads: ModuleType,
    load_fake: Callable[[str], ModuleType],
    tmp_path: Path,
    isolated: Path,
) -> Iterator[Moments]:
    with load_fake("terminal").terminals() as start:
        yield Moments(server, downloads, start, tmp_path)


@pytest.mark.parametrize("what", ["get", "interface"])
@pytest.mark.parametrize(
    "count", [2, pytest.param(50, marks=[pytest.mark.long, pytest.mark.timeout(1500)])]
)
def test_p3_p4_ended_at_random_moments(
    moments: Moments, seed: int, figures: Callable[[str], None], what: str, count: int
) -> None:
    """P3, P4: SIGTERM, SIGHUP and the closing of the terminal in turn."""
    rng = random.Random(seed)
    ways, done, go = list(ENDS), 0, getattr(moments, what)
    while done < count:
        if go(ways[(2 * done) % 3], rng.uniform(0.0, 1.5)):
            done += 1
        else:
            moments.new_folder()
            assert moments.folders <= 2 * count + 3, "ends from outside are not heeded"
    figures(
        f"{done} moments of {moments.folders} downloads, slowest end {moments.slowest_s:.1f} s, "
        f"{moments.offers} offers to go on; 0 partials, 0 whole files asked for again"
    )


KEEPS_HANGUP = """
import signal, subprocess, sys
signal.signal(signal.SIGHUP, lambda *_: None)
sys.exit(subprocess.call([sys.executable, "-m", "preventad_tui", *sys.argv[1:]]))
"""


@pytest.fixture
def unsignalled(moments: Moments) -> Any:
    """A browser whose hang-up signal is kept from it by the process above."""
    terminal = moments.start(
        *("-c", KEEPS_HANGUP, "--server", moments.server.url, "-o", str(moments.folder)),
        *("--username", moments.server.username, "--limit-rate", "200k"),
        module=False,
    )
    terminal.log_in(moments.server.password)
    terminal.wait_text("sub-")
    return terminal


def test_p4_a_terminal_that_closes_without_a_signal_while_nothing_moves(
    moments: Moments, unsignalled: Any
) -> None:
    """P4: an idle browser draws nothing that could fail; it ends all the same."""
    terminal = unsignalled
    terminal.wait_text("free")
    terminal.hang_up()
    assert moments.end_without_terminal(terminal.child.pid) == 129


def test_p4_a_terminal_that_closes_without_a_signal(moments: Moments, unsignalled: Any) -> None:
    """P4: the process above keeps the hang-up to itself: the download's end is the same."""
    terminal = unsignalled
    terminal.press(" ")
    terminal.wait_text("[x]")
    terminal.start_download()
    assert moments.end(terminal, "terminal closed", has_screen=True)
