"""Isolation: no test sees the developer's home, keyring, colours, secrets or network."""

import importlib.util
import ipaddress
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

_CLEARED = ("NO_COLOR", "COLORTERM", "ACCESSIBLE", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY")
_CLEARED += ("SLURM_JOB_ID", "SSLKEYLOGFILE", "SSL_CERT_FILE", "SSL_CERT_DIR", "FORCE_COLOR")
_CLEARED += ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "LANGUAGE")
_CLEARED_PREFIXES = ("PREVENTAD_", "TEXTUAL", "KEYRING_", "XDG_")


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a home of its own and an environment that says nothing; returns the home."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        is_proxy = name.lower().endswith("_proxy")
        if name == "TEXTUAL_SNAPSHOT_TEMPDIR":
            continue  # the snapshot plugin's own
        if name in _CLEARED or is_proxy or name.startswith(_CLEARED_PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    for name, folder in (
        ("XDG_CONFIG_HOME", ".config"),
        ("XDG_DATA_HOME", ".local/share"),
        ("XDG_STATE_HOME", ".local/state"),
        ("XDG_CACHE_HOME", ".cache"),
        ("XDG_CONFIG_DIRS", "etc"),
        ("XDG_RUNTIME_DIR", "run"),
    ):
        monkeypatch.setenv(name, str(home / folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("TERM", "xterm-256color")
    return home


@pytest.fixture(autouse=True)
def frozen_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A blinking cursor would make every second snapshot differ."""
    if "textual" in sys.modules:
        from textual.widgets import Input

        monkeypatch.setattr(Input, "_toggle_cursor", lambda _self: None)


def _is_loopback(host: object) -> bool:
    if host in ("localhost", "", None):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Sockets reach this machine only; a test that forgets a fake fails instead of phoning out."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def checked(real: Callable[..., Any]) -> Callable[..., Any]:
        def guard(self: socket.socket, address: Any) -> Any:
            is_inet = self.family in (socket.AF_INET, socket.AF_INET6)
            if is_inet and not _is_loopback(address[0]):
                raise OSError(f"the tests reach loopback only, not {address[0]}")
            return real(self, address)

        return guard

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", checked(connect))
        patch.setattr(socket.socket, "connect_ex", checked(connect_ex))
        yield


@pytest.fixture(autouse=True, scope="session")
def hang_ups_reach_children() -> Iterator[None]:
    """Tests under `nohup` start programs that a hang-up ends, as anywhere.

    An ignored signal stays ignored in every child; one that is handled does not.
    """
    number = getattr(signal, "SIGHUP", None)
    if number is None or signal.getsignal(number) is not signal.SIG_IGN:
        yield
        return
    signal.signal(number, lambda _number, _frame: None)
    yield
    signal.signal(number, signal.SIG_IGN)


@pytest.fixture
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run this Python with some arguments in the isolated environment."""

    def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            stdin=options.pop("stdin", subprocess.DEVNULL if "input" not in options else None),
            timeout=options.pop("timeout", 60),
            check=False,
            **options,
        )

    return run


@pytest.fixture(scope="session")
def load_fake() -> Callable[[str], ModuleType]:
    """Load a module of `tests/fakes` by name, once."""
    loaded: dict[str, ModuleType] = {}

    def load(name: str) -> ModuleType:
        if name not in loaded:
            path = Path(__file__).with_name("fakes") / f"{name}.py"
            spec = importlib.util.spec_from_file_location(f"fakes_{name}", path)
            assert spec is not None
            assert spec.loader is not None
            loaded[name] = module = importlib.util.module_from_spec(spec)
            sys.modules[module.__name__] = module
            spec.loader.exec_module(module)
        return loaded[name]

    return load


def pytest_xdist_auto_num_workers() -> int:
    """One more than the processors: many tests wait for a process, a server or a terminal."""
    here = getattr(os, "sched_getaffinity", None)  # not on macOS
    return (len(here(0)) if here else os.cpu_count() or 1) + 1


@pytest.fixture
def kept_promises(request: pytest.FixtureRequest) -> Iterator[None]:
    """At a test's end every output folder below its `tmp_path` is held to the invariants.

    Not where `kit` stands in for the engine: those folders hold made-up files.
    """
    if "tmp_path" not in request.fixturenames or "kit" in request.fixturenames:
        yield
        return
    base = request.getfixturevalue("tmp_path")
    yield
    from preventad_tui.core.folder import OutputFolder
    from preventad_tui.core.invariants import check_invariants

    found = []
    for mark in base.glob("**/.preventad-tui/folder.json"):
        with OutputFolder.open(mark.parents[1], None, create=False, read_only=True) as folder:
            found += check_invariants(folder, finished=False, deep=False)
    assert found == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests told by the fixture `figures`."""
    lines = [
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, value in report.user_properties
        if name == "figures" and report.when == "call"
    ]
    if lines:
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.write_line(str(line))
