"""K1 to K9: whatever the keyring does, the browser is reached and quitting is quick.

A real GNOME Keyring under a D-Bus session of its own, services that never answer, backends that
lie; the interface in a real terminal.
"""

import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from preventad_tui.demo.server import DemoServer

ABSENT = [one for one in ("dbus-run-session", "gnome-keyring-daemon") if not shutil.which(one)]
LIMITS = '{"keyring_timeout_s": 1.5, "give_up_at_start_s": 0}'
EXEC = "import os, sys; os.execvp(sys.argv[1], sys.argv[1:])"
UNLOCK = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; "
LOCKED = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1; "

HANGING = """
import subprocess, sys
from jeepney import new_method_call, DBusAddress
from jeepney.io.blocking import open_dbus_connection
connection = open_dbus_connection(bus="SESSION")
bus = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
wanted = new_method_call(bus, "RequestName", "su", ("org.freedesktop.secrets", 4))
connection.send_and_get_reply(wanted)
sys.exit(subprocess.call(sys.argv[1:]))
"""

PLAINTEXT = """
import os
from keyring.backend import KeyringBackend

class PlaintextKeyring(KeyringBackend):
    priority = 5
    def _file(self): return os.path.expanduser("~/keyring_pass.cfg")
    def get_password(self, service, username): return None
    def set_password(self, service, username, password): open(self._file(), "w").write(password)
    def delete_password(self, service, username): pass
"""


@dataclass(frozen=True)
class State:
    """One state of a keyring: what runs before the program, in which environment."""

    name: str
    before: str = ""
    backend: str = ""
    in_session: bool = False
    environment: dict[str, str] = field(default_factory=dict)


STATES = [
    State("K1 no bus", environment={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}),
    State("K1 a deaf bus", environment={"DBUS_SESSION_BUS_ADDRESS": "unix:path={deaf}"}),
    State("K1 no service", in_session=True),
    State("K2 locked", before=LOCKED, in_session=True),
    State("K3 no collection", before=f"rm -rf ~/.local/share/keyrings; {LOCKED}", in_session=True),
    State("K4 never answers", before="{python} hanging.py ", in_session=True),
    State("K5 null", backend="keyring.backends.null.Keyring"),
    State("K6 bad name", backend="no.such.Backend"),
    State("K7 plaintext", backend="keyrings_alt_file.PlaintextKeyring"),
    State("K8 unlocked, empty", before=UNLOCK, in_session=True),
    State(
        "K9 garbage",
        before=UNLOCK + "echo garbage | {python} -m keyring set 'preventad-tui {url}' demo; ",
        in_session=True,
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(candidates=1) as server:
        yield server


QUICK = ("K1 no service", "K2 locked", "K4 never answers", "K6 bad name", "K9 garbage")
PARAMETERS = [
    pytest.param(one, id=one.name, marks=() if one.name in QUICK else pytest.mark.long)
    for one in STATES
]


@pytest.mark.parametrize("state", PARAMETERS)
def test_the_browser_is_reached_and_left(
    state: State,
    server: DemoServer,
    load_fake: Callable[[str], ModuleType],
    tmp_path: Path,
    isolated: Path,
) -> None:
    """K1 to K9, P9: the browser within 6 s of the login, gone within 2 s of `q`, no token kept."""
    if state.in_session and ABSENT:
        pytest.skip(f"no real keyring here: {', '.join(ABSENT)} not installed")
    if "hanging" in state.before:
        pytest.importorskip("jeepney")
    (tmp_path / "hanging.py").write_text(HANGING)
    (tmp_path / "keyrings_alt_file.py").write_text(PLAINTEXT)
    Path(os.environ["XDG_RUNTIME_DIR"]).mkdir(mode=0o700, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as deaf, load_fake("terminal").terminals() as start:
        deaf.bind(str(tmp_path / "deaf"))
        deaf.listen(5)
        words = {"python": sys.executable, "url": server.url, "deaf": tmp_path / "deaf"}
        program = f"{sys.executable} -m preventad_tui --server {server.url} --username demo"
        before = state.before.format(**words)
        script = f"cd {tmp_path}; {before}{'' if before.endswith('.py ') else 'exec '}{program}"
        session = ("dbus-run-session", "--") if state.in_session else ()
        terminal = start(
            *("-c", EXEC, *session, "sh", "-c", script),
            module=False,
            PYTHON_KEYRING_BACKEND=state.backend,
            PYTHONPATH=str(tmp_path),
            PREVENTAD_TUI_LIMITS=LIMITS,
            **{name: value.format(**words) for name, value in state.environment.items()},
        )
        terminal.wait_text("answers")
        for _ in range(4):
            terminal.read(0.1)
        server.forget_requests()
        pressed = time.monotonic()
        terminal.press("demo\r")
        terminal.wait_text("candidate  visit")
        reached_s = time.monotonic() - pressed
        terminal.press("q")
        left = time.monotonic()
        code = terminal.end()
        left_s = time.monotonic() - left
    assert code == 0
    assert reached_s < 6
    assert left_s < 2
    assert sum(one.path.endswith("/login") for one in server.requests) == 1
    tokens = [token.encode() for token in server._tokens._ends]
    for path in (*isolated.rglob("*"), *tmp_path.rglob("*")):
        if path.is_file():
            assert not any(token in path.read_bytes() for token in tokens), path
    assert not list(isolated.rglob("keyring_pass*"))
