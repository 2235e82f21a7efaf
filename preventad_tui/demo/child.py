"""The demo server as a child process, for `--server demo` and `preventad-tui demo`.

This module imports nothing of the server, so that it loads without the `demo` extra.
"""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import tempfile
import time
from typing import IO, Self

from preventad_tui.demo.errors import DemoError

__all__ = ["DemoChild", "DemoError"]

START_LIMIT_S = 10.0
_STOP_LIMIT_S = 3.0
_READY = re.compile(r"demo server: (http://\S+)  user: (\S+)  password: (\S+)")


class DemoChild:
    """A demo server that lives as long as the `with` block, and never longer than its parent."""

    def __init__(self, size: str = "small", generation: str = "a", port: int = 0) -> None:
        self._command = [
            *(sys.executable, "-P", "-m", "preventad_tui.demo", "--quiet", "--until-stdin-closes"),
            *("--size", size, "--generation", generation, "--port", str(port)),
        ]
        self.url = ""
        self.username = ""
        self.password = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Start the server and wait until it is ready; DemoError says why it is not."""
        with tempfile.TemporaryFile() as complaints:
            try:
                self._process = subprocess.Popen(  # noqa: S603 -- our own module, no shell
                    self._command,
                    stdin=subprocess.PIPE,  # its end tells the child that we are gone
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                    env=_clean_environment(),
                    start_new_session=True,  # ctrl+c at our terminal is not for the child
                )
            except OSError as trouble:
                raise DemoError(f"The demo server cannot be started: {trouble}.") from trouble
            try:
                self._read_ready(complaints)
            except BaseException:
                self.stop()
                raise
        return self

    def _read_ready(self, complaints: IO[bytes]) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        line = _line(self._process.stdout.fileno(), START_LIMIT_S)
        match = _READY.match(line)
        if match is None:
            if line == "" and self._ended():
                complaints.seek(0)
                words = complaints.read().decode(errors="replace").strip().splitlines()
                raise DemoError(words[-1] if words else "The demo server ended at its start.")
            raise DemoError(
                f"The demo server was not ready within {START_LIMIT_S:.0f} seconds: try again."
            )
        self.url, self.username, self.password = match.groups()

    def _ended(self) -> bool:
        assert self._process is not None
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """End the child."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.terminate()
        try:
            process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _clean_environment() -> dict[str, str]:
    """Give our environment without passwords and tokens: the demo needs none of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PREVENTAD_")}


def _line(descriptor: int, limit_s: float) -> str:
    """Read one line; empty at the end of the pipe or when the time is over."""
    end = time.monotonic() + limit_s
    data = b""
    while not data.endswith(b"\n"):
        left = end - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            return ""
        piece = os.read(descriptor, 4096)
        if not piece:
            return ""
        data += piece
    return data.decode(errors="replace").rstrip("\n")
