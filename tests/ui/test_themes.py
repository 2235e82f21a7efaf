"""The three themes: readable, no red beside green, and the choice is kept."""

import itertools
from typing import Any

import pytest
from textual.color import Color

from preventad_tui.core.paths import state_dir
from preventad_tui.ui.theme import THEMES, kept_theme, next_theme

ROLES = ("foreground", "text-primary", "text-accent", "text-warning", "text-muted")


def _luminance(colour: Color) -> float:
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
             for part in colour.normalized]  # fmt: skip
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Color, other: Color) -> float:
    """The contrast of WCAG 2, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _is_reddish(colour: Color) -> bool:
    return colour.r > 120 and colour.r > 1.8 * max(colour.g, colour.b)


def _is_greenish(colour: Color) -> bool:
    return colour.g > 120 and colour.g > 1.3 * max(colour.r, colour.b)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_painted_themes_are_readable(name: str) -> None:
    colours = THEMES[name].to_color_system().generate()
    background = Color.parse(colours["background"])
    for role in ROLES:
        assert contrast(Color.parse(colours[role]), background) >= 6, (name, role)


@pytest.mark.parametrize("name", list(THEMES))
def test_no_meanings_are_a_pair_of_red_and_green(name: str) -> None:
    colours = THEMES[name].to_color_system().generate()
    used = [colours[role] for role in (*ROLES[1:], "primary", "accent", "warning", "border")]
    if name == "terminal":
        assert not {"ansi_red", "ansi_green", "ansi_bright_red", "ansi_bright_green"} & set(used)
        return
    for one, other in itertools.permutations([Color.parse(colour) for colour in used], 2):
        assert not (_is_reddish(one) and _is_greenish(other))


async def test_the_choice_is_kept_until_the_configuration_says_otherwise(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        await pilot.press(":", *"theme", "enter")
        await ui.wait_for(pilot, lambda: app.theme == next_theme("terminal"))
    assert kept_theme("", state_dir()) == app.theme == "dark"
    assert kept_theme("light", state_dir()) == "light"


async def test_without_colour_there_is_nothing_to_choose(
    ui: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        app.action_theme()
        await pilot.pause()
        assert app.theme == "terminal"
    assert kept_theme("", state_dir()) == ""


async def test_a_damaged_choice_is_no_loss(ui: Any) -> None:
    (state_dir()).mkdir(parents=True)
    (state_dir() / "theme.json").write_text("[")
    assert kept_theme("light", state_dir()) == "light"
