"""Study design by its keys: conditions, falling counts, what is selected and kept."""

from typing import Any

import pytest

from preventad_tui.core.design import Design, TimePoints
from preventad_tui.core.paths import data_dir
from preventad_tui.core.saved import load_selection, selection_names
from preventad_tui.ui.screens.design import DesignScreen


async def press(kit: Any, pilot: Any, *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await kit.settled(pilot)


def split_baseline(kit: Any) -> Any:
    """Rest at BL00, dwi at EN00; the last candidate has a baseline only."""
    images = tuple(
        image
        for image in kit.images(6, kit.catalogue().type)
        if not (image.visit == "PREBL00" and image.modality == "dwi65")
        and not (image.visit == "PREEN00" and image.modality == "bold")
        and not (image.candidate == "1024173" and image.visit.startswith("PREFU"))
    )
    return kit.catalogue(images=images)


async def designed(kit: Any, pilot: Any) -> Any:
    """The design screen with bold, dwi65 and t1w ticked."""
    browser = await kit.ready(pilot)
    await press(kit, pilot, "S")
    assert isinstance(pilot.app.screen, DesignScreen)
    await press(kit, pilot, "j", "space", "j", "space", "G", "space")
    return browser


def steps(kit: Any, app: Any) -> dict[str, list[str]]:
    """The conditions as they are worded, with their numbers."""
    lines = kit.shown(app)
    start = next(at for at, line in enumerate(lines) if "left after each step" in line)
    found = {}
    for line in lines[start + 1 :]:
        words = line.split()
        if len(words) > 4 and all(word.replace(",", "").isdigit() for word in words[-4:]):
            found[" ".join(words[:-4])] = words[-4:]
    return found


async def test_the_counts_fall_in_both_ways_of_counting(kit: Any) -> None:
    app = kit.app(kit.workspace(split_baseline(kit)))
    async with app.run_test(size=(120, 40)) as pilot:
        await designed(kit, pilot)
        await press(kit, pilot, "l", "j", "space", "j", "space")
        assert steps(kit, app) == {
            "in the catalogue": ["6", "16", "6", "22"],
            "with bold (rest) + dwi65 + t1w at one time point": ["6", "11", "5", "5"],
            "at 2 time points or more": ["5", "10", "0", "0"],
            "at a baseline and at a follow-up": ["5", "10", "0", "0"],
        }
        # (2 bold + t1w) + (t1w + dwi65) at the baseline, 4 at the follow-up
        assert f"selects {5 * (5 + 4)} images" in kit.text(app)
        await press(kit, pilot, "k", "k", "space")
        assert "Nothing is left" in kit.text(app)
        await press(kit, pilot, "enter")
        assert isinstance(app.screen, DesignScreen)


async def test_enter_selects_and_u_takes_it_back(kit: Any) -> None:
    app = kit.app(kit.workspace(split_baseline(kit)))
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await designed(kit, pilot)
        await press(kit, pilot, "right", "j", "j", "space", "enter")
        assert app.screen is browser
        assert browser.choice.selection.count == 45
        assert "45 images ticked by the study design" in kit.told(app)
        wanted = Design(("bold", "dwi65", "t1w"), baseline_and_follow_up=True)
        assert browser.choice.selection.rules.design == wanted
        await press(kit, pilot, "u")
        assert browser.choice.selection.count == 0
        await press(kit, pilot, "ctrl+r")
        assert browser.choice.selection.count == 45
        await press(kit, pilot, "S")
        assert "both, in any arm" in kit.text(app)
        assert "instead of the 45 ticked now" in kit.text(app)
        await press(kit, pilot, "escape", "s", *"mine", "enter", "enter")
        folder = data_dir() / "selections"
        assert selection_names(folder) == ["mine"]
        saved = load_selection(folder / "mine.json")
        assert saved.rules.design == wanted
        assert len(saved.images) == 45


async def test_each_condition_has_its_values(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "S", "l")
        values = []
        for _ in range(5):
            row = next(line[37:] for line in kit.shown(app) if ">" in line[34:38])
            seen = [row[20:].strip()]
            for _ in range(12):
                await press(kit, pilot, ">")
                row = next(line[37:] for line in kit.shown(app) if ">" in line[34:38])
                value = row[20:].strip()
                if value == seen[0]:
                    break
                seen.append(value)
            values.append(seen)
            await press(kit, pilot, "<", ">", "j")
        assert values == [
            ["merged (BL00 + EN00)", "by visit"],
            ["any number", *(f"at least {number}" for number in range(2, 10))],
            ["not asked", "both, in any arm", "both, in one arm"],
            ["any", "NAP", "PRE"],
            ["every image"],
        ]


@pytest.mark.parametrize(
    ("size", "label", "star"),
    [
        ((80, 24), "baseline, follow-up", "* chosen; merged: BL00+EN00 as one"),
        ((120, 40), "baseline, follow-up", "merged: BL00 and EN00 are one time point"),
        ((60, 16), "BL, FU", "candidates after each step, * chosen"),
    ],
)
async def test_the_star_is_explained_and_the_values_stand_in_one_column(
    kit: Any, size: tuple[int, int], label: str, star: str
) -> None:
    app = kit.app()
    async with app.run_test(size=size) as pilot:
        await designed(kit, pilot)
        await press(kit, pilot, "l", "j", "j", "space")
        text = kit.text(app)
        assert star in text
        assert "merged *" in text
        conditions = ("any number", "both, in any arm", "these modalities")
        rows = [row for row in kit.shown(app) if any(value in row for value in conditions)]
        (column,) = {row.index(value) for row in rows for value in conditions if value in row}
        (named,) = [row for row in rows if label in row]
        assert f"{label}  " in named[:column]
        # No line that is worth more has gone.
        assert "at a baseline and at a follow-up" in text
        assert "selects 72 images" in text
        await press(kit, pilot, "k", "k", "space")
        assert "by visit *" in kit.text(app)


async def test_everything_at_the_time_points_found(kit: Any) -> None:
    app = kit.app(kit.workspace(split_baseline(kit)))
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await designed(kit, pilot)
        await press(kit, pilot, "l", "G", "space", "enter")
        chosen = browser.choice.selection.selected
        images = [i for i, on in zip(browser.choice.index.images, chosen, strict=True) if on]
        assert {image.modality for image in images} >= {"FLAIR", "asl", "fieldmap"}
        assert not any(image.visit == "PREFU24" for image in images)  # no dwi65 there


async def test_nothing_asked_changes_nothing(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await kit.ready(pilot)
        await press(kit, pilot, "space", "S", "enter")
        assert "Nothing is asked yet" in kit.told(app)
        await press(kit, pilot, "space", "U")
        assert "[x]" not in kit.text(app)
        await press(kit, pilot, "escape")
        assert app.screen is browser
        assert browser.choice.selection.count == 27


async def test_the_options_of_the_command_line_preselect(kit: Any) -> None:
    design = Design(("T1w", "rest", "dwi"), TimePoints.VISITS, arm="PRE")
    app = kit.app(kit.workspace(split_baseline(kit), design=design))
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await kit.ready(pilot)
        assert browser.choice.selection.count == 5 * 4  # PREFU12 alone has all three
        await press(kit, pilot, "S")
        text = kit.text(app)
        assert "with visits in arm PRE" in text
        assert "by visit *" in text


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_the_terminal_s_cursor_is_on_the_row(kit: Any, size: tuple[int, int]) -> None:
    app = kit.app()
    async with app.run_test(size=size) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "S")
        for key in ("j", "space", "j", "l", "j", "space", "k", "h", "G", "tab", "tab", "tab"):
            await press(kit, pilot, key)
            at = app.cursor_position
            assert kit.shown(app)[at.y][at.x] == ">", key
