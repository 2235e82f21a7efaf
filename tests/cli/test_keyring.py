"""A real keyring: GNOME Keyring under a D-Bus session of its own; and one that never answers."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

NEEDED = ("dbus-run-session", "gnome-keyring-daemon")
ABSENT = [name for name in NEEDED if shutil.which(name) is None]

HANGING = """
import subprocess, sys
from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import open_dbus_connection

connection = open_dbus_connection(bus="SESSION")
bus = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
name = new_method_call(bus, "RequestName", "su", ("org.freedesktop.secrets", 4))
connection.send_and_get_reply(name)
sys.exit(subprocess.call(sys.argv[1:]))
"""


@pytest.fixture
def in_session(program: Any) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a shell script in a D-Bus session where `$P` is the program and `$S` the server."""
    if ABSENT:
        pytest.skip(f"no real keyring here: {', '.join(ABSENT)} not installed")

    def run(script: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = program.env(
            P=f"{sys.executable} -m preventad_tui",
            S=program.server,
            PYTHON_KEYRING_BACKEND="",
            **more,
        )
        runtime = Path(environment["XDG_RUNTIME_DIR"])
        runtime.mkdir(mode=0o700, exist_ok=True)
        return subprocess.run(
            ["dbus-run-session", "--", "sh", "-c", script],
            env=environment,
            cwd=program.cwd,
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )

    return run


UNLOCK = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; "


def test_a_login_is_kept_found_and_removed(
    in_session: Any, program: Any, server: DemoServer, isolated: Path
) -> None:
    """S17."""
    done = in_session(
        f"{UNLOCK} $P login --server $S || exit 11;"
        " unset PREVENTAD_USERNAME PREVENTAD_PASSWORD;"
        " $P list visits --server $S || exit 12;"
        " $P logout --server $S || exit 13;"
        " $P list visits --server $S; test $? = 4 || exit 14"
    )
    assert done.returncode == 0, done.stderr
    assert "the token in the keyring" in done.stderr
    assert "1 token removed" in done.stderr
    logins = [one for one in server.requests if one.path.endswith("/login")]
    assert len(logins) == 1
    assert not [path for path in isolated.rglob("*keyring_pass*")]


def test_an_ended_token_is_removed_and_the_password_is_not_there(
    in_session: Any, server: DemoServer, isolated: Path
) -> None:
    """A4, S17."""
    assert in_session(f"{UNLOCK} $P login --server $S").returncode == 0
    server.expire_tokens()
    done = in_session(
        f"{UNLOCK} unset PREVENTAD_PASSWORD; $P list visits --server $S; $P logout --server $S"
    )
    assert "it is removed" in done.stderr
    assert "No token was in the keyring" in done.stderr


def test_a_locked_keyring_is_said_and_costs_no_time(in_session: Any) -> None:
    start = time.monotonic()
    done = in_session("$P login --server $S", PREVENTAD_TUI_LIMITS='{"keyring_timeout_s": 5}')
    assert done.returncode == 6
    assert "cannot be kept" in done.stderr
    assert "Traceback" not in done.stderr
    assert time.monotonic() - start < 15


def test_a_keyring_that_never_answers_costs_its_limit_once(in_session: Any, program: Any) -> None:
    pytest.importorskip("jeepney")
    (program.cwd / "hanging.py").write_text(HANGING)
    start = time.monotonic()
    done = in_session(
        f"{sys.executable} hanging.py $P login --server $S",
        PREVENTAD_TUI_LIMITS='{"keyring_timeout_s": 2}',
    )
    assert done.returncode == 6, done.stderr
    assert "did not answer within 2 s" in done.stderr
    assert time.monotonic() - start < 2 + 8
    assert os.listdir(program.cwd) == ["hanging.py"]
