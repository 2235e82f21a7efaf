"""The registry of keys: complete, without clashes, and the only source of bindings and help."""

import ast
import importlib
import itertools
import re
from pathlib import Path

import pytest
from textual.binding import Binding

import preventad_tui.ui
from preventad_tui.ui.actions import (
    ACTIONS,
    PLACE_TITLES,
    Place,
    actions_of,
    bindings_of,
    get_action,
    hints_of,
    keys_of,
    unknown_ids,
)
from preventad_tui.ui.screens.base import Placed
from preventad_tui.ui.screens.help import help_lines

UI = Path(preventad_tui.ui.__file__).parent
SOURCES = {path: path.read_text() for path in sorted(UI.rglob("*.py"))}

# The documented keys, as (key, the place where it works)
DOCUMENTED = [
    *((key, Place.LIST) for key in ("up", "down", "k", "j", "g", "home", "G", "end")),
    *((key, Place.LIST) for key in ("pageup", "pagedown", "ctrl+u", "ctrl+d", "n", "N")),
    *((key, Place.TREE) for key in ("left", "h", "right", "l", "enter", "space", "-", "=")),
    *((key, Place.BROWSER) for key in "auU/fSvticVdsoR"),
    *((key, Place.BROWSER) for key in ("ctrl+r", "ctrl+s", "escape")),
    *((key, Place.FACETS) for key in ("space",)),
    *((key, Place.COVERAGE) for key in ("m", "s", "enter", "E")),
    *((key, Place.PLAN) for key in ("e", "<", ">", "n", "m", "f", "enter", "escape")),
    *((key, Place.TRANSFERS) for key in "p>+<-LrxXeiE"),
    *((key, Place.APP) for key in ("w", "1", "2", "z", "?", "f1", ":", "ctrl+p", "ctrl+l")),
    *((key, Place.APP) for key in ("ctrl+z", "q", "ctrl+q", "ctrl+c")),
]


@pytest.mark.parametrize(("key", "place"), DOCUMENTED)
def test_every_documented_key_is_in_the_registry(key: str, place: Place) -> None:
    assert any(key in keys_of(action, {}) for action in actions_of(place))


@pytest.mark.parametrize("place", list(Place))
def test_no_key_does_two_things_in_one_place(place: Place) -> None:
    keys = [key for action in actions_of(place) for key in keys_of(action, {})]
    assert len(keys) == len(set(keys))


def test_ids_are_unique_and_every_place_has_a_title() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    assert set(PLACE_TITLES) == set(Place)


def test_bindings_come_from_the_registry_only() -> None:
    made_elsewhere = [
        str(path)
        for path, text in SOURCES.items()
        if path.name not in ("actions.py", "base.py") and re.search(r"\bBinding\(", text)
    ]
    assert made_elsewhere == []


def test_every_place_is_bound_by_somebody_who_does_its_actions() -> None:
    texts = "\n".join(SOURCES.values())
    undone = {a.id for a in ACTIONS if f"def action_{a.name}(" not in texts}
    assert not undone


def test_hint_lines_name_known_actions() -> None:
    named = set()
    for path, text in SOURCES.items():
        for node in ast.walk(ast.parse(text)):
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Tuple)
                and any(isinstance(t, ast.Name) and t.id == "HINTS" for t in node.targets)
            ):
                for entry in ast.literal_eval(node.value):
                    for action_id in entry.partition("=")[0].split():
                        assert get_action(action_id), path
                        named.add(action_id)
    assert named >= {"app.help", "tree.tick", "plan.start", "transfers.pause"}


def test_hints_in_a_text_field_are_keys_that_it_does_not_take() -> None:
    ids = ("app.help", "app.quit", "transfers.pause")
    assert hints_of(ids, {}) == [(("?",), "Help"), (("q",), "Quit"), (("p",), "Pause")]
    assert hints_of(ids, {}, in_text=True) == [(("f1",), "Help"), (("ctrl+q",), "Quit")]


def test_of_a_hint_with_two_keys_each_can_be_clicked() -> None:
    (hint,) = hints_of(["plan.fewer plan.more"], {"plan.more": "f5"})
    assert hint.shown_keys == "< f5"
    assert [hint.key_at(column) for column in (0, 2, 3, 5, 8)] == ["<", "f5", "f5", "<", "<"]
    assert hint.width == len("< f5 At once")


def test_help_shows_every_key_of_a_place_after_the_users_changes() -> None:
    keymap = {"transfers.pause": "P,f5"}
    shown = [
        "".join(cell.text for cell in cells) for cells in help_lines([Place.TRANSFERS], keymap)
    ]
    assert shown[0] == "Transfers"
    assert any(line.split()[:2] == ["P", "f5"] for line in shown)
    assert len(shown) == 1 + len(actions_of(Place.TRANSFERS))


def keys_in_help(places: tuple[Place, ...]) -> list[str]:
    """The keys that a screen's help names, those of its text field and its facets apart."""
    own = (Place.FILTER, Place.FACETS)
    lines = help_lines([place for place in places if place not in own], {})
    return [key for cells in lines if len(cells) > 1 for key in cells[0].text.split()]


def screens() -> dict[str, tuple[Place, ...]]:
    """The places of every screen, as its class names them."""
    modules = [
        importlib.import_module(f"preventad_tui.ui.screens.{path.stem}")
        for path in (UI / "screens").glob("*.py")
    ]
    return {
        name: thing.PLACES
        for module in modules
        for name, thing in vars(module).items()
        if isinstance(thing, type) and issubclass(thing, Placed) and thing.PLACES
    }


@pytest.mark.parametrize(("screen", "places"), sorted(screens().items()))
def test_a_key_has_one_line_in_the_help_of_a_screen(screen: str, places: tuple[Place, ...]) -> None:
    keys = keys_in_help((*places, Place.APP))
    assert len(keys) == len(set(keys)), screen
    # Looking for the next match is named where there is something to look through.
    assert ("N" in keys) is (screen in ("BrowserScreen", "TransfersScreen"))


def test_unknown_ids_of_a_keymap_are_named() -> None:
    assert unknown_ids({"app.quit": "Q", "app.fly": "F"}) == ("app.fly",)


def test_bindings_carry_the_ids_that_a_keymap_names() -> None:
    bindings = [b for b in bindings_of(Place.APP) if isinstance(b, Binding)]
    assert {binding.id for binding in bindings} <= {action.id for action in ACTIONS}
    assert len(list(itertools.chain(bindings))) == len([a for a in actions_of(Place.APP) if a.keys])


def test_foreign_text_is_never_read_as_markup() -> None:
    """Toasts and Static texts are made with `markup=False` or from Content and Text objects."""
    for path, text in SOURCES.items():
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            if name in ("notify", "Static", "Label", "OptionList"):
                words = {word.arg: word.value for word in node.keywords}
                assert "markup" in words, f"{path}:{node.lineno}"
                assert ast.unparse(words["markup"]) == "False", f"{path}:{node.lineno}"
