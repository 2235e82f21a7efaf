"""The browser keeps its place, jumps, verifies, explains: by keys, over real folders."""

import hashlib
import json
from typing import Any

import pytest

from preventad_tui.core.last_session import load_last_session
from preventad_tui.core.model import DataType
from preventad_tui.core.paths import state_dir
from preventad_tui.core.regions import Region
from preventad_tui.core.states import FileState
from preventad_tui.ui.screens.browser import BrowserScreen
from preventad_tui.ui.screens.details import DetailsModal

SECOND = "1024145"


async def press(kit: Any, pilot: Any, *keys: str) -> None:
    await pilot.press(*keys)
    await kit.settled(pilot)


def named(candidate: str, kind: str = "T1w", ending: str = ".nii.gz") -> str:
    stem = f"sub-{candidate}_ses-PREBL00_run-001_{kind}"
    return f"sub-{candidate}/ses-PREBL00/anat/{stem}{ending}"


async def test_cursor_and_branches_survive_filter_order_refresh_restart(kit: Any) -> None:
    workspace = kit.workspace(kit.catalogue(4))
    app = kit.app(workspace)
    place = Region(SECOND, "PREEN00", "bold")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)

        def outline() -> Any:
            return screen.choice.outline

        await press(kit, pilot, "j", "right", "right", "j", "right", "right", *"jj")
        while outline().cursor_key != place:
            before = outline().cursor_key
            await press(kit, pilot, "j" if outline().cursor_key.modality != "bold" else "k")
            assert outline().cursor_key != before
        await press(kit, pilot, "space")
        rows = kit.rows(app)
        await press(kit, pilot, "slash", *"bold", "enter")
        assert outline().cursor_key == place
        await press(kit, pilot, "escape")
        assert (outline().cursor_key, kit.rows(app)) == (place, rows)
        await press(kit, pilot, "v", "v", "v")
        assert outline().cursor_key == place
        assert set(outline().open_keys) >= {Region(SECOND), Region(SECOND, "PREEN00")}
        workspace.offered[DataType.BIDS] = kit.catalogue(6)
        await press(kit, pilot, "R")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, DetailsModal))
        await press(kit, pilot, "escape")
        assert outline().cursor_key == place
        await press(kit, pilot, "j")  # moving alone is kept too, on the way out
        moved, shown = outline().cursor_key, kit.rows(app)
        screen.save_before_leaving()
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.wait_for(pilot, lambda: "Go on where you left?" in kit.text(app))
        await press(kit, pilot, "enter")
        screen = await kit.ready(pilot)
        assert screen.choice.outline.cursor_key == moved
        assert kit.rows(app) == shown


async def test_the_offer_to_resume_survives_a_kill_before_its_answer(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "space")
        app.screen.save_before_leaving()
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.wait_for(pilot, lambda: "Go on where you left?" in kit.text(app))
        await kit.wait_for(pilot, lambda: app.get_screen("browser").choice)
        await pilot.pause(1.3)  # longer than a change waits before it is written
        app.get_screen("browser").save_before_leaving()
    session = load_last_session(state_dir())
    assert session is not None
    assert session.images == 27


async def test_n_goes_from_failure_to_failure_else_from_match_to_match(kit: Any) -> None:
    kit.filled(kit.tmp_path / "out", {}, failed=(named("1024138"), named("1024152")))
    app = kit.app(kit.workspace(outputdir=kit.tmp_path / "out"))
    async with app.run_test(size=(80, 24)) as pilot:
        outline = (await kit.ready(pilot)).choice.outline
        for key, candidate in (("n", "1024138"), ("n", "1024152"), ("N", "1024138")):
            await press(kit, pilot, key)
            assert outline.row(outline.cursor).key[:3] == (candidate, "PREBL00", "t1w")
            assert outline.row(outline.cursor).state is FileState.FAILED
    app = kit.app(kit.workspace(outputdir=kit.tmp_path / "elsewhere"))
    async with app.run_test(size=(80, 24)) as pilot:
        outline = (await kit.ready(pilot)).choice.outline
        await press(kit, pilot, "n")
        assert "Nothing failed, and no filter is on." in kit.told(app)
        await press(kit, pilot, "slash", *"prefu24 t1w", "enter", "n", "n")
        assert outline.row(outline.cursor).key[:3] == (SECOND, "PREFU24", "t1w")
        await press(kit, pilot, "N")
        assert outline.row(outline.cursor).key[:3] == ("1024138", "PREFU24", "t1w")


async def test_verify_finds_what_was_damaged_and_removed(kit: Any) -> None:
    out = kit.tmp_path / "out"
    kit.filled(out, {named("1024138"): b"whole" * 100, named(SECOND): b"whole" * 100})
    app = kit.app(kit.workspace(outputdir=out))
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "V")
        await kit.wait_for(pilot, lambda: "2 files" in kit.told(app))
        (out / named(SECOND)).write_bytes(b"other" * 100)
        (out / named("1024138")).unlink()
        await press(kit, pilot, "V")
        await kit.wait_for(pilot, lambda: "1 missing, 1 changed" in kit.told(app))
        await kit.settled(pilot)
        rows = kit.rows(app)
        assert rows[0].endswith(" missing")
        assert rows[1].endswith(" 1 changed")


async def test_details_say_what_the_sidecar_says_and_why_a_file_failed(kit: Any) -> None:
    sidecar = json.dumps({"RepetitionTime": 2.3, "Manufacturer": "[red]Siemens[/red]\x1b[2J"})
    kit.filled(
        kit.tmp_path / "out",
        {named("1024138", ending=".json"): sidecar.encode()},
        failed=(named("1024138"),),
    )
    app = kit.app(kit.workspace(outputdir=kit.tmp_path / "out"))
    async with app.run_test(size=(120, 50)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "n", "i")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, DetailsModal))
        await kit.settled(pilot)
        text = kit.text(app)
        for said in (
            "why         truncated", "tried       5 times", "what to do", "ETag        \"tag\"",
            "fetched     2026-09-12 09:30:00Z", f"bytes       {len(sidecar)}",
            hashlib.md5(sidecar.encode(), usedforsecurity=False).hexdigest(),
            "RepetitionTime", "2.3", "[red]Siemens[/red]",
        ):  # fmt: skip
            assert said in text, said
        assert "\x1b" not in text
        await pilot.resize_terminal(60, 60)
        await kit.settled(pilot)
        path = named("1024138")
        shown = [row.strip() for row in kit.shown(app)]
        start = next(at for at, row in enumerate(shown) if row.startswith("path  "))
        assert shown[start].split()[1] + shown[start + 1] == path  # in full, on two rows


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_hints_lead_on(kit: Any, size: tuple[int, int]) -> None:
    app = kit.app(kit.workspace(outputdir=kit.tmp_path / "out"))
    async with app.run_test(size=size) as pilot:
        await kit.ready(pilot)

        def first_hint() -> str:
            return kit.shown(app)[-1].split("  ")[0].strip()

        assert first_hint() == "space Tick"
        await press(kit, pilot, "space")
        assert first_hint() == "d Plan"
        await press(kit, pilot, "d", "enter")
        await kit.wait_for(pilot, lambda: app.bridge.is_running)
        await press(kit, pilot, "1")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, BrowserScreen))
        await kit.wait_for(pilot, lambda: first_hint() == "2 Transfers")
