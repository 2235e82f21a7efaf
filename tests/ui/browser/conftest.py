"""A browser over a made-up catalogue and a folder of the test's own, driven by keys."""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.events import Mount
from textual.screen import Screen

from preventad_tui.core.config import Settings
from preventad_tui.core.credentials import LoginFailures
from preventad_tui.core.errors import PreventADError
from preventad_tui.core.events import Snapshot
from preventad_tui.core.folder import FolderIdentity, OutputFolder
from preventad_tui.core.http import TokenBox
from preventad_tui.core.ledger import LedgerLine
from preventad_tui.core.model import Catalogue, DataType, Image, Session
from preventad_tui.core.server import Server, parse_server
from preventad_tui.core.states import FileState
from preventad_tui.ui import app as ui_app
from preventad_tui.ui import clock
from preventad_tui.ui.app import PreventADApp
from preventad_tui.ui.screens.browser import BrowserScreen

SCANS = (
    ("anat", "FLAIR-defaced", "FLAIR", "FLAIR"),
    ("anat", "t1w-defaced", "t1w", "T1w"),
    ("asl", "asl", "asl", "asl"),
    ("dwi", "dwi65", "dwi65", "dwi"),
    ("fmap", "fieldmap-phasediff", "fieldmap", "phasediff"),
    ("func", "bold", "bold", "task-rest_bold"),
)
VISITS = ("PREBL00", "PREEN00", "PREFU12", "PREFU24")
SERVER = "https://openpreventad.loris.ca"
NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


def made_images(
    candidates: int, data_type: DataType, visits: tuple[str, ...] = VISITS
) -> tuple[Image, ...]:
    """Two bold runs, one of the others, in every visit; PREFU24 lacks dwi65."""
    images = []
    for number in range(candidates):
        candidate = f"{1024138 + number * 7}"
        for visit in visits:
            scans = [scan for scan in SCANS if not (visit == "PREFU24" and scan[2] == "dwi65")]
            for folder, scan_type, modality, suffix in sorted(scans, key=lambda scan: scan[2]):
                for run in range(1, 3 if modality == "bold" else 2):
                    minc = f"preventad_{candidate}_{visit}_{scan_type}_{run:03}.mnc"
                    stem = f"sub-{candidate}_ses-{visit}_run-{run:03}_{suffix}"
                    base = f"/projects/loris/bids/sub-{candidate}/ses-{visit}/{folder}/{stem}"
                    bids = data_type is DataType.BIDS
                    links = (f"{base}.nii.gz", f"{base}.json") if bids else (f"/candidates/{minc}",)
                    images.append(
                        Image.with_links(candidate, visit, scan_type, modality, folder, minc,
                              stem if bids else minc, links)
                    )  # fmt: skip
    return tuple(images)


def made_catalogue(
    candidates: int = 6,
    data_type: DataType = DataType.BIDS,
    visits: tuple[str, ...] = VISITS,
    images: tuple[Image, ...] | None = None,
) -> Catalogue:
    """A catalogue in the order that catalogues have."""
    images = made_images(candidates, data_type, visits) if images is None else images
    images = tuple(sorted(images, key=lambda i: (i.candidate, i.visit, i.modality, i.name)))
    places = dict.fromkeys((image.candidate, image.visit) for image in images)
    return Catalogue(
        SERVER,
        "loris",
        data_type,
        "2026-11-22T14:02:00Z",
        images,
        tuple(
            Session(
                candidate,
                visit,
                tuple(
                    f"/projects/loris/bids/sub-{candidate}/ses-{visit}/"
                    f"sub-{candidate}_ses-{visit}_scans.{ending}"
                    for ending in ("tsv", "json")
                ),
            )
            for candidate, visit in places
        ),
        study_links=("/projects/loris/bids/README", "/projects/loris/bids/participants.tsv"),
        digest=f"{data_type}-{len(images)}",
    )


def filled(path: Path, files: dict[str, bytes], failed: tuple[str, ...] = ()) -> None:
    """A folder with these files on disk and in its ledger, and some that failed."""
    lines = []
    with OutputFolder.open(path, FolderIdentity(SERVER, "loris", DataType.BIDS)) as folder:
        for name, content in files.items():
            place = path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
            lines.append(ledger_line(name, FileState.ON_DISK, place, digest))
        lines += [ledger_line(name, FileState.FAILED) for name in failed]
        folder.record(lines)


def ledger_line(
    name: str, state: FileState, place: Path | None = None, md5: str = ""
) -> LedgerLine:
    stat = place.stat() if place else None
    size, mtime = (stat.st_size, stat.st_mtime_ns) if stat else (0, 0)
    reason = "" if state.is_good else "truncated"
    return LedgerLine(name, "", SERVER, size, mtime, md5, '"tag"', state, reason, 5,
                      "2026-09-12T09:30:00Z", "", "0.1.0")  # fmt: skip


class FakeEngine:
    """Runs on without a word."""

    def send(self, command: Any) -> None:
        pass

    def snapshot(self) -> Snapshot:
        return Snapshot()

    def drain_events(self, limit: int = 500) -> list[Any]:
        return []


class FakeThread:
    """A thread that is none."""

    error = None

    def __init__(self) -> None:
        self.engine = FakeEngine()

    def start(self) -> None:
        pass

    def join(self, timeout_s: float) -> None:
        pass


class FakeWorkspace:
    """A server whose catalogues are given; folders are real ones."""

    is_without_account = False
    published_sizes: dict[str, int] = {}  # noqa: RUF012

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self.settings = settings
        self.server: Server | None = parse_server("open")
        self.identity = self.server.identity
        self.project = "loris"
        self.tokens = TokenBox(user="jdoe")
        self.failures = LoginFailures()
        self.can_renew = False
        self.folder: OutputFolder | None = None
        self.cached: dict[DataType, Catalogue] = {}
        self.offered: dict[DataType, Catalogue | PreventADError] = {catalogue.type: catalogue}
        self.engines: list[tuple[Any, dict[str, Any]]] = []
        self.thread: Any = FakeThread()

    def cached_catalogue(self, data_type: DataType) -> Catalogue | None:
        return self.cached.get(data_type)

    async def read_catalogue(self, data_type: DataType, on_progress: Any = None) -> Catalogue:
        offered = self.offered[data_type]
        if isinstance(offered, PreventADError):
            raise offered
        return offered

    def open_folder(
        self, path: Path, data_type: DataType, *, force: bool | None = None
    ) -> OutputFolder:
        identity = FolderIdentity(self.identity, self.project, data_type)
        self.folder = OutputFolder.open(path, identity, force=bool(force))
        return self.folder

    def engine(self, plan: Any, folder: Any, **settings: Any) -> Any:
        self.engines.append((plan, settings))
        return self.thread

    async def aclose(self) -> None:
        if self.folder:
            self.folder.close()


class BrowserApp(PreventADApp):
    """The program, with the login behind it."""

    CSS_PATH = Path(ui_app.__file__).with_name("app.tcss")

    def on_mount(self, event: Mount) -> None:  # type: ignore[override]
        event.prevent_default()
        self.set_interval(0.2, self._tick)
        self.push_screen(Screen())
        self.call_later(self.enter_browser)


@dataclass
class BrowserKit:
    """What tests of the browser are made of."""

    settings: Settings
    tmp_path: Path
    catalogue: Callable[..., Catalogue] = made_catalogue
    images: Callable[..., tuple[Image, ...]] = made_images
    filled: Callable[..., None] = filled

    def workspace(self, catalogue: Catalogue | None = None, **settings: Any) -> FakeWorkspace:
        return FakeWorkspace(replace(self.settings, **settings), catalogue or made_catalogue())

    def settings_of(self, workspace: FakeWorkspace, **settings: Any) -> Settings:
        return replace(workspace.settings, **settings)

    def app(self, workspace: FakeWorkspace | None = None) -> BrowserApp:
        return BrowserApp(workspace or self.workspace())  # type: ignore[arg-type]

    async def wait_for(
        self, pilot: Any, condition: Callable[[], object], within_s: float = 5
    ) -> None:
        """Until a condition holds; a failure names what the screen was."""
        end = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < end, f"still waiting on {pilot.app.screen!r}"
            await pilot.pause(0.02)
        await pilot.pause()

    async def ready(self, pilot: Any) -> BrowserScreen:
        """Until the catalogue is there and the folder was looked at."""
        await self.wait_for(pilot, lambda: isinstance(pilot.app.screen, BrowserScreen))
        screen: BrowserScreen = pilot.app.screen
        await self.wait_for(pilot, lambda: screen.choice and screen.choice.facts)
        await self.settled(pilot)
        return screen

    async def settled(self, pilot: Any) -> None:
        """Until no work goes on behind the screen."""
        await pilot.pause()
        browser = pilot.app.get_screen("browser")
        await self.wait_for(pilot, lambda: browser.pane.is_summed)
        await self.wait_for(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers))

    def shown(self, app: Any) -> list[str]:
        """The lines of the screen as text."""
        return [
            "".join(segment.text for segment in strip).rstrip()
            for strip in app.screen._compositor.render_strips()
        ]

    def text(self, app: Any) -> str:
        """The screen as text."""
        return "\n".join(self.shown(app))

    def told(self, app: Any) -> str:
        """What was said in passing."""
        return " ".join(note.message for note in app._notifications)

    def rows(self, app: Any) -> list[str]:
        """The tree's lines, blanks squeezed."""
        lines = self.shown(app)
        start = next(i for i, line in enumerate(lines) if "selected" in line and "state" in line)
        rows = []
        for line in lines[start + 1 :]:
            if line.startswith("─"):
                break
            rows.append(re.sub(r"\s+", " ", line).rstrip())
        return [row for row in rows if row]


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrowserKit:
    """The kit; it is 22 November 2026, 14:05 UTC, with 812 GB free."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(OutputFolder, "free_bytes", lambda _self: 812_000_000_000)
    return BrowserKit(Settings(log_file=tmp_path / "log", username="jdoe"), tmp_path)
