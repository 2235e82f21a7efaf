"""The pictures of the README, made from the demo by one command.

    pytest --update-screenshots tests/ui/test_screenshots.py

writes `screenshots/<name>.svg`, and `.png` where `rsvg-convert` is there. Time, sizes, free space
and what the download says are fixed, so that a picture changes only with what it shows.
"""

import dataclasses
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core import folder_look, saved
from preventad_tui.core.config import Settings
from preventad_tui.core.credentials import Credentials
from preventad_tui.core.events import ActiveFile, Event, FileEnded, Snapshot
from preventad_tui.core.filters import Filters
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.http import TokenBox
from preventad_tui.core.keyrings import KeyringState
from preventad_tui.core.limits import Limits
from preventad_tui.core.model import Catalogue
from preventad_tui.core.paths import data_dir
from preventad_tui.core.plan import Plan, PlanOptions
from preventad_tui.core.rules import Rules
from preventad_tui.core.selection import Selection
from preventad_tui.core.server import Server, ServerInfo, parse_server
from preventad_tui.core.states import FileState
from preventad_tui.core.workspace import Workspace
from preventad_tui.ui import clock
from preventad_tui.ui.app import PreventADApp
from preventad_tui.ui.screens.browser import BrowserScreen

FOLDER = Path(__file__).parents[2] / "screenshots"
README = FOLDER.parent / "README.md"
OUTPUT = Path("/scratch/jdoe/preventad")
LIMITS = Limits(keyring_timeout_s=1.0)
KEYRING = KeyringState(usable=True, label="Secret Service (GNOME Keyring or alike), unlocked")
SIZE = (100, 30)
NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
FREE_BYTES = 812_000_000_000

BROWSE = (
    *("slash", *"t1w", "space", *"bold", "enter", "a"),
    *("right", "down", "right", "down", "down", "down", "space", "down", "right", "k", "k", "k"),
)
PICTURES: dict[str, tuple[str, ...]] = {
    "login": (),
    "browser": BROWSE,
    "coverage": ("c",),
    "design": ("S", "down", "space", "down", "space", *("down",) * 5, "space"),
    "details": (*("right",) * 6, "i"),
    "plan": (*BROWSE, "d"),
    "selections": ("o",),
    "help": ("question_mark",),
    "transfers": BROWSE,
}


class Demo(Workspace):
    """The demo, with the time of the catalogue and the free space fixed."""

    async def read_catalogue(self, *given: Any, **named: Any) -> Catalogue:
        catalogue = await super().read_catalogue(*given, **named)
        return dataclasses.replace(catalogue, date="2026-11-22T14:02:00Z")


class Nobody(Workspace):
    """The public server, which is not asked."""

    async def connect(self, server: str = "") -> ServerInfo:
        self.info = ServerInfo(parse_server("open"), "A", "/api/v0.0.3-dev")
        return self.info

    async def try_stored_tokens(self) -> bool:
        return False


class Engine:
    """A download in the middle, as the plan has it."""

    def __init__(self, plan: Plan) -> None:
        paths = [str(item.file.path) for item in plan.items]
        whole = plan.totals.to_fetch_bytes
        done = 583_000_000
        rate = 9_400_000
        sizes = {
            str(item.file.path): item.size_bytes or 0
            for item in plan.items
            if item.file.path.endswith(".nii.gz")
        }
        images = list(sizes)
        self._now = Snapshot(
            jobs=4, files_total=len(paths), files_ended=25, files_queued=len(paths) - 29,
            files_failed=1, bytes_total=whole, bytes_estimated=True, bytes_done=done,
            rate_bytes_per_s=rate, left_s=(whole - done) / rate,
            active=tuple(
                ActiveFile(path, FileState.ACTIVE, int(sizes[path] * share), sizes[path], 1)
                for path, share in zip(images[8:], (0.7, 0.2, 0.85, 0.4), strict=False)
            ),
        )  # fmt: skip
        first = NOW.timestamp() - 40
        self._events: list[Event] = [
            FileEnded(path, FileState.ON_DISK, "", "", 14_200_000 + 7919 * place % 900_000,
                      seconds=1.5 + place % 4 / 10, at=first + place)
            if path.endswith(".nii.gz")
            else FileEnded(path, FileState.ON_DISK, size_bytes=1300, seconds=0.1, at=first + place)
            for place, path in enumerate(paths[:24])
        ]  # fmt: skip
        gone = next(at for at in range(11, 24) if paths[at].endswith(".nii.gz"))
        self._events[gone] = FileEnded(
            paths[gone], FileState.GONE, "404",
            "the server lists it but has no such file (404); r tries again", at=first + gone,
        )  # fmt: skip

    def send(self, command: object) -> None:
        pass

    def snapshot(self) -> Snapshot:
        return self._now

    def drain_events(self, limit: int = 500) -> list[Event]:
        events, self._events = self._events, []
        return events


class Thread:
    """The thread of `Engine`, which is none."""

    error = None

    def __init__(self, plan: Plan) -> None:
        self.engine = Engine(plan)

    def start(self) -> None:
        pass

    def join(self, timeout_s: float) -> None:
        pass


class Usage:
    free = FREE_BYTES


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time, place and room; sizes are estimated by the medians of the public server."""
    monkeypatch.setattr(TokenBox, "left_s", lambda _self, _now: 78_000.0)
    monkeypatch.setattr(Server, "has_known_sizes", True)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setenv("TMUX", "yes")
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(OutputFolder, "free_bytes", lambda _self: FREE_BYTES)
    monkeypatch.setattr(Credentials, "keyring_state", lambda _self: KEYRING)
    monkeypatch.setattr(folder_look.shutil, "disk_usage", lambda _path: Usage)


def _save_some(screen: BrowserScreen) -> None:
    choice = screen.choice
    assert choice is not None
    for name, note, modalities in (
        ("baseline T1w and rest", "for the poster", ("t1w", "bold")),
        ("diffusion", "all visits", ("dwi65",)),
    ):
        rules = Rules(filters=Filters(modalities=modalities))
        made = saved.snapshot(choice.index, Selection(choice.index, rules), name, note=note)
        made = dataclasses.replace(made, created="2026-11-20T09:30:00Z", outputdir=str(OUTPUT))
        saved.save_selection(made, data_dir() / "selections")


async def _wait(pilot: Any, condition: Callable[[], object]) -> None:
    for _ in range(600):
        if condition():
            await pilot.pause()
            return
        await pilot.pause(0.05)
    raise AssertionError(f"still waiting on {pilot.app.screen!r}")


async def _settle(pilot: Any) -> None:
    await pilot.pause()
    await _wait(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers))
    await pilot.pause()


async def take(log: Path, name: str, *, theme: str = "dark") -> str:
    """The picture of one screen, as SVG."""
    settings = Settings(log_file=log, server="demo", username="demo", outputdir=OUTPUT)
    workspace = Demo(settings, Credentials(limits=LIMITS))
    if name == "login":
        settings = Settings(log_file=log, username="jdoe")
        workspace = Nobody(settings, Credentials(limits=LIMITS))
    app = PreventADApp(workspace, theme=theme)
    try:
        async with app.run_test(size=SIZE) as pilot:
            if name != "login":
                await _go_to(pilot, name)
            await _settle(pilot)
            # Leading blanks are text here, which some renderers would take away.
            svg = app.export_screenshot(title="preventad-tui")
            return svg.replace("<svg ", '<svg xml:space="preserve" ', 1)
    finally:
        await workspace.aclose()


async def _go_to(pilot: Any, name: str) -> None:
    app = pilot.app
    await _wait(pilot, lambda: app.workspace.filled_in)
    await _settle(pilot)
    await pilot.press("enter")
    await _wait(pilot, lambda: isinstance(app.screen, BrowserScreen))
    screen = app.screen
    await _wait(pilot, lambda: screen.choice and screen.choice.facts)
    await _settle(pilot)
    if name == "selections":
        _save_some(screen)
    for key in PICTURES[name]:
        await pilot.press(key)
        await _settle(pilot)
    await pilot.pause(0.4)
    await _settle(pilot)
    if name == "transfers":
        plan = screen.choice.plan(FolderView(), PlanOptions())
        app.start_run(Thread(plan), plan)
        await pilot.pause(0.6)
        await _settle(pilot)
    app.clear_notifications()


@pytest.mark.usefixtures("fixed")
@pytest.mark.parametrize("name", PICTURES)
async def test_the_readme_has_its_pictures(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = FOLDER / f"{name}.svg"
    if request.config.getoption("--update-screenshots", default=False):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(await take(tmp_path / "log", name))
        to_png(path)
    assert path.is_file()
    assert f"screenshots/{name}.svg" in README.read_text()


def to_png(path: Path) -> None:
    """A picture for places that show no SVG; said where it cannot be made."""
    if (convert := shutil.which("rsvg-convert")) is None:
        print("rsvg-convert is not installed, so there are no PNG files")
        return
    target = path.with_suffix(".png")
    subprocess.run([convert, "--width=1200", "-o", target, path], check=True)
