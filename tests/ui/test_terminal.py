"""The program in a real pseudo-terminal: what reaches the terminal, and how it is left."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.demo.accounts import ACCOUNTS
from preventad_tui.demo.server import DemoServer

ALTERNATE_SCREEN, NORMAL_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"


Start = Callable[..., Any]


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


def _at_login(start: Start, server: DemoServer, **env: str) -> Any:
    terminal = start("--server", server.url, "--username", ACCOUNTS[0].name, **env)
    terminal.wait_text("answers")
    return terminal


def test_log_in_look_and_leave(start: Start, server: DemoServer) -> None:
    terminal = _at_login(start, server)
    terminal.press("canary-Wrong\r")
    terminal.wait_text("1 of 10 tries")
    terminal.press("\x1b[1;2H\x03\x18")  # shift+home, ctrl+c, ctrl+x on an empty field: nothing
    terminal.press(f"{server.password}\r")
    terminal.wait_text("candidate  visit")
    terminal.press("q")
    assert terminal.end() == 0
    assert b"canary-Wrong" not in terminal.written
    for mouse_mode in (b"?1000h", b"?1003h", b"?1006h", b"?1015h"):
        assert mouse_mode not in terminal.written
    assert b"\x1b]52" not in terminal.written
    assert terminal.written.rindex(NORMAL_SCREEN) > terminal.written.rindex(ALTERNATE_SCREEN)


def test_copying_in_the_password_field_sends_nothing(start: Start, server: DemoServer) -> None:
    """S4."""
    terminal = _at_login(start, server)
    terminal.press("canary-Hunter2")
    terminal.wait_text("•" * len("canary-Hunter2"))
    terminal.press("\x1b[1;2H\x03\x18")
    time.sleep(0.3)
    terminal.read()
    assert "•" * len("canary-Hunter2") in terminal.text
    terminal.press("\x1a")  # ctrl+z; this child leads its session, so no shell would wake it
    terminal.wait_text("There is no shell to go back to")
    terminal.press("\x11")  # ctrl+q
    assert terminal.end() == 0
    assert b"\x1b]52" not in terminal.written
    assert b"canary" not in terminal.written


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_signals_leave_the_terminal_as_it_was(
    start: Start, server: DemoServer, number: signal.Signals, code: int
) -> None:
    terminal = _at_login(start, server)
    begun = time.monotonic()
    terminal.child.kill(number)
    assert terminal.end() == code
    assert time.monotonic() - begun < 5
    assert terminal.written.rindex(NORMAL_SCREEN) > terminal.written.rindex(ALTERNATE_SCREEN)


def test_a_closed_terminal_ends_the_program(start: Start, server: DemoServer) -> None:
    terminal = _at_login(start, server)
    terminal.hang_up()
    end = time.monotonic() + 5
    while True:
        done, status = os.waitpid(terminal.child.pid, os.WNOHANG)
        if done:
            break
        assert time.monotonic() < end, "it outlives its terminal"
        time.sleep(0.02)
    assert os.waitstatus_to_exitcode(status) == 129


def test_a_log_that_cannot_be_written_is_said_above_the_screen(
    start: Start, server: DemoServer, tmp_path: Path
) -> None:
    terminal = start(
        *("--server", server.url, "--username", ACCOUNTS[0].name, "--log-file", str(tmp_path))
    )
    terminal.wait_text("The log cannot be written (Is a directory)")
    terminal.log_in(server.password)
    both = ("The log cannot be written", "candidate  visit")
    terminal.wait_for(lambda: all(words in terminal.text for words in both))
    terminal.press("q")
    assert terminal.end() == 0


def test_what_is_typed_ahead_is_not_lost(start: Start, server: DemoServer, tmp_path: Path) -> None:
    folder = tmp_path / "typed ahead"
    terminal = start("--server", server.url, "--username", ACCOUNTS[0].name)
    terminal.log_in(server.password)
    terminal.wait_text("835 images")
    # The filter, its first candidate ticked, the plan, its question for a folder, the start.
    terminal.press(f"/flair\r d\x15{folder}\r\r")
    terminal.wait_text("finished")
    assert list(folder.glob("sub-*/ses-*/anat/*_FLAIR.nii.gz"))
    assert not list(folder.rglob("*_bold.nii.gz"))
    terminal.press("q")
    assert terminal.end() == 0


def test_no_color_sends_no_colour(start: Start, server: DemoServer) -> None:
    terminal = _at_login(start, server, NO_COLOR="1")
    terminal.press("\x11")
    assert terminal.end() == 0
    for code in (b"38;5;", b"48;5;", b"38;2;", b"48;2;", b"\x1b[31m", b"\x1b[34m"):
        assert code not in terminal.written


def test_a_poor_terminal_gets_ascii(start: Start, server: DemoServer) -> None:
    terminal = _at_login(start, server, LANG="C", LC_ALL="C", TERM="linux")
    terminal.press(server.password)
    terminal.wait_text("****")
    terminal.press("\r")
    terminal.wait_text("candidate  visit")
    terminal.wait_text("835 images")
    terminal.press("=")  # opens the branch, so that the list scrolls
    terminal.wait_text("FLAIR")
    assert not any(row.endswith("?") for row in terminal.screen.display[4:19])  # the scroll bar
    terminal.press("q")
    assert terminal.end() == 0
    assert terminal.written.isascii()


def test_ctrl_l_draws_over_what_others_wrote(start: Start, server: DemoServer) -> None:
    terminal = _at_login(start, server)
    terminal.press(f"{server.password}\r")
    terminal.wait_text("835 images")
    terminal._stream.feed(b"\x1b[5;10HGARBAGE\x1b[12;1HMORE")
    assert "GARBAGE" in terminal.text
    terminal.press("\x0c")
    terminal.wait_for(lambda: "GARBAGE" not in terminal.text and "MORE" not in terminal.text)
    assert "sub-1447289" in terminal.text
    terminal.press("q")
    assert terminal.end() == 0


CRASH = """
import sys
from preventad_tui.core.config import load_settings
from preventad_tui.core.logfile import open_log
from preventad_tui.core.secret import Secret
from preventad_tui.ui.app import PreventADApp
from preventad_tui.ui.run import run_interface

async def in_worker(self, token):
    raise RuntimeError("canary-text in [/] the message")

def broken(self):
    password, held = "canary-local", Secret("canary-held")
    if sys.argv[1] == "worker":
        self.run_worker(in_worker(self, "canary-argument"))
    else:
        raise RuntimeError("canary-text in [/] the message")

PreventADApp.action_help = broken
settings, _ = load_settings({"server": "http://127.0.0.1:9", "log_file": sys.argv[2]})
open_log(settings.log_file, own_folder=False)
sys.exit(run_interface(settings))
"""


@pytest.mark.parametrize("where", ["handler", "worker"])
def test_a_crash_is_one_line_and_gives_nothing_away(
    start: Start, tmp_path: Path, where: str
) -> None:
    """S2."""
    log = tmp_path / "log"
    terminal = start("-c", CRASH, where, str(log), module=False)
    terminal.wait_text("Password")
    terminal.press("\x1bOP")  # f1
    assert terminal.end() == 1
    after = terminal.written[terminal.written.rindex(NORMAL_SCREEN) :]
    assert b"internal error (" in after
    assert b"canary" not in terminal.written
    assert "Traceback" in log.read_text()
    written = log.read_text()
    assert "canary-text" not in written.replace(
        'RuntimeError("canary-text in [/] the message")', ""
    )
    assert "canary-local" not in log.read_text()
    assert "canary-held" not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
