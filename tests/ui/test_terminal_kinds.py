"""The interface in terminals of every kind: sizes, colours, signs, tmux, screen, changed keys."""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.paths import config_dir
from preventad_tui.demo.server import DemoServer

Start = Callable[..., Any]
COLOUR_256, COLOUR_TRUE = re.compile(rb"\x1b\[[0-9;]*[34]8;5;"), re.compile(rb"[34]8;2;")
COLOUR_16 = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|4[0-7]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(candidates=3, body_scale=0.2) as running:
        yield running


def options(server: DemoServer, *more: str) -> tuple[str, ...]:
    return ("--server", server.url, "--username", server.username, *more)


def enter(terminal: Any, server: DemoServer) -> None:
    """From the start to the browser."""
    terminal.log_in(server.password)
    terminal.wait_text("press / to filte")
    terminal.wait_for(lambda: re.search(r"to fetch +0 files", terminal.text))


def press_until(terminal: Any, key: str, text: str) -> None:
    """Press a key until a text is there: after a storm an escape may have taken one along."""

    def is_there() -> bool:
        terminal.press(key)
        terminal.read(0.5)
        return text in terminal.text

    terminal.wait_for(is_there)


KINDS = {
    "60x16": ((60, 16), {"TERM": "xterm-256color", "COLUMNS": "132", "LINES": "50"}),
    "300x90": ((300, 90), {"TERM": "tmux-256color", "COLORTERM": "truecolor"}),
    "16-colours": ((80, 24), {"TERM": "xterm"}),
    "screen": ((80, 24), {"TERM": "screen"}),
    "no-colours": ((80, 24), {"TERM": "xterm-256color", "NO_COLOR": "1"}),
    "console": ((80, 25), {"TERM": "linux"}),
    "vt100": ((80, 24), {"TERM": "vt100"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_terminal_shows_every_screen(
    start: Start, server: DemoServer, tmp_path: Path, kind: str
) -> None:
    size, env = KINDS[kind]
    terminal = start(*options(server, "-o", str(tmp_path / "out")), size=size, **env)
    enter(terminal, server)
    terminal.press(" ")
    terminal.wait_text("[x]")
    terminal.press("?")
    terminal.wait_text("Help: ")
    terminal.press("\x1b")
    terminal.wait_text("press / to filte")
    terminal.press("d")
    terminal.wait_text("Folder")
    terminal.wait_text("to fetch")
    terminal.press("\r")
    terminal.wait_text("Transfers")
    terminal.wait_text("finished")
    terminal.press("q")
    assert terminal.end() == 0
    if env["TERM"] in ("linux", "vt100"):
        assert terminal.written.isascii()
    if "256color" not in env["TERM"] or "NO_COLOR" in env:
        assert not COLOUR_256.search(terminal.written)
        assert not COLOUR_TRUE.search(terminal.written)
    if "NO_COLOR" in env:
        assert not COLOUR_16.search(terminal.written)


def test_a_storm_of_resizes_on_every_screen(
    start: Start, server: DemoServer, tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    terminal = start(*options(server, "-o", str(tmp_path / "out"), "--limit-rate", "200k"))
    enter(terminal, server)
    terminal.press(" ")
    terminal.press("d")
    terminal.wait_text("Folder")
    terminal.press("\r")
    terminal.wait_text("Transfers")
    for keys in ("", "1", "/", "\x1b\x1b", "f", "\x1b", "?", "\x1b", "c", "\x1b", ":", "\x1b"):
        terminal.press(keys)
        for _ in range(4):
            terminal.resize(dice.randint(20, 300), dice.randint(4, 90))
            terminal.read(0.02)
    terminal.resize(50, 12)
    terminal.wait_text("needs 60x16, now 50x12")
    terminal.wait_text("--plain")
    terminal.resize(80, 24)
    terminal.wait_text("press / to filter")
    press_until(terminal, "2", "Transfers")
    terminal.wait_for(lambda: "needs 60x16" not in terminal.text)
    terminal.press("\x0c")  # draw again: what stands must be what a fresh screen shows
    terminal.press("1")
    terminal.wait_text("candidate  visit")
    terminal.press("q")
    terminal.wait_text("Quit?")
    terminal.press("y")
    assert terminal.end() == 7


def test_the_mouse_is_on_only_where_it_was_asked_for(start: Start, server: DemoServer) -> None:
    terminal = start(*options(server, "--mouse"))
    terminal.wait_text("answers")
    terminal.press("\x11")
    assert terminal.end() == 0
    assert b"\x1b[?1000h" in terminal.written
    assert b"\x1b[?1000l" in terminal.written


def test_changed_keys_are_what_hints_and_help_say(start: Start, server: DemoServer) -> None:
    folder = config_dir()
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(
        '[keys]\n"browser.plan" = "P,f5"\n"browser.facets" = ""\n"browser.nothing" = "b"\n'
    )
    terminal = start(*options(server), size=(120, 40))
    enter(terminal, server)
    assert b"no action is called browser.nothing" in terminal.written
    assert "P Plan" in terminal.text
    assert "d Plan" not in terminal.text
    assert "f Facets" not in terminal.text
    terminal.press("?")
    terminal.wait_text("review and start the download")
    line = next(line for line in terminal.screen.display if "review and start" in line)
    assert line.split()[:2] == ["P", "f5"]
    terminal.press("\x1b")
    terminal.wait_text("candidate  visit")
    terminal.press(" ")
    terminal.wait_text("[x]")
    terminal.press("d")
    time.sleep(0.3)
    terminal.read()
    assert "candidate  visit" in terminal.text
    terminal.press("P")
    terminal.wait_text("Folder")
    terminal.press("\x11")
    assert terminal.end() == 0


class Multiplexer:
    """The program in a real tmux or screen of the test's own."""

    def __init__(self, name: str, folder: Path, command: str) -> None:
        self.name = name
        self._folder = folder
        self._socket = f"preventad-test-{os.getpid()}"
        self._sockets = tempfile.mkdtemp(prefix="s-")  # a socket's path has 107 bytes at most
        if name == "tmux":
            self._run("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", command)
        else:
            self._run("-dmS", self._socket, "-T", "screen-256color", "sh", "-c", command)

    def _run(self, *arguments: str) -> str:
        first = ["tmux", "-L", self._socket] if self.name == "tmux" else ["screen"]
        done = subprocess.run(
            [*first, *arguments], capture_output=True, text=True, check=False,
            env={**os.environ, "SCREENDIR": self._sockets, "LANG": "C.UTF-8"},
        )  # fmt: skip
        return done.stdout

    @property
    def text(self) -> str:
        if self.name == "tmux":
            return self._run("capture-pane", "-p")
        shown = self._folder / "hardcopy"
        self._run("-S", self._socket, "-X", "hardcopy", str(shown))
        return shown.read_text(errors="replace") if shown.exists() else ""

    def press(self, keys: str) -> None:
        if self.name == "tmux":
            self._run("send-keys", "-l", keys)
        else:
            self._run("-S", self._socket, "-X", "stuff", keys)

    def wait_text(self, text: str) -> None:
        end = time.monotonic() + 40
        while text not in self.text:
            assert time.monotonic() < end, f"{self.name} stays:\n{self.text}"
            time.sleep(0.1)

    def close(self) -> None:
        if self.name == "tmux":
            self._run("kill-server")
        else:
            self._run("-S", self._socket, "-X", "quit")
        shutil.rmtree(self._sockets, ignore_errors=True)


@pytest.mark.parametrize("name", ["tmux", "screen"])
def test_inside_a_multiplexer(
    name: str, server: DemoServer, tmp_path: Path, isolated: Path
) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    words = " ".join((sys.executable, "-m", "preventad_tui", *options(server)))
    inside = Multiplexer(
        name, tmp_path, f"{words} -o {tmp_path / 'out'}; echo left with $?; read x"
    )
    try:
        inside.wait_text("answers")
        inside.press(f"{server.password}\r")
        inside.wait_text("to fetch  0 files")
        inside.press(" ")
        inside.wait_text("[x]")
        inside.press("d")
        inside.wait_text("Folder")
        assert "Not inside tmux or screen" not in inside.text
        inside.press("\r")
        inside.wait_text("finished")
        inside.press("q")
        inside.wait_text("left with 0")
    finally:
        inside.close()
