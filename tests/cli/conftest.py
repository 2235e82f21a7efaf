"""The program as a user runs it: another process, against a demo server in this one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.invariants import check_invariants
from preventad_tui.demo.server import DemoServer

PROGRAM = [sys.executable, "-m", "preventad_tui"]
QUICK_LIMITS = json.dumps(
    {
        "give_up_at_start_s": 0,
        "connect_timeout_s": 3,
        "keyring_timeout_s": 1,
        "backoff_first_s": 0.05,
        "backoff_max_s": 0.2,
        "probe_first_s": 0.2,
        "probe_max_s": 0.5,
    }
)


@dataclass
class Program:
    """Runs the program in the isolated environment; `server` is what `--server` names."""

    server: str
    cwd: Path
    environment: dict[str, str] = field(default_factory=dict)

    def env(self, **more: str) -> dict[str, str]:
        """The environment of a run: a working login unless `more` says otherwise."""
        ours = {
            "PREVENTAD_USERNAME": "demo",
            "PREVENTAD_PASSWORD": "demo",
            "PREVENTAD_TUI_LIMITS": QUICK_LIMITS,
        }
        merged = dict(os.environ) | ours | self.environment | more
        return {name: value for name, value in merged.items() if value}

    def __call__(
        self, *arguments: str, input: str | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `more` are environment variables, empty ones are unset.

        After a download every promise of its folder is looked at, whatever the test is about.
        """
        folder = self._folder_of(arguments)
        before = _files_below(folder) if folder else frozenset()
        done = subprocess.run(
            [*PROGRAM, *arguments],
            env=self.env(**more),
            cwd=self.cwd,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
            **({"input": input} if input is not None else {"stdin": subprocess.DEVNULL}),
        )
        if folder and (folder / ".preventad-tui" / "folder.json").exists() and done.returncode < 8:
            assert (found := _breaches(folder, before, done.returncode)) == [], found
        return done

    def _folder_of(self, arguments: tuple[str, ...]) -> Path | None:
        if arguments[:1] != ("get",) or "-o" not in arguments or "--force" in arguments:
            return None
        return self.cwd / arguments[arguments.index("-o") + 1]

    def here(self, command: str, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command against this test's server."""
        return self(command, "--server", self.server, *arguments, **more)

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            env=self.env(**more),
            cwd=self.cwd,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def _files_below(folder: Path) -> frozenset[str]:
    found = (str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())
    return frozenset(found)


def _breaches(folder: Path, before: frozenset[str], code: int) -> list[str]:
    """What does not hold; files that were there before the run may be anybody's."""
    with OutputFolder.open(folder, None, create=False, read_only=True) as opened:
        found = check_invariants(
            opened, finished=code == 0, deep=False, foreign=before, wanted=frozenset()
        )
    return [one for one in found if one.partition(":")[0] not in before]


@pytest.fixture(scope="module")
def module_server() -> Iterator[DemoServer]:
    """One server for a file of tests."""
    with DemoServer() as server:
        yield server


@pytest.fixture
def server(module_server: DemoServer) -> DemoServer:
    """The server as new: no faults, no failed logins, no requests so far."""
    module_server.faults.clear()
    module_server.forgive()
    module_server.forget_requests()
    return module_server


@pytest.fixture
def program(server: DemoServer, tmp_path: Path, isolated: Path) -> Program:
    """The program, its server and an empty working folder."""
    return Program(server.url, tmp_path)


@pytest.fixture
def offline_program(tmp_path: Path, isolated: Path) -> Program:
    """The program where no server is needed."""
    return Program("", tmp_path)


@pytest.fixture
def records() -> Callable[[str], list[dict[str, Any]]]:
    """The JSON lines of a command's stdout, after checking what holds for all."""

    def read(stdout: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in stdout.splitlines()]
        assert lines, "no JSON line"
        assert lines[0]["format"] == 1
        assert all("type" in line for line in lines)
        assert all("format" not in line for line in lines[1:])
        return lines

    return read
