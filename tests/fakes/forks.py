"""Starts downloads in processes of their own within milliseconds, and kills them.

forks = Forks(server)
child = forks.run(folder, jobs=4)
child.kill() or child.wait() == 0
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from preventad_tui.demo.server import DemoServer


@dataclass(frozen=True)
class Child:
    """One download under way."""

    forks: "Forks"
    pid: int

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Send a signal and wait for the end; gives the exit code, -9 for a kill in time."""
        os.kill(self.pid, number)
        return self.wait()

    def wait(self) -> int:
        """The exit code."""
        return self.forks.tell({"wait": self.pid})


class Forks:
    """A process with everything imported that forks a child for each download."""

    def __init__(self, server: DemoServer) -> None:
        script = str(Path(__file__).with_name("fork_server.py"))
        self._process = subprocess.Popen(
            [sys.executable, script, server.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read() == "ready"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def run(self, folder: Path, **how: Any) -> Child:
        """Start a download into a folder; see `fork_server` for what can be said."""
        return Child(self, self.tell({"run": str(folder), **how}))

    def tell(self, what: dict[str, Any]) -> int:
        """One order, one number."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return int(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the fork server is gone"
        return line.strip()
