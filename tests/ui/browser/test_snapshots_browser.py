"""How the browser's screens look, at 80x24 and 120x40; looked at as pictures when they change."""

from collections import namedtuple
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core import folder_look
from preventad_tui.core.folder import FolderIdentity, OutputFolder
from preventad_tui.core.last_session import LastSession, View
from preventad_tui.core.ledger import LedgerLine
from preventad_tui.core.model import DataType, ReleaseFile
from preventad_tui.core.regions import Region
from preventad_tui.core.rules import Rules
from preventad_tui.core.saved import SavedSelection
from preventad_tui.core.states import FileState
from preventad_tui.ui.screens import selections
from preventad_tui.ui.screens.resume import ResumeScreen

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
FOLDER = Path("/tmp/preventad-tui-snapshot/scratch/jdoe/preventad")
Usage = namedtuple("Usage", "free")

SAVED = SavedSelection(
    "baseline T1w",
    "https://openpreventad.loris.ca",
    "loris",
    DataType.BIDS,
    Rules(include=(Region(visit="PREBL00", modality="t1w"),)),
    tuple(f"image {number}" for number in range(1204)),
    "2026-11-20T09:00:00Z",
    "",
    "for the poster",
    "2026-11-20T09:30:00Z",
    "/scratch/jdoe/preventad",
)


@pytest.fixture(autouse=True)
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Free space and surroundings that do not change."""
    monkeypatch.setattr(folder_look.shutil, "disk_usage", lambda _path: Usage(812_000_000_000))
    monkeypatch.setenv("TMUX", "yes")
    monkeypatch.setattr(selections, "list_selections", lambda _folder: [SAVED])


def keys(kit: Any, *pressed: str) -> Any:
    """Press keys once the browser is there, and wait for what they set going."""

    async def run_before(pilot: Any) -> None:
        await kit.ready(pilot)
        for key in pressed:
            await pilot.press(key)
            await kit.settled(pilot)
        if "slash" in pressed:
            await pilot.pause(0.3)
            await kit.settled(pilot)

    return run_before


@SIZES
def test_browser_closed(kit: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(kit.app(), terminal_size=size, run_before=keys(kit))


@SIZES
def test_browser_open_with_ticks(kit: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    pressed = ("right", "down", "space", "right", "down", "down", "down", "right", "space")
    assert snap_compare(kit.app(), terminal_size=size, run_before=keys(kit, *pressed))


@SIZES
def test_browser_filtered(kit: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    pressed = ("slash", *"t1w bold prefu".replace(" ", "_"))
    typed = tuple("space" if key == "_" else key for key in pressed)
    run_before = keys(kit, *typed, "enter", "right", "space")
    assert snap_compare(kit.app(), terminal_size=size, run_before=run_before)


@SIZES
def test_browser_with_data_releases(kit: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    tables = tuple(
        ReleaseFile(version, f"/projects/loris/data_releases/{name}.csv")
        for version, name in (("2.0", "Demographics"), ("2.0", "RBANS"), ("1.0", "Genetics"))
    )
    app = kit.app(kit.workspace(replace(kit.catalogue(), releases=tables)))
    run_before = keys(kit, "G", "right", "down", "right", "down", "space")
    assert snap_compare(app, terminal_size=size, run_before=run_before)


@SIZES
def test_facets(kit: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    run_before = keys(kit, "f", "down", "space", "G", "space")
    assert snap_compare(kit.app(), terminal_size=size, run_before=run_before)


@SIZES
def test_plan(kit: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    app = kit.app(kit.workspace(outputdir=FOLDER, modalities=("t1w", "rest")))
    assert snap_compare(app, terminal_size=size, run_before=keys(kit, "d"))


@SIZES
def test_saved_selections(kit: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(kit.app(), terminal_size=size, run_before=keys(kit, "o"))


@SIZES
def test_resume(kit: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    view = View((), cursor_key=None, screen="transfers")
    session = LastSession(SAVED, "open", view, "2026-11-21T18:12:00Z", 2301, 17_300_000_000, True)

    async def run_before(pilot: Any) -> None:
        await kit.ready(pilot)
        await pilot.app.push_screen(ResumeScreen(session, session.selection.name))
        await kit.settled(pilot)

    assert snap_compare(kit.app(), terminal_size=size, run_before=run_before)


@SIZES
def test_details(kit: Any, snap_compare: Any, size: tuple[int, int], tmp_path: Path) -> None:
    base = "sub-1024138/ses-PREBL00/anat/sub-1024138_ses-PREBL00_run-001_FLAIR"
    server = "https://openpreventad.loris.ca"
    lines = [
        LedgerLine(f"{base}.nii.gz", "", server, 0, 0, "", "", FileState.FAILED, "truncated", 5,
                   "2026-11-20T09:30:00Z", "", "0.1.0"),
        LedgerLine(f"{base}.json", "", server, 1300, 0, "0" * 32, '"etag"', FileState.ON_DISK,
                   "", 1, "2026-11-20T09:30:00Z", "", "0.1.0"),
    ]  # fmt: skip
    with OutputFolder.open(tmp_path / "out", FolderIdentity(server, "loris", DataType.BIDS)) as out:
        out.record(lines)
    app = kit.app(kit.workspace(outputdir=tmp_path / "out"))
    pressed = ("right", "right", "right", "right", "right", "right", "i")
    assert snap_compare(app, terminal_size=size, run_before=keys(kit, *pressed))
