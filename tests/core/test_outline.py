"""The browser's rows against a plain tree made by hand; the cursor stays where it was."""

import time
from collections.abc import Callable
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.facts import ImageFacts, read_facts
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.layout import image_files
from preventad_tui.core.model import Catalogue
from preventad_tui.core.outline import Jump, Order, Outline
from preventad_tui.core.query import read_query
from preventad_tui.core.regions import Region
from preventad_tui.core.selection import Selection, Tick
from preventad_tui.core.states import FileState, rank, worst


@pytest.fixture
def index(small_catalogue: Catalogue) -> CatalogueIndex:
    return CatalogueIndex(small_catalogue)


@pytest.fixture
def facts(index: CatalogueIndex) -> ImageFacts:
    return facts_of(index)


def facts_of(index: CatalogueIndex) -> ImageFacts:
    book = SizeBook(known=True)
    return read_facts(index, FolderView(), book)


def labels(outline: Outline) -> list[str]:
    return [f"{'  ' * row.depth}{row.label}" for row in rows(outline)]


def rows(outline: Outline) -> list[Any]:
    return [outline.row(at) for at in range(len(outline))]


def at_label(outline: Outline, label: str) -> int:
    return next(at for at, row in enumerate(rows(outline)) if row.label == label)


def by_hand(
    index: CatalogueIndex, selection: Selection, facts: ImageFacts, outline: Outline
) -> list[tuple[Any, ...]]:
    """The rows as a plain recursion over lists gives them."""
    fields = ("candidate", "visit", "modality")
    levels = [fields[field] for field in outline.order.value]
    images = list(enumerate(index.images))
    if outline.query is not None:
        images = [(at, image) for at, image in images if outline.query.matches[at]]
    found: list[tuple[Any, ...]] = []

    def below(rest: list[tuple[int, Any]], key: dict[str, str], depth: int) -> None:
        if depth == 3:
            for at, image in rest:
                found.append((3, image.minc_name, selection.selected[at], 1, facts.state(at), None))
            return

        def name(pair: tuple[int, Any]) -> str:
            return str(getattr(pair[1], levels[depth]))

        def place(pair: tuple[int, Any]) -> tuple[str, str]:
            return (
                name(pair).casefold() if levels[depth] == "modality" else "",
                name(pair),
            )

        for (_, label), group in groupby(sorted(rest, key=place), key=place):
            inside = list(group)
            here = {**key, levels[depth]: label}
            region = Region(**here)
            chosen = [at for at, _ in inside if selection.selected[at]]
            found.append(
                (
                    depth,
                    label,
                    len(chosen),
                    len(inside),
                    worst([facts.state(at) for at, _ in inside]),
                    sum(facts.sizes[at] for at in chosen),
                )
            )
            if region in outline.open_keys:
                below(inside, here, depth + 1)

    below(images, {}, 0)
    return found


@settings(deadline=None)  # the machine may be busy
@given(st.data())
def test_rows_are_those_of_a_plain_tree(small_catalogue: Catalogue, data: st.DataObject) -> None:
    index = CatalogueIndex(small_catalogue)
    facts = facts_of(index)
    selection = Selection(index)
    outline = Outline(index, selection, facts)
    for _ in range(data.draw(st.integers(1, 14))):
        at = data.draw(st.integers(0, max(0, len(outline) - 1)))
        what = data.draw(
            st.sampled_from(
                ("toggle", "toggle", "tick", "order", "filter", "news", "move", "expand")
            )
        )
        if what == "order":
            outline.set_order(data.draw(st.sampled_from(list(Order))))
        elif what == "filter":
            text = data.draw(st.sampled_from(("", "t1w", "bold prefu", "run-002", "nap", "zzz")))
            outline.set_query(read_query(text, index))
        elif what == "news":
            image = data.draw(st.integers(0, len(index.images) - 1))
            file = data.draw(
                st.sampled_from(image_files(index.images[image], index.catalogue.type))
            )
            state = data.draw(st.sampled_from(list(FileState)))
            assert facts.set_state(file.path, state, 77) == image
        elif len(outline):
            row = outline.row(at)
            if what == "toggle":
                assert outline.toggle(at) == row.is_branch
            elif what == "tick":
                selection.tick(row.key, row.tick is not Tick.ALL, outline.query)
                now = outline.row(at)
                assert now.tick is (Tick.NONE if row.tick is Tick.ALL else Tick.ALL)
            elif what == "expand":
                outline.expand_top(at)
            else:
                outline.move_to(at)
                assert outline.cursor_key == row.key
        expected = by_hand(index, selection, facts, outline)
        made = rows(outline)
        assert [
            (
                row.depth,
                row.key[outline.order.value[row.depth] if row.depth < 3 else 3],
                row.selected,
                row.shown,
                row.state,
                row.size_bytes if row.is_branch else None,
            )
            for row in made
        ] == expected
        assert not made or 0 <= outline.cursor < len(made)


def test_the_tree_opens_down_to_images(index: CatalogueIndex) -> None:
    outline = Outline(index, Selection(index))
    assert labels(outline) == ["sub-1024138", "sub-1056618", "sub-1071204"]
    outline.open(0)
    outline.open(1)
    outline.open(at_label(outline, "bold (rest)"))
    assert labels(outline) == [
        "sub-1024138",
        "  ses-PREBL00",
        "    bold (rest)",
        "      sub-1024138_ses-PREBL00_bold_run-001",
        "      sub-1024138_ses-PREBL00_bold_run-002",
        "    t1w",
        "    T2star",
        "  ses-PREFU12",
        "sub-1056618",
        "sub-1071204",
    ]
    assert outline.parent(3) == 2
    assert outline.parent(0) is None
    outline.expand_top(8)
    assert "    FLAIR" not in labels(outline)
    assert "    qT2star" in labels(outline)
    outline.collapse_all()
    assert len(outline) == 3


def test_the_cursor_stays_through_filter_order_and_refresh(
    index: CatalogueIndex, facts: ImageFacts
) -> None:
    selection = Selection(index)
    outline = Outline(index, selection, facts)
    outline.open(1)
    outline.move_to(at_label(outline, "ses-PREFU12"))
    key = Region("1056618", "PREFU12")
    outline.set_query(read_query("bold", index))
    assert outline.row(outline.cursor).key == Region("1056618")
    outline.set_query(None)
    assert outline.row(outline.cursor).key == key
    outline.set_order(Order.VISIT)
    assert outline.row(outline.cursor).key == key
    outline.set_order(Order.MODALITY)
    assert outline.row(outline.cursor).key.is_inside(key)
    outline.set_order(Order.CANDIDATE)
    here = outline.row(outline.cursor).key
    opened = outline.open_keys
    again = CatalogueIndex(index.catalogue)
    outline.replace(again, Selection(again), facts)
    assert (outline.row(outline.cursor).key, outline.open_keys) == (here, opened)
    later = Outline(again, selection, facts, Order.CANDIDATE, opened, here)
    assert later.row(later.cursor).key == here


def test_closing_takes_the_cursor_to_the_branch(index: CatalogueIndex) -> None:
    outline = Outline(index, Selection(index))
    outline.open(0)
    outline.move_to(2)
    outline.close(0)
    assert (outline.cursor, outline.cursor_key) == (0, Region("1024138"))


def test_jumps_go_round_and_open_what_hides_the_match(
    index: CatalogueIndex, facts: ImageFacts
) -> None:
    selection = Selection(index)
    outline = Outline(index, selection, facts)
    assert not outline.next_match(Jump.FAILED)
    for at in (9, 2):
        file = image_files(index.images[at], index.catalogue.type)[1]
        facts.set_state(file.path, FileState.FAILED)
    seen = []
    for step in (1, 1, 1, -1):
        assert outline.next_match(Jump.FAILED, step)
        seen.append(outline.row(outline.cursor).image_index)
    assert seen == [2, 9, 2, 9]
    assert outline.row(0).state is FileState.FAILED
    assert outline.row(0).state_count == 1
    selection.tick(Region(), True)
    selection.tick(Region("1071204", "NAPEN00", "dwi65"), False)
    assert outline.next_match(Jump.UNSELECTED)
    assert outline.row(outline.cursor).key.modality == "dwi65"
    outline.set_query(read_query("T2star", index))
    assert outline.next_match(Jump.SHOWN)
    assert outline.row(outline.cursor).key.modality == "T2star"


def test_a_branch_is_never_better_than_its_worst_file(
    index: CatalogueIndex, facts: ImageFacts
) -> None:
    outline = Outline(index, Selection(index), facts)
    files = [file for image in index.images for file in image_files(image, index.catalogue.type)]
    for file in files[:-1]:
        facts.set_state(file.path, FileState.ON_DISK, 1)
    assert [row.state for row in rows(outline)] == [
        FileState.ON_DISK,
        FileState.ON_DISK,
        FileState.NEW,
    ]
    facts.set_state(files[-1].path, FileState.ON_DISK, 1)
    assert {row.state for row in rows(outline)} == {FileState.ON_DISK}


def test_a_window_is_quick_over_the_real_study(study_shape: Catalogue) -> None:
    index = CatalogueIndex(study_shape)
    selection = Selection(index)
    facts = facts_of(index)
    began = time.process_time()
    outline = Outline(index, selection, facts)
    assert time.process_time() - began < 0.4
    assert len(outline) == 308

    def window() -> None:
        for at in range(min(40, len(outline))):
            outline.row(at)

    def best(action: Callable[[], object]) -> float:
        times = []
        for _ in range(5):
            start = time.process_time()
            action()
            times.append(time.process_time() - start)
        return min(times)

    def tick_all() -> None:
        selection.tick(Region(), not selection.count)
        window()

    assert best(tick_all) < 0.02
    assert best(window) < 0.005
    assert rank(outline.row(0).state) == rank(FileState.NEW)
