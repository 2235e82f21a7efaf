"""Tables beside the images: chosen, filtered, undone, kept and counted like them."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.facts import read_facts
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.model import Catalogue, ReleaseFile
from preventad_tui.core.outline import Jump, Order, Outline
from preventad_tui.core.plan import make_plan
from preventad_tui.core.query import read_query
from preventad_tui.core.regions import EVERYTHING, Region, indices_of
from preventad_tui.core.release_tree import TABLES, counted
from preventad_tui.core.saved import compare, load_selection, save_selection, snapshot
from preventad_tui.core.selection import Selection
from preventad_tui.core.states import FileState
from preventad_tui.core.totals import TotalsCounter

NAMES = ("2.0/Demographics.csv", "2.0/RBANS.csv", "1.0/Genetics.csv", "Loose.csv")


def with_tables(catalogue: Catalogue) -> CatalogueIndex:
    releases = tuple(
        ReleaseFile(name.rpartition("/")[0], f"/projects/loris/data_releases/{name[4:]}")
        for name in (NAMES[0], NAMES[2], NAMES[1])
    )
    loose = ReleaseFile("", "/projects/loris/data_releases/Loose.csv")
    return CatalogueIndex(replace(catalogue, releases=(*releases, loose)))


@pytest.fixture(scope="session")
def index(small_catalogue: Catalogue) -> CatalogueIndex:
    return with_tables(small_catalogue)


def labels(outline: Outline) -> list[str]:
    rows = [outline.row(at) for at in range(len(outline))]
    return ["  " * row.depth + row.label for row in rows if row.is_of_tables]


def test_they_are_the_last_branch_in_every_order(index: CatalogueIndex) -> None:
    outline = Outline(index, Selection(index))
    for order in Order:
        outline.set_order(order)
        outline.collapse_all()
        assert labels(outline) == ["data releases"]
        outline.move_to(len(outline) - 1)
        outline.expand_top(outline.cursor)
        assert labels(outline) == [
            "data releases", "  2.0", "    Demographics.csv", "    RBANS.csv",
            "  1.0", "    Genetics.csv", "  without version", "    Loose.csv",
        ]  # fmt: skip
        at = len(outline) - 1
        outline.move_to(at)
        key = outline.cursor_key
        outline.set_query(read_query("t1w", index))
        assert labels(outline) == []
        outline.set_query(None)
        assert (outline.cursor, outline.cursor_key) == (at, key)
        assert outline.parent(at) == at - 1
        assert outline.parent(at - 1) == at - 7
        outline.close(at - 1)
        assert labels(outline)[-1] == "  without version"
        assert not outline.toggle(at - 2)
        assert outline.go_to(TABLES._replace(visit="", image="Loose.csv"))
        assert outline.row(outline.cursor).label == "Loose.csv"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("data_releases", NAMES),
        ("Releases", NAMES),
        ("rban", NAMES[1:2]),
        ("~GENET", NAMES[2:3]),
        ("releases 2.0", NAMES[:2]),
        ("t1w", ()),
        ("releases t1w", ()),
        ("qc:pass", ()),
        ("zzz", ()),
    ],
)
def test_filters(index: CatalogueIndex, text: str, names: tuple[str, ...]) -> None:
    query = read_query(text, index)
    assert query.tables == set(names)
    assert not names or not query.count
    selection = Selection(index)
    selection.tick(EVERYTHING, True, query)
    assert (selection.tables, selection.count) == (set(names), query.count)


def test_without_tables_the_words_are_parts_of_names(small_catalogue: Catalogue) -> None:
    bare = CatalogueIndex(small_catalogue)
    assert read_query("releases", bare).sentence == "names with “releases”"
    assert Outline(bare, Selection(bare)).shown_tables == 0


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_what_was_done_last_holds(small_catalogue: Catalogue, data: st.DataObject) -> None:
    index = with_tables(small_catalogue)
    selection = Selection(index)
    tree = index.tables
    keys = [EVERYTHING, TABLES, TABLES._replace(visit="2.0"), Region(modality="t1w")]
    keys += map(tree.region, range(len(tree)))
    history = [(selection.tables, bytes(selection.selected))]
    for _ in range(data.draw(st.integers(1, 10))):
        key, on = data.draw(st.sampled_from(keys)), data.draw(st.booleans())
        text = data.draw(st.sampled_from(("", "", "releases", "rban", "t1w")))
        query = read_query(text, index) or None
        images, tables = bytes(selection.selected), selection.tables
        version = selection.version
        selection.tick(key, on, query)
        shown = tree.names_in(key) & (query.tables if query else frozenset(tree.names))
        assert selection.tables == (tables | shown if on else tables - shown)
        if key.is_inside(TABLES):
            assert bytes(selection.selected) == images
        if selection.version != version:
            history.append((selection.tables, bytes(selection.selected)))
        again = Selection(index, selection.rules)
        assert (again.tables, again.selected) == (selection.tables, selection.selected)
    for then in history[-2::-1]:
        assert selection.undo()
        assert (selection.tables, bytes(selection.selected)) == then
    for then in history[1:]:
        assert selection.redo()
        assert (selection.tables, bytes(selection.selected)) == then


def test_clear_invert_and_jump(index: CatalogueIndex) -> None:
    selection = Selection(index)
    selection.tick(TABLES._replace(visit="2.0"), True)
    assert (selection.count, selection.tables) == (0, set(NAMES[:2]))
    selection.invert(read_query("releases", index))
    assert (selection.count, selection.tables) == (0, set(NAMES[2:]))
    selection.invert()
    assert (selection.count, selection.tables) == (len(index.images), set(NAMES[:2]))
    outline = Outline(index, selection)
    assert outline.next_match(Jump.UNSELECTED)
    assert outline.row(outline.cursor).label == "Genetics.csv"
    assert outline.next_match(Jump.UNSELECTED)
    assert outline.row(outline.cursor).label == "Loose.csv"
    assert selection.clear() == len(index.images) + 2
    assert selection.is_empty


def test_saved_and_compared(index: CatalogueIndex, tmp_path: Path) -> None:
    selection = Selection(index)
    selection.tick(Region(modality="t1w"), True)
    selection.tick(TABLES._replace(visit="2.0"), True)
    saved = load_selection(save_selection(snapshot(index, selection, "s"), tmp_path))
    assert saved.rules == selection.rules
    assert saved.counted == counted(selection.count, 2)
    assert '"releases": [' in (tmp_path / "s.json").read_text()
    fewer = CatalogueIndex(replace(index.catalogue, releases=index.catalogue.releases[:1]))
    assert compare(saved, fewer).gone_tables == NAMES[1:2]
    assert compare(saved, fewer).gone_counted == "1 table"
    assert Selection(fewer, saved.rules).tables == set(NAMES[:1])


def test_facts_totals_and_plan_agree(index: CatalogueIndex) -> None:
    selection = Selection(index)
    selection.tick(Region(modality="t1w"), True)
    selection.tick(TABLES._replace(visit="2.0"), True)
    facts = read_facts(index, FolderView(), SizeBook(known=True))
    path = f"data_releases/{NAMES[0]}"
    assert (facts.table_state(path), facts.beside("", path).unknown_files) == (FileState.NEW, 1)
    outline = Outline(index, selection, facts)
    outline.go_to(index.tables.region(0))
    facts.set_state(path, FileState.ON_DISK, 77)
    assert facts.table_state(path) is FileState.ON_DISK
    row = outline.row(outline.cursor)
    assert (row.label, row.state, row.size_bytes) == ("Demographics.csv", FileState.ON_DISK, 77)
    top = outline.row(outline.cursor - 2)
    assert (top.selected, top.shown, top.size_bytes) == (2, 4, None)
    files = list(index.tables.files_of(selection.tables))
    totals = TotalsCounter(index.regions, facts).count(selection.selected, files)
    chosen = list(indices_of(selection.selected))
    sizes = SizeBook(known=True)
    plan = make_plan(index, chosen, FolderView(), sizes, tables=selection.tables)
    assert totals.files == plan.totals.files
    assert (totals.on_disk_files, totals.on_disk_bytes) == (1, 77)
    alone = TotalsCounter(index.regions, facts).count(bytes(len(index.images)), files)
    assert (alone.images, alone.files, alone.unknown_files) == (0, 2, 1)
