"""A workspace and an engine that do as told, for driving the interface by keys."""

import sys
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from textual.app import ComposeResult

from preventad_tui.core.commands import Command, NewToken, Stop
from preventad_tui.core.config import Settings
from preventad_tui.core.credentials import LoginFailures, UserPassword
from preventad_tui.core.errors import ExitCode, LoginRefused, PreventADError
from preventad_tui.core.events import Event, Finished, RunState, Snapshot, Summary
from preventad_tui.core.keyrings import KeyringState
from preventad_tui.core.secret import Secret
from preventad_tui.core.server import ServerInfo, demo_server, parse_server
from preventad_tui.ui.actions import Place
from preventad_tui.ui.app import PreventADApp
from preventad_tui.ui.screens.base import MainScreen
from preventad_tui.ui.screens.transfers import TransfersScreen
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.line_list import LineList, line
from preventad_tui.ui.widgets.log_view import LogView
from preventad_tui.ui.widgets.progress_head import ProgressHead

PASSWORD = "canary-Hunter2"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The command of the README's pictures: see test_screenshots.py."""
    parser.addoption(
        "--update-screenshots", action="store_true", help="make screenshots/ of the README anew"
    )


@pytest.fixture
def start(isolated: Path, load_fake: Callable[[str], types.ModuleType]) -> Iterator[Any]:
    """Start the program in a pseudo-terminal of its own (tests/fakes/terminal.py)."""
    with load_fake("terminal").terminals() as starting:
        yield starting


@pytest.fixture(autouse=True)
def promises(kept_promises: None) -> None:
    """Whatever downloads here, by keys or in a terminal, keeps the promises of its folder."""


UNLOCKED = KeyringState(usable=True, label="Secret Service (GNOME Keyring or alike), unlocked")
NOTHING_YET = Snapshot()


@dataclass
class FakeTokens:
    """The box of the token."""

    token: Secret | None = None
    user: str = ""


class FakeCredentials:
    """A keyring of a given state."""

    def __init__(self, state: KeyringState) -> None:
        self.state = state

    def keyring_state(self) -> KeyringState:
        return self.state


class FakeWorkspace:
    """A server that knows one password."""

    is_without_account = False
    refusal_hint = ""
    published_sizes: dict[str, int] = {}  # noqa: RUF012

    def __init__(
        self,
        settings: Settings,
        *,
        keyring: KeyringState = UNLOCKED,
        token_works: bool = False,
        connect_error: PreventADError | None = None,
    ) -> None:
        self.settings = settings
        self.tokens = FakeTokens()
        self.failures = LoginFailures()
        self.credentials = FakeCredentials(keyring)
        self.filled_in: UserPassword | None = None
        self.folder: Any = None
        self.project = ""
        self.identity = "https://openpreventad.loris.ca"
        self.token_works = token_works
        self.connect_error = connect_error
        self.connects: list[str] = []
        self.logins: list[tuple[str, bool, bool]] = []
        self.closed = False

    async def connect(self, server: str = "") -> ServerInfo:
        wanted = server or self.settings.server
        self.connects.append(wanted)
        if self.connect_error:
            raise self.connect_error
        if wanted == "demo":
            self.filled_in = UserPassword("demo", Secret("demo"))
            return ServerInfo(demo_server("http://127.0.0.1:1"), "A", "/api/v0.0.3-dev")
        return ServerInfo(parse_server(wanted), "A", "/api/v0.0.3-dev")

    async def try_stored_tokens(self) -> bool:
        if self.token_works or self.filled_in:
            self.tokens.token = Secret("stored")
        return bool(self.tokens.token)

    async def login(
        self,
        username: str,
        password: Secret,
        *,
        remember: bool = False,
        keep_password: bool = False,
    ) -> KeyringState | None:
        self.logins.append((username, remember, keep_password))
        if password.reveal() not in (PASSWORD, "demo"):
            self.failures.add(self.identity)
            raise LoginRefused("Wrong user or password", self.refusal_hint)
        self.tokens.token = Secret("fresh")
        self.tokens.user = username
        return self.credentials.state if remember else None

    async def settle_project(self) -> str:
        self.project = "loris"
        return self.project

    async def aclose(self) -> None:
        self.closed = True


class FakeEngine:
    """Says what it is told to say, and remembers what it was told."""

    def __init__(self, snapshot: Snapshot = NOTHING_YET, *, deaf: bool = False) -> None:
        self.now = snapshot
        self.waiting: list[Event] = []
        self.sent: list[Command] = []
        self.deaf = deaf

    def send(self, command: Command) -> None:
        self.sent.append(command)
        if isinstance(command, Stop) and not self.deaf:
            self.finish(ExitCode(command.exit_code))
        if isinstance(command, NewToken):
            self.now = replace(self.now, state=RunState.RUNNING)

    def finish(self, code: ExitCode, **counts: Any) -> None:
        summary = Summary(code, **counts)
        self.now = replace(self.now, state=RunState.FINISHED, active=())
        self.waiting.append(Finished(summary, 1.0))

    def snapshot(self) -> Snapshot:
        return self.now

    def drain_events(self, limit: int = 500) -> list[Event]:
        events, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return events


class FakeThread:
    """A thread that is none."""

    def __init__(self, engine: FakeEngine) -> None:
        self.engine = engine
        self.error: BaseException | None = None

    def start(self) -> None:
        pass

    def join(self, timeout_s: float) -> None:
        pass


class FakePlan:
    """A plan without files."""

    items: tuple[Any, ...] = ()


class StubBrowser(MainScreen):
    """Stands in for the browser in tests of the frame."""

    PLACES = (Place.BROWSER, Place.TREE, Place.LIST)
    saved = False
    planned = False

    def compose(self) -> ComposeResult:
        yield LineList()
        yield HintLine(("app.show_transfers", "app.help", "app.quit"))

    def on_mount(self) -> None:
        self.query_one(LineList).show_lines([line("one"), line("two")])
        self.query_one(LineList).focus()

    def save_before_leaving(self) -> None:
        self.saved = True

    def action_plan(self) -> None:
        self.planned = True


@dataclass
class UiKit:
    """What tests of the interface are made of."""

    settings: Settings
    FakeEngine: type[FakeEngine] = FakeEngine
    FakeThread: type[FakeThread] = FakeThread
    FakePlan: type[FakePlan] = FakePlan
    StubBrowser: type[StubBrowser] = StubBrowser
    password: str = PASSWORD

    def workspace(self, server: str = "open", **words: Any) -> FakeWorkspace:
        return FakeWorkspace(replace(self.settings, server=server), **words)

    def app(self, workspace: Any = None, **words: Any) -> PreventADApp:
        return PreventADApp(workspace or self.workspace(), **words)

    def entered_app(self, **words: Any) -> PreventADApp:
        """An app that a stored token brings straight to the browser."""
        return self.app(self.workspace(token_works=True), **words)

    def start(self, app: PreventADApp, engine: FakeEngine) -> None:
        app.start_run(FakeThread(engine), FakePlan())  # type: ignore[arg-type]

    async def wait_for(
        self, pilot: Any, condition: Callable[[], object], within_s: float = 10
    ) -> None:
        """Until a condition holds; a failure names what the screen was."""
        end = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < end, f"still waiting on {pilot.app.screen!r}"
            await pilot.pause(0.02)

    def is_drawn(self, app: PreventADApp, events: int) -> bool:
        """Whether the transfers screen shows this many events and what the engine says now."""
        screen = app.screen
        if not isinstance(screen, TransfersScreen) or not screen.query(LogView):
            return False
        log, head = screen.query_one(LogView), screen.query_one(ProgressHead)
        run = app.bridge.run
        has_begun = run is not None and run.thread.engine.snapshot().files_total > 0
        is_said = not has_begun or "starting ..." not in str(head.render())
        return is_said and log.has_focus and len(log.events()) == events

    async def wait_entered(self, pilot: Any) -> None:
        app = pilot.app
        await self.wait_for(pilot, lambda: app.is_entered and isinstance(app.screen, StubBrowser))
        await pilot.pause()


@pytest.fixture
def ui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UiKit:
    """The kit, with a stub for the browser; times are shown in UTC."""
    stub = types.ModuleType("preventad_tui.ui.screens.browser")
    stub.BrowserScreen = StubBrowser  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, stub.__name__, stub)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    return UiKit(Settings(log_file=tmp_path / "log", username="jdoe"))
