"""The browser by its keys: what is ticked, shown, said."""

from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.errors import Unreachable
from preventad_tui.core.model import DataType
from preventad_tui.core.regions import Region
from preventad_tui.core.selection import Tick
from preventad_tui.ui.screens.confirm import ConfirmModal
from preventad_tui.ui.screens.details import DetailsModal
from preventad_tui.ui.screens.help import HelpModal
from preventad_tui.ui.widgets.facets import Facets
from preventad_tui.ui.widgets.filter_bar import FilterInput
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.outline_tree import OutlineTree
from preventad_tui.ui.widgets.totals import SelectedTotals, selected_line

FIRST = "1024138"


async def press(kit: Any, pilot: Any, *keys: str) -> None:
    """Press keys, and wait for what they set going."""
    await pilot.press(*keys)
    await kit.settled(pilot)


@pytest.mark.parametrize(
    ("size_bytes", "unknown"), [(92_500_000, 0), (295_000_000_000, 12), (None, 12)]
)
def test_the_selected_are_never_cut_in_a_number(size_bytes: int | None, unknown: int) -> None:
    totals = SelectedTotals(
        308, 1375, 23_589, 53_058, size_bytes, estimated=True, unknown_images=unknown, tables=3
    )
    for width in range(58, 121):
        line = selected_line(totals, width)
        assert len(line) == width
        assert "…" not in line
        assert "23,589 images" in line
        assert "53,058 files" in line
        assert line.rstrip().endswith(("MB", "?"))
    assert "1,375 sessions" in selected_line(totals, 120)


async def test_the_cursor_is_in_sight_again_after_a_filter_without_a_match(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "equals_sign", "G", "k")
        tree = screen.pane.outline_tree
        row = tree.cursor
        assert row > tree.size.height
        await press(kit, pilot, "slash", *"zzz", "enter")
        assert "Nothing matches the filter" in kit.text(app)
        await press(kit, pilot, "escape")
        assert tree.cursor == row
        await kit.wait_for(pilot, lambda: 0 <= tree.cursor_cell.y < tree.size.height)
        assert "\n>" in kit.text(app)


async def test_space_ticks_a_candidate_and_unticks_it_again(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "space")
        assert screen.choice.selection.count == 27
        assert kit.rows(app)[0] == ">+ [x] sub-1024138 27/27 ~545 MB new"
        assert "selected  1 candidate  4 sessions  27 images  64 files" in kit.text(app)
        await press(kit, pilot, "space")
        assert screen.choice.selection.count == 0


async def test_moving_opening_and_closing(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        outline = screen.choice.outline
        await press(kit, pilot, "right")
        assert len(outline) == 6 + 4
        await press(kit, pilot, "l")
        assert outline.cursor_key == Region(FIRST, "PREBL00")
        await press(kit, pilot, "enter", "right", "right", "j", "right")
        assert kit.rows(app)[3].endswith("run-001_FLAIR ~11.4 MB new")
        await press(kit, pilot, "left")
        await press(kit, pilot, "h", "h")
        assert outline.cursor_key.visit in (None, "PREBL00")
        await press(kit, pilot, "-")
        assert len(outline) == 6
        await press(kit, pilot, "=")
        assert len(outline) == 6 + 4 + 6 * 3 + 5
        await press(kit, pilot, "G")
        assert outline.cursor == len(outline) - 1
        await press(kit, pilot, "g")
        assert outline.cursor == 0
        await press(kit, pilot, "end", "home", "down", "up", "j", "k")
        assert outline.cursor == 0
        await press(kit, pilot, "pagedown")
        page = outline.cursor
        await press(kit, pilot, "pageup", "ctrl+d")
        assert 0 < outline.cursor < page
        await press(kit, pilot, "ctrl+u")
        assert outline.cursor == 0


async def test_ticking_everything_undoing_redoing_clearing(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        selection = (await kit.ready(pilot)).choice.selection
        await press(kit, pilot, "a")
        assert selection.count == 162
        assert "162 images ticked" in kit.told(app)
        await press(kit, pilot, "u")
        assert selection.count == 0
        await press(kit, pilot, "ctrl+r")
        assert selection.count == 162
        await press(kit, pilot, "U")
        assert selection.count == 0
        assert "u brings them back" in kit.told(app)
        await press(kit, pilot, "u")
        assert selection.count == 162


async def test_the_filter_narrows_ticks_and_is_read_out(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "slash", *"rest prefu")
        await kit.wait_for(pilot, lambda: screen.choice.query is not None)
        await kit.wait_for(pilot, lambda: "24 images" in kit.text(app))
        assert "modality bold; visits PREFU12 24" in kit.text(app)
        await press(kit, pilot, "enter", "space")
        assert isinstance(app.focused, OutlineTree)
        assert screen.choice.selection.count == 4
        assert screen.choice.selection.rules.include == (
            Region(FIRST, "PREFU12", "bold"),
            Region(FIRST, "PREFU24", "bold"),
        )
        await press(kit, pilot, "escape")
        assert screen.choice.query is None
        assert screen.choice.selection.count == 4


async def test_in_the_filter_escape_empties_then_leaves(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "slash", *"nothing-like-this")
        await kit.wait_for(pilot, lambda: "escape empties it" in kit.text(app))
        await press(kit, pilot, "escape")
        assert isinstance(app.focused, FilterInput)
        await kit.wait_for(pilot, lambda: screen.choice.query is None)
        await press(kit, pilot, "escape")
        assert isinstance(app.focused, OutlineTree)
        await press(kit, pilot, "slash", "q", "a", "d", "down")
        assert isinstance(app.focused, OutlineTree)
        assert screen.choice.filter_text == "qad"


async def test_the_palette_inverts_and_finds_the_next_unticked(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "space", "colon", *"invert", "enter")
        assert screen.choice.selection.count == 162 - 27
        assert screen.choice.selection.state(Region("1024138")) is Tick.NONE
        await press(kit, pilot, "j", "colon", *"unticked", "enter")
        assert screen.choice.outline.cursor_key[:1] == ("1024138",)
        await press(kit, pilot, "slash", *"t1w", "enter", "colon", *"invert", "enter", "u", "u")
        assert screen.choice.selection.count == 27


async def test_facets_tick_a_modality_in_every_candidate(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "f")
        assert isinstance(app.focused, Facets)
        await press(kit, pilot, "space")
        assert screen.choice.selection.rules.include == (Region(visit="PREBL00"),)
        assert "[x] PREBL00" in kit.text(app)
        await press(kit, pilot, "space", "G", "space")
        assert screen.choice.selection.rules.include == (Region(modality="t1w"),)
        await press(kit, pilot, "f")
        assert isinstance(app.focused, OutlineTree)
        assert not screen.query_one(Facets).display


async def test_the_mouse_opens_and_ticks(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await kit.ready(pilot)

        async def click(kind: type[Any], x: int, y: int) -> None:
            await pilot.click(kind, offset=(x, y))
            await kit.settled(pilot)

        await click(OutlineTree, 1, 1)  # its `+`
        assert "ses-PREBL00" in kit.text(app)
        await click(OutlineTree, 6, 2)  # the tick of its first visit
        first = Region("1024145", "PREBL00")
        assert screen.choice.selection.rules.include == (first,)
        await click(OutlineTree, 20, 3)  # a name: the cursor goes there, no more
        assert screen.choice.outline.cursor == 3
        assert screen.choice.selection.rules.include == (first,)
        await click(OutlineTree, 1, 30)  # below the last row
        assert screen.choice.outline.cursor == 3
        await click(OutlineTree, 6, 2)
        await click(Facets, 2, 1)
        assert screen.choice.selection.rules.include == (Region(visit="PREBL00"),)


async def test_a_click_on_the_hint_line_is_the_key_that_it_names(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)

        async def click(words: str) -> None:
            await pilot.click(HintLine, offset=(kit.text(app).splitlines()[-1].index(words), 0))
            await kit.settled(pilot)

        await click("a All")
        assert screen.choice.selection.count == 162
        await click("Undo")  # the label as well as the key
        assert screen.choice.selection.count == 0
        await click("/ Filter")
        assert isinstance(app.focused, FilterInput)
        await click("escape")
        assert isinstance(app.focused, OutlineTree)
        await click("? Help")
        assert isinstance(app.screen, HelpModal)


async def test_below_100_columns_the_filter_leads_from_the_facets_to_the_tree(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        for leave in ("enter", "down", "escape"):
            await press(kit, pilot, "f", "slash", leave)
            assert isinstance(app.focused, OutlineTree)
            assert screen.query_one(OutlineTree).region, "the facets still stand in its place"
            assert not screen.query_one(Facets).display


async def test_a_long_name_leaves_out_what_its_branches_say(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(60, 16)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "right", "j", "right", "j", "right", "j")
        assert "[ ] …run-001_FLAIR" in kit.text(app)
        await pilot.resize_terminal(140, 40)
        await kit.settled(pilot)
        assert "[ ] sub-1024138_ses-PREBL00_run-001_FLAIR" in kit.text(app)


async def test_from_100_columns_on_the_facets_stand_beside_the_tree(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(100, 24)) as pilot:
        screen = await kit.ready(pilot)
        assert screen.query_one(Facets).display
        await press(kit, pilot, "space")
        assert "[-] PREBL00" in kit.text(app)
        await pilot.resize_terminal(80, 24)
        await kit.settled(pilot)
        assert not screen.query_one(Facets).display


async def test_the_order_changes_and_the_cursor_stays_on_its_thing(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "v")
        assert "visit  candidate  modality" in kit.text(app)
        assert kit.rows(app)[0].startswith((">- [ ] ses-PREBL00", " - [ ] ses-PREBL00"))
        await press(kit, pilot, "v")
        assert "modality  visit  candidate" in kit.text(app)
        await press(kit, pilot, "v")
        assert "candidate  visit  modality" in kit.text(app)
        assert screen.choice.outline.cursor_key.candidate == FIRST


async def test_minc_asks_when_anything_is_ticked_and_keeps_the_ticks(kit: Any) -> None:
    workspace = kit.workspace()
    workspace.offered[DataType.MINC] = kit.catalogue(data_type=DataType.MINC)
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "space", "t")
        assert isinstance(app.screen, ConfirmModal)
        await press(kit, pilot, "n")
        assert screen.choice.data_type is DataType.BIDS
        await press(kit, pilot, "t", "y")
        await kit.wait_for(pilot, lambda: screen.choice.data_type is DataType.MINC)
        await kit.settled(pilot)
        assert screen.choice.selection.count == 27
        assert " MINC " in kit.shown(app)[0] + " "


async def test_details_of_an_image(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "space", "i")
        assert isinstance(app.screen, DetailsModal)
        text = kit.text(app)
        assert "1 candidate, 4 sessions, 27 images" in text
        assert "all of it   64 files" in text
        assert "0 of 16" in text  # two bold runs in four visits, each with its JSON
        assert "bold (rest)                  8         8" in text
        await press(kit, pilot, "escape")
        await press(kit, pilot, "right", "right", "right", "right", "right", "right", "i")
        assert isinstance(app.screen, DetailsModal)
        assert "scan type     FLAIR-defaced" in kit.text(app)
        assert "sub-1024138_ses-PREBL00_run-001_FLAIR.nii.gz" in kit.text(app)
        await press(kit, pilot, "escape")
        assert app.screen is app.get_screen("browser")


async def test_the_cached_catalogue_is_shown_while_the_new_one_is_read(kit: Any) -> None:
    workspace = kit.workspace()
    workspace.cached[DataType.BIDS] = kit.catalogue(4)
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await kit.wait_for(pilot, lambda: len(screen.choice.index.candidates) == 6)
        assert "54 new images" in kit.told(app)


async def test_a_refresh_keeps_ticks_cursor_and_branches(kit: Any) -> None:
    workspace = kit.workspace(kit.catalogue(4))
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "j", "right", "right", "space")
        workspace.offered[DataType.BIDS] = kit.catalogue(6)
        await press(kit, pilot, "R")
        await kit.wait_for(pilot, lambda: len(screen.choice.index.candidates) == 6)
        await kit.settled(pilot)
        assert screen.choice.selection.count == 7
        assert screen.choice.outline.cursor_key == Region("1024145", "PREBL00")
        assert len(screen.choice.outline) == 10
        assert "What changed on the server" in kit.text(app)
        assert "54 images new" in kit.text(app)
        await press(kit, pilot, "escape", "u")
        assert screen.choice.selection.count == 0  # what can be undone survives, too
        await press(kit, pilot, "ctrl+r")
        assert screen.choice.selection.count == 7
        await press(kit, pilot, "R")
        assert "Nothing has changed" in kit.told(app)


async def test_a_server_that_is_away_leaves_the_cached_catalogue(kit: Any) -> None:
    """Q1."""
    workspace = kit.workspace()
    workspace.cached[DataType.BIDS] = kit.catalogue(4)
    workspace.offered[DataType.BIDS] = Unreachable("The server does not answer.", "Try later.")
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        assert "kept from last time" in kit.told(app)
        assert len(kit.rows(app)) == 4


async def test_without_any_catalogue_it_says_what_to_do(kit: Any) -> None:
    workspace = kit.workspace()
    workspace.offered[DataType.BIDS] = Unreachable("The server does not answer.", "Try later.")
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.wait_for(pilot, lambda: "Press R to try again." in kit.text(app))
        workspace.offered[DataType.BIDS] = kit.catalogue()
        await press(kit, pilot, "R")
        await kit.wait_for(pilot, lambda: len(kit.rows(app)) == 6)


async def test_options_preselect(kit: Any) -> None:
    app = kit.app(kit.workspace(modalities=("rest",), visits=("prebl00",)))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        assert screen.choice.selection.count == 12


async def test_an_unknown_name_among_the_options_is_told(kit: Any) -> None:
    app = kit.app(kit.workspace(modalities=("nonsense",)))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        assert screen.choice.selection.count == 0
        assert "nonsense" in kit.told(app)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (300, 90)])
async def test_every_size_is_usable(kit: Any, size: tuple[int, int]) -> None:
    app = kit.app()
    async with app.run_test(size=size) as pilot:
        screen = await kit.ready(pilot)
        await press(kit, pilot, "a")
        assert screen.choice.selection.count == 162
        assert "162 images" in kit.text(app)
        assert all(len(line) <= size[0] for line in kit.shown(app))


async def test_the_real_cursor_stands_on_the_cursors_row(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "j", "j")
        line = kit.shown(app)[app.cursor_position.y]
        assert line.startswith(">+ [ ] sub-1024152")


async def test_names_that_are_markup_or_escapes_are_shown_as_they_are(kit: Any) -> None:
    images = tuple(
        image.with_links(
            image.candidate, image.visit, "[/red]", "[/red][T1w]", image.subfolder,
            image.minc_name, "[@click=app.quit]x", image.links,
        )
        for image in kit.images(1, DataType.BIDS, ("[bold]V",))
    )  # fmt: skip
    app = kit.app(kit.workspace(kit.catalogue(images=images)))
    async with app.run_test(size=(100, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "=", "G", "right", "G", "i")
        assert "[@click=app.quit]x" in kit.text(app)
        assert "[/red]" in kit.text(app)
        await press(kit, pilot, "escape")
        assert "ses-[bold]V" in kit.text(app)
        assert "[/red][T1w]" in kit.text(app)


async def test_verify_says_what_is_wrong(kit: Any, tmp_path: Path) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "V")
        assert "no output folder yet" in kit.told(app)


async def test_on_a_very_wide_terminal_numbers_stay_near_the_names(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(300, 90)) as pilot:
        await kit.ready(pilot)
        await pilot.press("right", "right", "space")
        await kit.settled(pilot)
        heading = next(line for line in kit.shown(app) if "selected" in line and "state" in line)
        rows = [line for line in kit.shown(app) if "[x]" in line and "sub-" not in line]
        assert heading.index("state") < 130
        assert rows
        assert all(row.index(" new") < 130 for row in rows if " new" in row)
        assert any(row.index("new") == heading.index("state") for row in rows)
