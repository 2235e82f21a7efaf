"""What is kept: the last session, named selections."""

from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.events import ActiveFile, FileEnded, Snapshot
from preventad_tui.core.last_session import LastSession, load_last_session
from preventad_tui.core.layout import image_files
from preventad_tui.core.model import DataType
from preventad_tui.core.paths import data_dir, state_dir
from preventad_tui.core.regions import Region
from preventad_tui.core.saved import load_selection, selection_names
from preventad_tui.core.states import FileState
from preventad_tui.ui import keeping
from preventad_tui.ui.one_run import Update
from preventad_tui.ui.screens.browser import BrowserScreen
from preventad_tui.ui.screens.confirm import ConfirmModal
from preventad_tui.ui.screens.resume import ResumeScreen
from preventad_tui.ui.screens.selections import SelectionsModal


async def press(kit: Any, pilot: Any, *keys: str) -> None:
    await pilot.press(*keys)
    await kit.settled(pilot)


def saved_names() -> list[str]:
    return selection_names(data_dir() / "selections")


async def leave_something(kit: Any, catalogue: Any = None) -> None:
    """A session in which a visit of the second candidate was ticked, left by SIGHUP's way."""
    app = kit.app(kit.workspace(catalogue, outputdir=kit.tmp_path / "out"))
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "j", "right", "right", "space")
        app.get_screen("browser").save_before_leaving()


async def offered(kit: Any, pilot: Any) -> None:
    await kit.wait_for(pilot, lambda: isinstance(pilot.app.screen, ResumeScreen))
    await kit.settled(pilot)


async def test_changes_are_kept_as_they_happen(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "space")
        await kit.wait_for(pilot, lambda: load_last_session(state_dir()) is not None)
        session = load_last_session(state_dir())
        assert session is not None
        assert session.images == 27
        assert session.view.screen == "browser"


async def test_where_writing_takes_long_a_download_s_progress_waits_a_tick_does_not(
    kit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote: list[LastSession] = []
    monkeypatch.setattr(keeping, "save_last_session", lambda session, _: wrote.append(session))
    app = kit.app(kit.workspace(kit.catalogue(2)))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await pilot.press("space")
        await kit.wait_for(pilot, lambda: len(wrote) == 1)
        screen.keeper._cost_s = 60.0
        screen.keeper.progressed()
        await pilot.pause(1.5)
        assert len(wrote) == 1
        await pilot.press("j", "space")
        await kit.wait_for(pilot, lambda: len(wrote) == 2)
        screen.keeper.progressed()  # it takes a moment again
        await kit.wait_for(pilot, lambda: len(wrote) == 3)


async def test_what_is_left_is_told_as_it_is_at_the_very_end(kit: Any) -> None:
    app = kit.app(kit.workspace(kit.catalogue(2)))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "space")
        before = screen.disk.to_fetch_files
        files = image_files(screen.choice.index.images[0], DataType.BIDS)
        ended = [FileEnded(file.path, FileState.ON_DISK, size_bytes=7) for file in files]
        app.action_show_transfers()
        await kit.settled(pilot)
        screen.know(Update(Snapshot(), tuple(ended)))
        await pilot.pause()
        assert screen.disk.to_fetch_files == before  # not in front: it is not counted all the time
        screen.save_before_leaving()
        session = load_last_session(state_dir())
        assert session is not None
        assert session.left_files == before - len(files)


async def test_a_file_that_has_ended_is_not_queued_again_by_an_older_snapshot(kit: Any) -> None:
    app = kit.app(kit.workspace(kit.catalogue(2)))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        facts = screen.choice.facts
        files = image_files(screen.choice.index.images[0], DataType.BIDS)
        active = Snapshot(
            active=tuple(ActiveFile(file.path, FileState.ACTIVE, 1, 7, 1) for file in files)
        )
        ended = tuple(FileEnded(file.path, FileState.ON_DISK, size_bytes=7) for file in files)
        for news in ((active, ()), (active, ended), (active, ()), (Snapshot(), ())):
            screen.know(Update(*news))
            await pilot.pause()
        assert facts.state(0) is FileState.ON_DISK
        screen.know(Update(active, ()))  # asked for again
        await pilot.pause()
        assert facts.state(0) is FileState.ACTIVE


async def test_the_next_start_goes_on(kit: Any) -> None:
    await leave_something(kit)
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await offered(kit, pilot)
        assert "7 images" in kit.text(app)
        assert "18 files" in kit.text(app)
        await press(kit, pilot, "enter")
        screen = app.screen
        assert isinstance(screen, BrowserScreen)
        assert screen.choice.selection.count == 7
        assert screen.choice.outline.cursor_key == Region("1024145", "PREBL00")
        assert screen.folder == kit.tmp_path / "out"


async def test_starting_anew_deletes_nothing(kit: Any) -> None:
    await leave_something(kit)
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await offered(kit, pilot)
        await press(kit, pilot, "escape")
        assert app.screen.choice.selection.count == 0
        app.screen.save_before_leaving()
        await press(kit, pilot, "space")
        app.screen.save_before_leaving()
        session = load_last_session(state_dir())
        assert session is not None
        assert session.images == 27
        assert saved_names() == ["session 2026-11-22 14.05"]


async def test_options_that_choose_are_not_asked_about_the_last_session(kit: Any) -> None:
    await leave_something(kit)
    app = kit.app(kit.workspace(everything=True))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        assert screen.choice.selection.count == 162


async def test_a_damaged_session_is_told_and_kept(kit: Any) -> None:
    state_dir().mkdir(parents=True)
    (state_dir() / "session.json").write_text("{}")
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        assert "cannot be read" in kit.told(app)
        assert (state_dir() / "session.json").read_text() == "{}"


async def test_saving_listing_renaming_deleting(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "s")
        assert "nothing to save" in kit.told(app)
        await press(kit, pilot, "space", "ctrl+s", *"baseline", "enter", *"for the poster", "enter")
        assert saved_names() == ["baseline"]
        await press(kit, pilot, "U", "o")
        assert isinstance(app.screen, SelectionsModal)
        assert "for the poster" in kit.text(app)
        await press(kit, pilot, "r", *"-2", "enter")
        assert saved_names() == ["baseline-2"]
        await press(kit, pilot, "enter")
        assert screen.choice.selection.count == 27
        await press(kit, pilot, "u")
        assert screen.choice.selection.count == 0
        await press(kit, pilot, "o", "x")
        assert isinstance(app.screen, ConfirmModal)
        await press(kit, pilot, "y")
        assert saved_names() == []
        assert "Nothing saved yet" in kit.text(app)


def hints(kit: Any, app: Any) -> str:
    """The line of keys of a question with text fields."""
    line = next(row for row in kit.shown(app) if "escape Back" in row and "enter" in row)
    return " ".join(line.replace("│", " ").split())


async def test_tab_goes_from_field_to_field_and_the_question_says_so(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "space", "s")
        assert hints(kit, app) == "enter tab Next field escape Back"
        await press(kit, pilot, *"mine", "tab")
        assert hints(kit, app) == "enter OK tab Next field escape Back"
        await press(kit, pilot, "tab", *"-2", "tab", *"seen", "enter", "o")
        assert saved_names() == ["mine-2"]
        assert "seen" in kit.text(app)
        # One field has no other to go to; a path is completed by tab, and enter goes on.
        await press(kit, pilot, "r")
        assert hints(kit, app) == "enter OK escape Back"
        await press(kit, pilot, "escape", "I")
        assert hints(kit, app) == "enter Next field tab Complete escape Back"
        await press(kit, pilot, "enter")
        assert hints(kit, app) == "enter OK tab Next field escape Back"


async def test_export_and_import(kit: Any, tmp_path: Path) -> None:
    app = kit.app()
    target = tmp_path / "mine.json"
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "space", "s", *"one", "enter", "enter", "o", "E", "ctrl+u")
        await press(kit, pilot, *str(target), "enter")
        assert len(load_selection(target).images) == 27
        await press(kit, pilot, "I", "ctrl+u", *str(target), "enter", *"two", "enter")
        assert saved_names() == ["one", "two"]
        assert "“two” is imported; enter opens it." in kit.text(app)
        assert ">two" in kit.text(app)
        await press(kit, pilot, "I", "ctrl+u", *str(tmp_path / "none"), "enter", "enter")
        assert "Check its name and rights" in kit.text(app)


async def test_an_export_replaces_no_file_unasked(kit: Any, tmp_path: Path) -> None:
    app = kit.app()
    target = tmp_path / "participants.tsv"
    target.write_text("mine")
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "space", "s", *"one", "enter", "enter", "o", "E", "ctrl+u")
        assert "tab Complete" in kit.text(app)
        await press(kit, pilot, *str(target), "enter")
        assert isinstance(app.screen, ConfirmModal)
        await press(kit, pilot, "n")
        assert target.read_text() == "mine"
        await press(kit, pilot, "E", "ctrl+u", *str(target), "enter", "y")
        assert len(load_selection(target).images) == 27


async def test_saving_over_another_selection_asks(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "space", "s", *"one", "enter", "enter")
        await press(kit, pilot, "s", "ctrl+u", *"two", "enter", "enter", "U", "j", "space")
        await press(kit, pilot, "s", "enter", "enter")  # the same name goes on
        assert not isinstance(app.screen, ConfirmModal)
        await press(kit, pilot, "s", "ctrl+u", *"one", "enter", "enter")
        assert isinstance(app.screen, ConfirmModal)
        await press(kit, pilot, "n")
        folder = data_dir() / "selections"
        ones, twos = (load_selection(folder / f"{name}.json").images for name in ("one", "two"))
        assert ones != twos
        await press(kit, pilot, "s", "ctrl+u", *"one", "enter", "enter", "y")
        assert load_selection(folder / "one.json").images == twos


async def test_an_empty_list_names_only_the_keys_that_do_something(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "o")
        assert "Delete" not in kit.text(app)
        assert "I Import" in kit.text(app)


async def test_against_a_newer_catalogue_it_asks_about_the_new(kit: Any) -> None:
    old = kit.catalogue(2, visits=("PREBL00", "PREEN00"))
    app = kit.app(kit.workspace(old))
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "space", "s", *"first", "enter", "enter", "U")
    for key, count in (("y", 27), ("n", 14)):
        app = kit.app()
        async with app.run_test(size=(80, 24)) as pilot:
            await kit.wait_for(
                pilot,
                lambda app=app: (
                    isinstance(app.screen, BrowserScreen | ResumeScreen)
                    and app.get_screen("browser").choice
                ),
            )
            await press(kit, pilot, *(("escape",) if isinstance(app.screen, ResumeScreen) else ()))
            await press(kit, pilot, "o", "enter")
            assert isinstance(app.screen, ConfirmModal)
            assert "13 images" in kit.text(app)
            await press(kit, pilot, key)
            assert app.screen.choice.selection.count == count


async def test_a_selection_of_the_other_type_brings_its_catalogue(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "space", "s", *"mine", "enter", "enter")
    workspace = kit.workspace(kit.catalogue(data_type=DataType.MINC), type=DataType.MINC)
    workspace.offered[DataType.BIDS] = kit.catalogue()
    workspace.settings = kit.settings_of(workspace, selection="mine")
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await kit.wait_for(pilot, lambda: screen.choice.selection.count == 27)
        assert screen.choice.data_type is DataType.BIDS
