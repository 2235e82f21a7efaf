"""Coverage by its keys: measures, views, the cell under the cursor, what follows from it."""

import csv
from pathlib import Path
from typing import Any

import pytest
from textual.geometry import Offset

from preventad_tui.core.layout import image_files
from preventad_tui.core.model import DataType
from preventad_tui.core.states import FileState
from preventad_tui.ui.screens.confirm import ConfirmModal
from preventad_tui.ui.screens.coverage import CoverageScreen
from preventad_tui.ui.screens.design import DesignScreen


async def press(kit: Any, pilot: Any, *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await kit.settled(pilot)


def keys_for(text: str) -> list[str]:
    """The keys that type a text."""
    return [{" ": "space", "~": "tilde"}.get(letter, letter) for letter in text]


async def covered(kit: Any, pilot: Any, *keys: str) -> Any:
    """The coverage screen, over a browser in which some keys were pressed."""
    browser = await kit.ready(pilot)
    await press(kit, pilot, *keys, "c")
    assert isinstance(pilot.app.screen, CoverageScreen)
    return browser


def row_of(kit: Any, app: Any, name: str) -> list[str]:
    """The words of a row of the table, its shades apart."""
    line = next(line for line in kit.shown(app) if line[1:].startswith(name))
    return [word for word in line[1:].split() if word.strip("#:.")]


async def test_sessions_on_the_server_by_visit(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await covered(kit, pilot)
        assert "6 candidates, sessions with it" in kit.text(app)
        assert "on the server" in kit.shown(app)[0]
        # asl bold dwi65 fieldmap FLAIR t1w, after all sessions of the visit
        assert row_of(kit, app, "PREBL00") == ["PREBL00", *("6",) * 7]
        assert row_of(kit, app, "PREFU24") == ["PREFU24", "6", "6", "6", "0", "6", "6", "6"]
        text = kit.text(app)
        assert "has all of   bold (rest) + dwi65 + t1w" in text
        # BL00 and EN00 are one time point: 6 at baseline, 6 at PREFU12
        assert "18 sessions   12 time points" in text
        assert "6 candidates at baseline and follow-up (6 by visit)" in text


async def test_measures_and_views(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await covered(kit, pilot, "space")
        facts = browser.choice.facts
        image = browser.choice.index.images[0]
        for file in image_files(image, browser.choice.data_type):
            facts.set_state(file.path, FileState.ON_DISK, 1)
        await press(kit, pilot, "m")
        assert "selected" in kit.shown(app)[0]
        assert row_of(kit, app, "PREBL00") == ["PREBL00", "6", *("1",) * 6]
        await press(kit, pilot, "m")
        assert "on disk" in kit.shown(app)[0]
        assert row_of(kit, app, "PREBL00") == ["PREBL00", "6", *"000010"]  # its FLAIR
        await press(kit, pilot, "s")
        assert row_of(kit, app, "sub-1024138") == ["sub-1024138", "4", *"000010"]
        assert row_of(kit, app, "sub-1024145") == ["sub-1024145", "4", *("0",) * 6]
        await press(kit, pilot, "m", "s")
        assert row_of(kit, app, "PREBL00") == ["PREBL00", *("6",) * 7]


async def test_the_shades_repeat_the_numbers(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await covered(kit, pilot, "space", "j", "space")
        await press(kit, pilot, "m")
        assert kit.shown(app)[2].count("2 ..") == 6
        await press(kit, pilot, "escape", "j", "space", "c", "m")
        assert kit.shown(app)[2].count("3 ::") == 6
        await press(kit, pilot, "m", "m")
        assert kit.shown(app)[2].count("6 ##") == 6


async def test_enter_shows_the_cell_in_the_tree(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await covered(kit, pilot)
        await press(kit, pilot, "G", "l", "enter")
        assert app.screen is browser
        assert "/ bold PREFU24" in kit.shown(app)[1]
        assert "12 images" in kit.shown(app)[1]
        assert browser.focused is browser.pane.outline_tree
        await press(kit, pilot, "a")
        assert browser.choice.selection.count == 12
        await press(kit, pilot, "escape", "c", "s", "j", "l", "l", "enter")
        assert "/ dwi65 1024145" in kit.shown(app)[1]
        assert "3 images" in kit.shown(app)[1]
        assert any("> " in row or row.startswith(">") for row in kit.rows(app))


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (("G", "l", "l", "l", "enter"), "No candidate has fieldmap at PREFU24."),
        (("s", "j", "l", "enter"), "1024145 has no bold."),
    ],
)
async def test_enter_where_there_is_nothing_says_so_and_stays(
    kit: Any, keys: tuple[str, ...], sentence: str
) -> None:
    images = tuple(
        image
        for image in kit.images(6, DataType.BIDS)
        if (image.visit, image.modality) != ("PREFU24", "fieldmap")
        and (image.candidate, image.modality) != ("1024145", "bold")
    )
    app = kit.app(kit.workspace(kit.catalogue(images=images)))
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await covered(kit, pilot, *keys_for("/~sub-10"), "enter", "escape")
        await press(kit, pilot, *keys)
        assert isinstance(app.screen, CoverageScreen)
        assert kit.told(app) == sentence
        # Nothing is ticked of what the server has: where it is can be seen all the same.
        await press(kit, pilot, "home", "h", "h", "h", "m", "enter")
        assert app.screen is browser
        assert browser.choice.query.count > 0


async def test_words_that_hide_all_of_a_cell_do_not_go_along(kit: Any) -> None:
    """A second run has bold alone; its candidates have a FLAIR too, and that is shown."""
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await covered(kit, pilot, *keys_for("/~run-002_task"), "enter")
        await press(kit, pilot, "l", "l", "l", "l", "enter")
        assert browser.choice.filter_text == "FLAIR PREBL00"
        assert browser.choice.query.count == 6


async def test_the_candidates_that_the_filter_shows(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await covered(kit, pilot, "/", *"1024145", "enter")
        assert "1 candidate shown by the filter" in kit.text(app)
        assert row_of(kit, app, "PREBL00") == ["PREBL00", *("1",) * 7]
        assert "1 candidate at baseline" in kit.text(app)
        await press(kit, pilot, "a")
        assert "6 candidates, sessions" in kit.text(app)
        assert row_of(kit, app, "PREBL00") == ["PREBL00", *("6",) * 7]


@pytest.mark.parametrize(
    ("typed", "keys", "filter_after", "images"),
    [
        # The words on candidates stay; modality and visit are the cell's.
        ("1024145 t1w", ("G", "l"), "1024145 bold PREFU24", 2),
        # Parts of names stay.
        ("~run-002", ("l",), "~run-002 bold PREBL00", 6),
        # The candidates that only other words showed are named.
        ("PREFU12 ~1024145", ("l",), "~1024145 bold PREBL00", 2),
        ("1024145 t1w", ("s", "l", "l"), "dwi65 1024145", 3),
        # A candidate's row counts all visits, so the filter's do not go along.
        ("t1w prefu12", ("s", "j", "l", "l"), "dwi65 1024145", 3),
    ],
)
async def test_the_filter_goes_along_from_the_cell_to_the_tree(
    kit: Any, typed: str, keys: tuple[str, ...], filter_after: str, images: int
) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await covered(kit, pilot, "/", *keys_for(typed), "enter")
        await press(kit, pilot, *keys, "enter")
        assert browser.choice.filter_text == filter_after
        assert browser.choice.query.count == images


async def test_after_a_cell_one_types_on_at_the_end_of_the_filter(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await covered(kit, pilot, "/", *"t1w", "enter")
        await press(kit, pilot, "G", "l", "enter", "/", "space", *"1024145")
        await kit.wait_for(pilot, lambda: browser.choice.filter_text == "bold PREFU24 1024145")


async def test_a_filter_without_a_match_says_what_to_do(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await covered(kit, pilot, "/", *"nobody", "enter", "space")
        assert browser.choice.selection.count == 0
        assert "The filter shows no candidate: a counts all of them." in kit.text(app)
        await press(kit, pilot, "E")
        assert "nothing to export" in kit.told(app)
        await press(kit, pilot, "escape", "space")
        assert "Nothing matches the filter" in kit.told(app)


async def test_candidates_shown_by_a_visit_stay_those_shown(kit: Any) -> None:
    """Only one candidate has PREFU48: the cell at PREBL00 is that one's."""
    images = tuple(
        image
        for image in kit.images(3, DataType.BIDS, visits=("PREBL00", "PREFU48"))
        if image.visit == "PREBL00" or image.candidate == "1024138"
    )
    app = kit.app(kit.workspace(kit.catalogue(images=images)))
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await covered(kit, pilot, "/", *"prefu48", "enter")
        assert row_of(kit, app, "PREBL00")[:3] == ["PREBL00", "1", "1"]
        await press(kit, pilot, "enter")
        assert browser.choice.filter_text == "asl PREBL00 1024138"
        assert browser.choice.query.count == 1


async def test_marks_count_at_once_and_go_on_to_the_design(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await covered(kit, pilot, "j")
        await press(kit, pilot, "space")
        assert "has all of   asl + bold (rest) + dwi65 + t1w" in kit.text(app)
        await press(kit, pilot, "l", "space", "l", "space", "right", "right", "right", "space")
        assert "has all of   asl " in kit.text(app)
        assert "24 sessions   18 time points" in kit.text(app)
        await press(kit, pilot, "S")
        assert isinstance(app.screen, DesignScreen)
        assert "with asl at one time point" in kit.text(app)


async def test_export_writes_the_table_shown(kit: Any, tmp_path: Path) -> None:
    app = kit.app()
    target = tmp_path / "table.tsv"
    async with app.run_test(size=(80, 24)) as pilot:
        await covered(kit, pilot)
        await press(kit, pilot, "E", "ctrl+u", *str(target), "enter")
        with target.open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        assert [row["visit"] for row in rows] == ["PREBL00", "PREEN00", "PREFU12", "PREFU24"]
        assert rows[3]["dwi65"] == "0"
        assert rows[3]["bold"] == rows[3]["sessions"] == "6"
        target.write_text("mine")
        await press(kit, pilot, "s", "E", "ctrl+u", *str(target), "enter")
        assert isinstance(app.screen, ConfirmModal)
        await press(kit, pilot, "n")
        assert target.read_text() == "mine"
        await press(kit, pilot, "E", "ctrl+u", *str(target), "enter", "y")
        assert target.read_text().startswith("candidate\tasl\tbold\t")
        await press(kit, pilot, "E", "ctrl+u", *str(tmp_path / "none" / "x.tsv"), "enter")
        assert "x.tsv" in kit.told(app)


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (120, 40)])
async def test_the_terminal_s_cursor_is_on_the_cell(kit: Any, size: tuple[int, int]) -> None:
    app = kit.app()
    async with app.run_test(size=size) as pilot:
        await covered(kit, pilot)
        for key in ("j", "l", "l", "G", "right", "right", "right", "h", "s"):
            await press(kit, pilot, key)
            lines = kit.shown(app)
            at: Offset = app.cursor_position
            assert lines[at.y].startswith(">"), key
            assert lines[at.y][at.x].isdigit(), key
            assert lines[at.y][at.x + 1 :].startswith(" "), key
            strip = app.screen.grid.render_line(at.y - app.screen.grid.region.y)
            reversed_text = "".join(s.text for s in strip if s.style and s.style.reverse)
            width = len(reversed_text)
            assert reversed_text == lines[at.y].ljust(size[0])[at.x + 4 - width : at.x + 4], key


async def test_columns_that_do_not_fit_come_into_sight(kit: Any) -> None:
    images = kit.images(2, kit.catalogue().type)
    tasks = [
        image._replace(modality=f"task-{task}-bold", minc_name=f"{task}-{image.minc_name}")
        for image in images
        if image.modality == "asl"
        for task in ("encoding", "retrieval")
    ]
    app = kit.app(kit.workspace(kit.catalogue(images=(*images, *tasks))))
    async with app.run_test(size=(60, 16)) as pilot:
        await covered(kit, pilot)
        heading = kit.shown(app)[1]
        assert heading.endswith(">")
        assert "task-retri" not in heading
        await press(kit, pilot, *("l",) * 9)
        heading = kit.shown(app)[1]
        assert heading.startswith("<")
        assert heading.endswith("task-encod… task-retri…")
