"""Every key of the registry, pressed where it is said to work, does what the registry says."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from textual.app import App

from preventad_tui.core.keyrings import KeyringState
from preventad_tui.core.last_session import LastSession, View
from preventad_tui.core.saved import snapshot
from preventad_tui.ui.actions import ACTIONS, Place, actions_of
from preventad_tui.ui.screens.fields import Field, FieldsModal
from preventad_tui.ui.screens.resume import ResumeScreen
from preventad_tui.ui.widgets.active_files import ActiveFiles
from preventad_tui.ui.widgets.controls import TickBox

Scene = Callable[[Any, Any], Awaitable[None]]


def by_keys(*keys: str) -> Scene:
    """The scene that these keys lead to from the browser."""

    async def scene(kit: Any, pilot: Any) -> None:
        for key in keys:
            await pilot.press(key)
            await kit.settled(pilot)

    return scene


async def path_field(kit: Any, pilot: Any) -> None:
    await pilot.app.push_screen(FieldsModal("Where", [Field("Folder", "/", is_folder=True)]))


async def text_field(kit: Any, pilot: Any) -> None:
    await pilot.app.push_screen(FieldsModal("What", [Field("Words")]))


async def question(kit: Any, pilot: Any) -> None:
    pilot.app.ask("Really?", lambda _yes: None)


async def resume(kit: Any, pilot: Any) -> None:
    choice = pilot.app.screen.choice
    saved = snapshot(choice.index, choice.selection, "", note="", outputdir="")
    await pilot.app.push_screen(
        ResumeScreen(LastSession(saved, "open", View(), saved.created), saved.name)
    )


async def login(kit: Any, pilot: Any) -> None:
    state = KeyringState(usable=False, reason="there is none")
    pilot.app.workspace.credentials = SimpleNamespace(keyring_state=lambda: state)
    pilot.app.ask_login("Log in again")


async def tick_box(kit: Any, pilot: Any) -> None:
    await login(kit, pilot)
    await pilot.pause()
    pilot.app.screen.query_one("#login-again", TickBox).focus()


async def lists(kit: Any, pilot: Any) -> None:
    await by_keys("2")(kit, pilot)
    pilot.app.screen.query_one(ActiveFiles).focus()


SCENES: dict[Place, Scene] = {
    Place.APP: by_keys("2"),
    Place.LIST: lists,
    Place.TREE: by_keys(),
    Place.BROWSER: by_keys(),
    Place.FILTER: by_keys("slash"),
    Place.FACETS: by_keys("f"),
    Place.PLAN: by_keys("space", "d"),
    Place.COVERAGE: by_keys("c"),
    Place.TABLE: by_keys("c"),
    Place.DESIGN: by_keys("S"),
    Place.TRANSFERS: by_keys("2"),
    Place.SELECTIONS: by_keys("o"),
    Place.FIELDS: text_field,
    Place.PATH: path_field,
    Place.RESUME: resume,
    Place.DETAILS: by_keys("i"),
    Place.LOGIN: login,
    Place.HELP: by_keys("question_mark"),
    Place.PALETTE: by_keys("colon"),
    Place.CONFIRM: question,
    Place.BUTTON: question,
    Place.TICK_BOX: tick_box,
}

SUBMITS = frozenset({"fields.accept", "login.submit", "palette.do"})
"""In a text field enter is the field's own, and its screen does this when the field says so."""

IN_PASSING = frozenset({"copy_text", "next_match", "previous_match"})
"""Passed on where there is nothing to copy or to look for; in lists they are tested."""

WRITTEN = {"?": "question_mark", ":": "colon", "/": "slash", "-": "minus", "+": "plus"}
WRITTEN |= {"<": "less_than_sign", ">": "greater_than_sign", "=": "equals_sign"}


def test_every_place_with_a_key_has_a_scene() -> None:
    assert {action.place for action in ACTIONS if action.keys} == set(SCENES)


@pytest.mark.parametrize("place", SCENES)
async def test_every_key_of_a_place(kit: Any, place: Place, monkeypatch: Any) -> None:
    app = kit.app(kit.workspace(outputdir=kit.tmp_path / "out"))
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await SCENES[place](kit, pilot)
        await kit.settled(pilot)
        done: list[str] = []

        async def record(_app: Any, action: Any, *_more: Any, **_words: Any) -> bool:
            name = str(action).rpartition(".")[2]
            if (name in IN_PASSING and place is not Place.LIST) or name.startswith("scroll_"):
                return False
            done.append(name)
            return True

        monkeypatch.setattr(App, "run_action", record)
        for action in actions_of(place):
            for key in action.keys.split(",") if action.keys else ():
                done.clear()
                await pilot.press(WRITTEN.get(key, key))
                wanted = "submit" if action.id in SUBMITS and "submit" in done else action.name
                assert done == [wanted], f"{action.id} by {key}"
        monkeypatch.undo()
