"""Keys typed ahead, in bursts: each does what it would have done, had one waited before it."""

import time
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key, Paste
from textual.keys import _character_to_key

from preventad_tui.ui.screens.browser import BrowserScreen
from preventad_tui.ui.screens.help import HelpModal
from preventad_tui.ui.screens.plan import PlanScreen
from preventad_tui.ui.screens.transfers import TransfersScreen
from preventad_tui.ui.widgets import path_input


def burst(app: Any, *keys: str) -> None:
    """Send keys as one read from a terminal does: all of them before the first is looked at."""
    for key in keys:
        is_letter = len(key) == 1
        name = _character_to_key(key) if is_letter else key
        app.post_message(Key(name, key if is_letter else None))


async def with_something_ticked(kit: Any, pilot: Any) -> None:
    await kit.ready(pilot)
    await pilot.press("right", "right", "space")
    await kit.settled(pilot)


async def test_the_folder_typed_ahead_is_the_folder_used(kit: Any, tmp_path: Path) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await with_something_ticked(kit, pilot)
        burst(app, "d", "ctrl+u", *str(tmp_path / "typed ahead"), "enter", "enter")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, TransfersScreen))
        assert app.get_screen("browser").folder == tmp_path / "typed ahead"
        assert app.workspace.folder.path == tmp_path / "typed ahead"


async def test_tab_completes_before_what_follows_it(
    kit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "preventad-data").mkdir()
    complete = path_input.complete_path

    def slow(*given: Any, **named: Any) -> Any:
        time.sleep(0.2)
        return complete(*given, **named)

    monkeypatch.setattr(path_input, "complete_path", slow)
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await with_something_ticked(kit, pilot)
        burst(app, "d", "ctrl+u", *str(tmp_path / "prev"), "tab", *"new", "enter")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, PlanScreen) and app.screen._folder)
        assert app.screen._folder == tmp_path / "preventad-data" / "new"


async def test_a_paste_keeps_its_place(kit: Any, tmp_path: Path) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await with_something_ticked(kit, pilot)
        burst(app, "d", "ctrl+u")
        app.post_message(Paste(str(tmp_path / "pa")))
        burst(app, *"sted", "enter")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, PlanScreen) and app.screen._folder)
        assert app.screen._folder == tmp_path / "pasted"


async def test_letters_after_the_slash_are_the_filter(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await kit.ready(pilot)
        burst(app, "/", *"bold quad", *["backspace"] * 5, "enter", "space")
        await kit.wait_for(pilot, lambda: browser.choice.selection.count)
        assert isinstance(app.screen, BrowserScreen)
        modalities = {
            browser.choice.index.catalogue.images[at].modality
            for at, is_ticked in enumerate(browser.choice.selection.selected)
            if is_ticked
        }
        assert modalities == {"bold"}
        assert browser.pane.outline_tree.has_focus


async def test_enter_after_d_starts_where_the_folder_is_known(kit: Any, tmp_path: Path) -> None:
    app = kit.app(kit.workspace(outputdir=tmp_path / "known"))
    async with app.run_test(size=(80, 24)) as pilot:
        await with_something_ticked(kit, pilot)
        burst(app, "d", "enter")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, TransfersScreen))
        assert app.workspace.folder.path == tmp_path / "known"


async def test_screens_open_and_close_within_a_burst(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await kit.ready(pilot)
        tree = browser.pane.outline_tree
        burst(app, "?", "escape", "down", "c", "escape", "down", "S", "escape", "w", "1", "down")
        await kit.wait_for(pilot, lambda: tree.cursor == 3)
        assert app.screen is browser
        burst(app, "down", "s", "space", "s", *"mine", "tab", *"a note", "enter", "o")
        await kit.wait_for(pilot, lambda: "a note" in kit.text(app) and "mine" in kit.text(app))


async def test_keys_are_held_for_two_seconds_at_most(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await pilot.press("s", "?")
        app.screen._is_mounted = False
        begun = time.monotonic()
        burst(app, "escape", "escape", "escape")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, BrowserScreen))
        assert 1.9 < time.monotonic() - begun < 4


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+q"])
async def test_the_keys_that_quit_wait_for_nothing(kit: Any, key: str) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await pilot.press("?")
        assert isinstance(app.screen, HelpModal)
        app.screen._is_mounted = False
        begun = time.monotonic()
        burst(app, "down", "down", key)
        await kit.wait_for(pilot, lambda: app.return_code is not None)
        assert time.monotonic() - begun < 1.5
