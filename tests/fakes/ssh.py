"""An sshd of our own on loopback, with keys of its own; nothing of the system's is touched.

with running(tmp_path) as sshd:              # skips where there is no sshd, or it does not work
    terminal = start(*sshd.command("preventad-tui"), module=False)
"""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_START_S = 10.0
_PRIVILEGES = Path("/run/sshd")
"""An empty folder that Debian's sshd insists on as root; its service makes it at each start."""
_EXEC = "import os, sys; os.execvp(sys.argv[1], sys.argv[1:])"


@dataclass(frozen=True)
class Sshd:
    """A server that is up; each session's shell leaves its parent's id and the exit status."""

    folder: Path
    port: int

    def client(self) -> list[str]:
        """The client, up to the command."""
        options = (
            *("UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "LogLevel=ERROR"),
            *("IdentitiesOnly=yes", "BatchMode=yes"),
        )
        return [
            *("ssh", "-F", "/dev/null", "-tt", "-p", str(self.port)),
            *("-i", str(self.folder / "user_key"), *(f"-o{option}" for option in options)),
            "127.0.0.1",
        ]

    def arguments(self, command: list[str], env: Mapping[str, str]) -> list[str]:
        """For a terminal started with `module=False`: the command in a session of this server."""
        for name in ("session", "status"):
            (self.folder / name).unlink(missing_ok=True)
        # The hang-up ends the outer shell, as the login shell of a person, and its end hangs up
        # the command. A trap, unlike an ignored signal, is not inherited by the command.
        script = (
            f"cd {shlex.quote(os.getcwd())}; echo $PPID > {self.folder}/session; (trap : HUP; "
            f"env -i {' '.join(shlex.quote(f'{name}={value}') for name, value in env.items())} "
            f"{shlex.join(command)}; echo $? > {self.folder}/status); true"
        )
        return ["-c", _EXEC, *self.client(), f"sh -c {shlex.quote(script)}"]

    def drop(self) -> None:
        """End the session's side of the server, as a connection that is given up does."""
        os.kill(int((self.folder / "session").read_text()), signal.SIGKILL)

    def status(self, limit_s: float) -> int:
        """The command's exit status, once it has ended."""
        end = time.monotonic() + limit_s
        found = self.folder / "status"
        while not (found.exists() and found.read_text().endswith("\n")):
            assert time.monotonic() < end, "it goes on without a connection"
            time.sleep(0.01)
        return int(found.read_text())


@contextmanager
def running(folder: Path) -> Iterator[Sshd]:
    """The server; it and its sessions are ended."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None or shutil.which("ssh") is None or shutil.which("ssh-keygen") is None:
        pytest.skip("openssh-server is not installed")
    if os.getuid() == 0:
        _PRIVILEGES.mkdir(mode=0o755, exist_ok=True)
    folder.mkdir()
    for name in ("host_key", "user_key"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(make, check=True, timeout=_START_S)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_key\n"
        f"AuthorizedKeysFile {folder}/user_key.pub\nPidFile none\nUsePAM no\nStrictModes no\n"
        "PermitRootLogin prohibit-password\nPasswordAuthentication no\nPrintMotd no\n"
    )
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [program, "-D", "-e", "-f", str(folder / "config")],
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    sshd = Sshd(folder, port)
    try:
        _wait_until_it_works(sshd, child)
        yield sshd
    finally:
        child.terminate()
        child.wait(_START_S)


def _wait_until_it_works(sshd: Sshd, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_S
    while True:
        tried = subprocess.run(
            [*sshd.client(), "true"], capture_output=True, timeout=_START_S, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if tried.returncode == 0:
            return
        if child.poll() is not None or time.monotonic() > end:
            log = (sshd.folder / "log").read_text(errors="replace").strip().splitlines()
            pytest.skip(f"sshd does not work here: {(log or ['it says nothing'])[-1]}")
        time.sleep(0.1)
