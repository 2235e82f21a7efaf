"""The browser, the plan and a download against every generation of server, in both types."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.credentials import Credentials
from preventad_tui.core.limits import Limits
from preventad_tui.core.model import DataType
from preventad_tui.core.secret import Secret
from preventad_tui.core.workspace import Workspace
from preventad_tui.demo.documents_a import rating
from preventad_tui.demo.server import DemoServer
from preventad_tui.demo.study import Image
from preventad_tui.ui.screens.plan import PlanScreen
from preventad_tui.ui.screens.resume import ResumeScreen


async def entered(kit: Any, server: DemoServer, **settings: Any) -> Workspace:
    """A real workspace, logged in."""
    wanted = replace(kit.settings, server=server.url, **settings)
    limits = Limits(keyring_timeout_s=0.5)
    workspace = Workspace(wanted, Credentials(limits=limits), limits=limits)
    await workspace.connect()
    await workspace.login(server.username, Secret(server.password))
    await workspace.settle_project()
    return workspace


async def download(kit: Any, pilot: Any, app: Any, *keys: str) -> str:
    """Tick with these keys, look at the plan, start, and wait for the end; gives the plan."""
    await pilot.press(*keys, "d")
    await kit.wait_for(pilot, lambda: isinstance(app.screen, PlanScreen))
    await kit.wait_for(pilot, lambda: "to fetch" in kit.text(app))
    text = kit.text(app)
    await pilot.press("enter")
    await kit.wait_for(pilot, lambda: app.bridge.run is not None, 20)
    await kit.wait_for(pilot, lambda: not app.bridge.is_running, 40)
    return str(text)


def files_below(root: Path) -> set[str]:
    paths = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if path.parts[0] != ".preventad-tui"}


def magnitudes_against_their_numbers(server: DemoServer) -> list[Image]:
    return [
        image
        for image in server.study.images
        if image.kind.scan_type.startswith("fieldmap-mag")
        and 2 - image.number % 2 != int(image.bids_stem[-1])
    ]


@pytest.mark.parametrize("generation", ["a", "b24", "b26", "b28"])
@pytest.mark.parametrize("data_type", list(DataType))
async def test_a_session_is_downloaded_by_keys(
    kit: Any, tmp_path: Path, generation: Any, data_type: DataType
) -> None:
    out = tmp_path / "out"
    with DemoServer(generation=generation, candidates=3, body_scale=0.05) as server:
        swapped = magnitudes_against_their_numbers(server)[0]
        settings = {"outputdir": out, "type": data_type}
        app = kit.app(await entered(kit, server, **settings))
        async with app.run_test(size=(100, 30)) as pilot:
            await kit.ready(pilot)
            # The filter narrows to one session; all that is shown is ticked.
            words = f"{swapped.candidate} {swapped.visit}"
            await pilot.press("slash", *words, "enter")
            text = await download(kit, pilot, app, "a")
        assert ("no BIDS files of its own" in text) is (
            generation != "a" and data_type is DataType.BIDS
        )
        session = server.study.session(swapped.candidate, swapped.visit)
        assert session is not None
        found = files_below(out)
        if data_type is DataType.BIDS:
            wanted = {name for image in session.bids_images for name in image.bids_names}
            path = f"sub-{swapped.candidate}/ses-{swapped.visit}/fmap/{swapped.bids_stem}.json"
            assert (out / path).read_bytes() == server.body(path)
        else:
            wanted = {image.minc_name for image in session.images}
        assert wanted <= {path.rpartition("/")[2] for path in found}


async def test_a_table_is_ticked_downloaded_and_resumed(
    kit: Any, tmp_path: Path, isolated: Callable[..., Path]
) -> None:
    out = tmp_path / "out"
    with DemoServer(candidates=1, body_scale=0.05) as server:
        app = kit.app(await entered(kit, server, outputdir=out))
        async with app.run_test(size=(90, 30)) as pilot:
            await kit.ready(pilot)
            await pilot.press("G")  # the last top row
            assert "data releases 0/3" in kit.rows(app)[-1]
            await pilot.press("right", "down", "right", "down", "down", "space")
            text = await download(kit, pilot, app)
            assert "data releases (tables)" in text
            await pilot.press("1")
            await kit.settled(pilot)
            rows = "\n".join(kit.rows(app))
            assert re.search(r"\[x\] Demographics_Demo.csv .* (on disk|verified)", rows)
            assert re.search(r"\[ \] Recall_Demo.csv .* new", rows)
            await pilot.press("i")
            await kit.wait_for(pilot, lambda: "MD5" in kit.text(app))
            assert "data_releases/demo_1.0/Demographics_Demo.csv" in kit.text(app)
            app.get_screen("browser").save_before_leaving()
        wanted = "data_releases/demo_1.0/Demographics_Demo.csv"
        assert files_below(out) == {wanted}
        assert (out / wanted).read_bytes() == server.body_of_link(
            "/projects/loris/data_releases/Demographics_Demo.csv"
        )
        app = kit.app(await entered(kit, server))
        async with app.run_test(size=(90, 30)) as pilot:
            await kit.wait_for(pilot, lambda: isinstance(app.screen, ResumeScreen))
            assert "selected    1 table" in kit.text(app)
            await pilot.press("enter")
            await kit.ready(pilot)
            assert "1 table" in kit.text(app)
            assert "[x] Demographics_Demo.csv" in kit.text(app)


async def test_keys_count_tables_and_the_filter_shows_them(kit: Any) -> None:
    with DemoServer(candidates=1, body_scale=0.05) as server:
        app = kit.app(await entered(kit, server))
        async with app.run_test(size=(90, 30)) as pilot:
            screen = await kit.ready(pilot)
            selection = screen.choice.selection
            for _ in range(3):  # in all three orders
                assert "data releases" in kit.rows(app)[-1]
                await pilot.press("v")
            await pilot.press("a")
            await kit.settled(pilot)
            assert "and 3 tables ticked" in kit.told(app)
            assert "3 tables" in kit.text(app)
            await pilot.press("U")
            assert selection.is_empty
            await pilot.press("slash", *"recall", "enter")
            await kit.wait_for(pilot, lambda: len(kit.rows(app)) == 1)
            await pilot.press("a", "escape")
            assert selection.tables == {"demo_1.0/Recall_Demo.csv"}
            await pilot.press("slash", *"data", "underscore", *"releases", "enter")
            await kit.wait_for(pilot, lambda: len(kit.rows(app)) == 1)
            await pilot.press("space")
            assert (len(selection.tables), selection.count) == (3, 0)
            await pilot.press("u")
            assert len(selection.tables) == 1
            await pilot.press("slash")
            await pilot.press("ctrl+u", *"t1w", "enter")
            await kit.wait_for(pilot, lambda: "data releases" not in "".join(kit.rows(app)))


async def test_a_server_without_tables_shows_none(kit: Any) -> None:
    with DemoServer(generation="b28", candidates=1) as server:
        app = kit.app(await entered(kit, server))
        async with app.run_test(size=(90, 30)) as pilot:
            await kit.ready(pilot)
            assert "data releases" not in kit.text(app)


async def test_the_next_start_asks_only_for_what_is_new(
    kit: Any, tmp_path: Path, isolated: Callable[..., Path]
) -> None:
    with DemoServer(generation="b28", candidates=1) as server:
        lists = []
        for _ in range(2):
            server.forget_requests()
            app = kit.app(await entered(kit, server, outputdir=tmp_path / "out"))
            async with app.run_test(size=(100, 30)) as pilot:
                screen = await kit.ready(pilot)
                await kit.wait_for(pilot, lambda screen=screen: not screen.news.is_reading)
            lists.append([one.path for one in server.requests if "/images" in one.path])
        assert len(lists[0]) > 1
        assert len(lists[1]) == 1
        assert "since=" in lists[1][0]


@pytest.mark.parametrize("generation", ["a", "b28"])
async def test_ratings_are_shown_and_filter(kit: Any, generation: Any) -> None:
    with DemoServer(generation=generation, candidates=1) as server:
        failed = [image for image in server.study.images if rating(image)[0] == "Fail"]
        failed = [image for image in failed if image.bids_stem]
        assert failed
        app = kit.app(await entered(kit, server))
        async with app.run_test(size=(100, 40)) as pilot:
            await kit.ready(pilot)
            assert "QC" not in kit.text(app)
            await pilot.press("slash", *"qc:fail", "enter")
            await kit.wait_for(pilot, lambda: "QC fail " in kit.text(app))  # as it was read
            await pilot.press("equals_sign", "G", "right")  # the last modality
            await kit.wait_for(pilot, lambda: "QC Fail" in kit.text(app))
            assert "QC Pass" not in kit.text(app)
            # The last row is an image; its details say more.
            await pilot.press("G", "i")
            await kit.wait_for(pilot, lambda: "MINC file" in kit.text(app))
            assert "QC            Fail" in kit.text(app)
