"""P9: a keyring, a name look-up or a disk that never answers holds nobody up who wants to leave."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

LIMIT_S = 2.0

HANGS = """
import os, sys, time
what, flag = sys.argv[1:3]
del sys.argv[1:3]

def hanging(call):
    def answer(*arguments, **words):
        while os.path.exists(flag):
            open(flag + ".hangs", "w").close()
            time.sleep(0.05)
        return call(*arguments, **words)
    return answer

if what == "keyring":
    import keyring
    keyring.get_keyring = hanging(keyring.get_keyring)
elif what == "dns":
    import socket
    socket.getaddrinfo = hanging(socket.getaddrinfo)
else:
    real, stuck = os.fdatasync, hanging(os.fdatasync)

    def sync(fd):
        is_ours = "/out/" in os.readlink(f"/proc/self/fd/{fd}")
        return stuck(fd) if is_ours else real(fd)

    os.fsync = os.fdatasync = sync
from preventad_tui.cli import main
sys.exit(main())
"""


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(candidates=1) as server:
        yield server


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    """Calls hang for as long as this file is there; beside it `.hangs` appears once one does."""
    return tmp_path / "flag"


@pytest.fixture
def start(
    load_fake: Callable[[str], ModuleType], server: DemoServer, flag: Path, isolated: Path
) -> Iterator[Callable[..., Any]]:
    with load_fake("terminal").terminals() as starting:

        def begin(what: str, *arguments: str, **env: str) -> Any:
            options = ("--server", server.url, "--username", server.username, *arguments)
            if arguments[:1] == ("get",):
                options = (*arguments, *options[:4])
            return starting("-c", HANGS, what, str(flag), *options, module=False, **env)

        yield begin


def wait_until_it_hangs(terminal: Any, flag: Path) -> None:
    terminal.wait_for(flag.with_name("flag.hangs").exists)


@pytest.mark.parametrize("what", ["keyring", pytest.param("dns", marks=pytest.mark.long)])
def test_left_at_the_login(start: Callable[..., Any], flag: Path, what: str) -> None:
    flag.touch()
    terminal = start(what, PYTHON_KEYRING_BACKEND="")
    wait_until_it_hangs(terminal, flag)
    left = time.monotonic()
    terminal.press("\x11")  # ctrl+q: a letter belongs to the form
    assert terminal.end() == 0
    assert time.monotonic() - left < LIMIT_S


@pytest.mark.parametrize("what", ["dns", "disk"])
def test_left_in_mid_download(
    start: Callable[..., Any], server: DemoServer, flag: Path, tmp_path: Path, what: str
) -> None:
    terminal = start(what, "-o", str(tmp_path / "out"), "--all", "--limit-rate", "500k")
    terminal.log_in(server.password)
    terminal.wait_text("[x]")
    terminal.start_download()
    flag.touch()
    if what == "dns":
        server.stop()
    wait_until_it_hangs(terminal, flag)
    terminal.press("q")
    terminal.wait_text("Quit?")
    left = time.monotonic()
    terminal.press("y")
    assert terminal.end() == 7
    assert time.monotonic() - left < LIMIT_S


def test_get_ends_at_a_signal(start: Callable[..., Any], flag: Path, tmp_path: Path) -> None:
    flag.touch()
    terminal = start("dns", "get", "-o", str(tmp_path / "out"), "--all")
    wait_until_it_hangs(terminal, flag)
    left = time.monotonic()
    os.kill(terminal.child.pid, signal.SIGTERM)
    assert terminal.end() == 143
    assert time.monotonic() - left < LIMIT_S
