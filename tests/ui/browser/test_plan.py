"""The plan by its keys: folder, numbers, warnings, the start."""

import os
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.config import MissingFiles
from preventad_tui.core.events import RunState, Snapshot
from preventad_tui.core.folder import FolderIdentity, OutputFolder
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.model import DataType
from preventad_tui.core.plan import PlanOptions
from preventad_tui.ui.screens.fields import FieldsModal
from preventad_tui.ui.screens.plan import PlanScreen
from preventad_tui.ui.screens.transfers import TransfersScreen


async def press(kit: Any, pilot: Any, *keys: str) -> None:
    await pilot.press(*keys)
    await kit.settled(pilot)


async def planned(kit: Any, pilot: Any) -> None:
    """Tick the first candidate's first visit and show the plan."""
    await kit.ready(pilot)
    await press(kit, pilot, "right", "right", "space", "d")


async def test_the_plan_needs_something_ticked(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "d")
        assert app.screen is screen
        assert "Nothing is ticked yet" in kit.told(app)


async def test_the_plan_counts_by_modality(kit: Any, tmp_path: Path) -> None:
    app = kit.app(kit.workspace(outputdir=tmp_path / "out"))
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(kit, pilot)
        text = "\n".join(" ".join(row.split()) for row in kit.shown(app))
        assert "bold (rest) 2 4 ~61.0 MB" in text
        assert "scans and study files - 4" in text
        assert "selected 7 18" in text
        assert "new: it is made at the start" in text
        assert not (tmp_path / "out").exists()
        await press(kit, pilot, "escape")
        assert app.screen is app.get_screen("browser")


async def test_the_help_of_the_plan_has_one_line_for_a_key(kit: Any, tmp_path: Path) -> None:
    app = kit.app(kit.workspace(outputdir=tmp_path / "out"))
    async with app.run_test(size=(80, 60)) as pilot:
        await planned(kit, pilot)
        await press(kit, pilot, "?")
        keyed = [row[1:].split()[:1] for row in kit.shown(app) if row[1:].startswith("  ")]
        assert keyed.count(["n"]) == 1
        assert "ask the server for newer versions" in kit.text(app)
        assert "failure" not in kit.text(app)
        # And the palette offers nothing that nobody does here.
        await press(kit, pilot, "escape", "colon", *"next")
        assert "no command has these words" in kit.text(app)


async def test_without_a_folder_it_asks_and_completes_with_tab(kit: Any, tmp_path: Path) -> None:
    (tmp_path / "preventad-data").mkdir()
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(kit, pilot)
        assert isinstance(app.screen, FieldsModal)
        await press(kit, pilot, "ctrl+u", *str(tmp_path / "prev"), "tab")
        await press(kit, pilot, "enter")
        assert isinstance(app.screen, PlanScreen)
        # The screen is narrower than the path may be, so the field's own value is asked.
        assert app.screen._folder == tmp_path / "preventad-data"
        assert "an empty folder" in kit.text(app)


async def test_e_changes_the_folder_and_escape_keeps_it(kit: Any, tmp_path: Path) -> None:
    app = kit.app(kit.workspace(outputdir=tmp_path / "one"))
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(kit, pilot)
        await press(kit, pilot, "e", "ctrl+u", "x", "escape")
        assert app.screen._folder == tmp_path / "one"
        await press(kit, pilot, "e", "ctrl+u", *str(tmp_path / "two"), "enter")
        assert app.screen._folder == tmp_path / "two"
        await press(kit, pilot, "escape")
        assert app.get_screen("browser").folder == tmp_path / "two"


@pytest.mark.parametrize("name", ["file", "file/below", "theirs"])
async def test_what_is_wrong_with_a_folder_is_said(kit: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    identity = FolderIdentity("https://elsewhere.example", "loris", DataType.BIDS)
    OutputFolder.open(tmp_path / "theirs", identity).close()
    app = kit.app(kit.workspace(outputdir=tmp_path / name))
    async with app.run_test(size=(120, 40)) as pilot:
        await planned(kit, pilot)
        assert app.screen._sheet.trouble
        await press(kit, pilot, "enter")
        assert isinstance(app.screen, PlanScreen)
        assert app.screen._sheet.trouble
        assert not app.workspace.engines


async def test_keys_of_the_plan(kit: Any, tmp_path: Path) -> None:
    app = kit.app(kit.workspace(outputdir=tmp_path / "out"))
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(kit, pilot)
        await press(kit, pilot, ">", ">", ">", ">", ">", ">")
        assert "8 at once" in kit.text(app)
        await press(kit, pilot, "<")
        assert "7 at once" in kit.text(app)
        await press(kit, pilot, "n")
        assert "asked for newer versions" in kit.text(app)
        await press(kit, pilot, "m")
        assert app.screen._options.missing is MissingFiles.LEAVE


async def test_f_adds_the_fieldmaps(kit: Any, tmp_path: Path) -> None:
    app = kit.app(kit.workspace(outputdir=tmp_path / "out", modalities=("bold",)))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "d")
        assert "bold is selected without its fieldmaps (24 images" in kit.text(app)
        await press(kit, pilot, "f")
        assert screen.choice.selection.count == 48 + 24
        assert "without its fieldmaps" not in kit.text(app)


async def test_warnings_that_are_true(kit: Any, isolated: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    app = kit.app(kit.workspace(outputdir=isolated / "out"))
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(kit, pilot)
        assert "Not inside tmux or screen" in kit.text(app)
        assert "In your home folder" in kit.text(app)


async def test_enter_starts_and_shows_the_transfers(kit: Any, tmp_path: Path) -> None:
    workspace = kit.workspace(outputdir=tmp_path / "out")
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(kit, pilot)
        await press(kit, pilot, ">")
        await pilot.press("enter")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, TransfersScreen))
        plan, settings = workspace.engines[0]
        assert plan.totals.files == 18
        assert settings["jobs"] == 5
        assert settings["give_up_after_s"] is None
        assert settings["wait_for_storage"]
        assert (tmp_path / "out" / ".preventad-tui").is_dir()


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.PAUSED, RunState.WAITING])
async def test_what_a_download_stands_against_says_how_it_stands(
    kit: Any, tmp_path: Path, state: RunState
) -> None:
    workspace = kit.workspace(outputdir=tmp_path / "out")
    workspace.thread.engine.snapshot = lambda: Snapshot(state=state)
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(kit, pilot)
        await pilot.press("enter")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, TransfersScreen))
        await press(kit, pilot, "1", "V")
        assert f"A download is {state}; verify when it is over." in kit.told(app)
        await press(kit, pilot, "d", "enter")
        assert f"A download is {state}: let it end" in kit.text(app)
        await press(kit, pilot, "q")
        assert f"A download is {state}. Quit?" in kit.text(app)


async def with_all_on_disk(kit: Any, pilot: Any, out: Path) -> list[str]:
    """Put all that `planned` ticks into the folder, as a download does; gives the paths."""
    screen = await kit.ready(pilot)
    await press(kit, pilot, "right", "right", "space")
    items = screen.choice.plan(FolderView(), PlanOptions()).items
    names = [item.file.path for item in items]
    kit.filled(out, dict.fromkeys(names, b"whole" * 100))
    return names


def hints(kit: Any, app: Any) -> str:
    return str(kit.shown(app)[-1])


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_with_nothing_to_fetch_it_says_what_to_do_and_starts_nothing(
    kit: Any, tmp_path: Path, size: tuple[int, int]
) -> None:
    workspace = kit.workspace(outputdir=tmp_path / "out")
    app = kit.app(workspace)
    async with app.run_test(size=size) as pilot:
        await with_all_on_disk(kit, pilot, tmp_path / "out")
        await press(kit, pilot, "d")
        assert isinstance(app.screen, PlanScreen)
        assert "Start" not in hints(kit, app)
        said = "Nothing to fetch: all of it is on disk. n asks the server for newer versions; V in "
        said += "the browser verifies what is on disk."
        assert said in " ".join(kit.text(app).replace("▇", " ").split())
        assert "enter looks through" not in kit.text(app)
        await press(kit, pilot, "enter")
        assert isinstance(app.screen, PlanScreen)
        assert kit.told(app) == said
        assert workspace.engines == []
        # What the sentence names is so: asking for newer versions is something to start.
        await press(kit, pilot, "n")
        assert "enter Start" in hints(kit, app)
        await pilot.press("enter")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, TransfersScreen))
        assert workspace.engines[0][1]["check_updates"]


async def test_what_was_removed_and_is_left_is_nothing_to_fetch(kit: Any, tmp_path: Path) -> None:
    workspace = kit.workspace(outputdir=tmp_path / "out")
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        names = await with_all_on_disk(kit, pilot, tmp_path / "out")
        (tmp_path / "out" / names[-1]).unlink()
        await press(kit, pilot, "d")
        assert "enter Start" in hints(kit, app)
        await press(kit, pilot, "m")
        await press(kit, pilot, "enter")
        assert "was removed, and is left so. m fetches it again; n asks" in kit.told(app)
        assert workspace.engines == []
        await press(kit, pilot, "m")
        await pilot.press("enter")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, TransfersScreen))


async def test_a_start_that_only_looks_through_what_is_here_stays(kit: Any, tmp_path: Path) -> None:
    workspace = kit.workspace(outputdir=tmp_path / "out")
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        names = await with_all_on_disk(kit, pilot, tmp_path / "out")
        os.utime(tmp_path / "out" / names[-1], (1, 1))  # copied, say: the content decides
        await press(kit, pilot, "d")
        assert "enter looks through what is here" in kit.text(app)
        assert "enter Start" in hints(kit, app)
        await pilot.press("enter")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, TransfersScreen))
        assert not workspace.engines[0][0].totals.to_fetch_files


async def test_at_60_columns_every_number_and_sentence_is_whole(kit: Any, tmp_path: Path) -> None:
    app = kit.app(kit.workspace(outputdir=tmp_path / "out"))
    async with app.run_test(size=(60, 16)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "a", "d")
        seen = kit.shown(app)
        heading = next(row for row in seen if row.endswith("size"))
        sums = [row for row in seen if row.startswith("   selected")]
        assert len(sums) == 1
        assert all(len(row.rstrip(" ▁▂▃▄▅▆▇█")) <= len(heading) for row in sums)
        assert sums[0].split()[-1] in ("kB", "MB", "GB")
        await press(kit, pilot, "G")
        below = [row for row in kit.shown(app)[2:] if "…" in row and str(tmp_path) not in row]
        assert below == []
