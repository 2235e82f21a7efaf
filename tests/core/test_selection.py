"""The selection: what was done last holds, whatever was done before."""

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.filters import Filters
from preventad_tui.core.query import read_query
from preventad_tui.core.regions import EVERYTHING, Region
from preventad_tui.core.rules import Rules, resolve
from preventad_tui.core.selection import MOST_CHANGES, Selection, Tick


def index_of(catalogue: Any) -> Any:
    return CatalogueIndex(catalogue)


@pytest.fixture(scope="session")
def index(small_catalogue: Any) -> Any:
    return index_of(small_catalogue)


def chosen(selection: Selection) -> set[int]:
    return {at for at, on in enumerate(selection.selected) if on}


def meant(index: Any, region: Region) -> set[int]:
    return {
        at
        for at, image in enumerate(index.catalogue.images)
        if region.candidate in (None, image.candidate)
        and region.visit in (None, image.visit)
        and region.modality in (None, image.modality)
        and region.image in (None, image.minc_name)
    }


def some_region(index: Any) -> st.SearchStrategy[Region]:
    images = index.catalogue.images

    def build(choice: tuple[int, bool, bool, bool, bool]) -> Region:
        at, candidate, visit, modality, single = choice
        image = images[at]
        if single:
            return Region(image.candidate, image.visit, image.modality, image.minc_name)
        return Region(
            image.candidate if candidate else None,
            image.visit if visit else None,
            image.modality if modality else None,
        )

    return st.tuples(
        st.integers(0, len(images) - 1), st.booleans(), st.booleans(), st.booleans(), st.booleans()
    ).map(build)


FILTERS = ("", "t1w", "bold prefu", "T2star nap", "run-001", "run-002 bold", "1024138 t1w bold")


@settings(deadline=None)  # the machine may be busy
@given(st.data())
def test_last_action_wins(index: Any, data: st.DataObject) -> None:
    base = data.draw(
        st.sampled_from(
            [Filters(), Filters(all=True), Filters(modalities=("bold", "t1w"), visits=("PREFU12",))]
        )
    )
    selection = Selection(index, Rules(filters=base))
    expected = chosen(selection)
    most = data.draw(st.sampled_from((MOST_CHANGES, 1)))
    for _ in range(data.draw(st.integers(1, 12))):
        region = data.draw(some_region(index))
        shown = data.draw(st.sampled_from((None, *FILTERS)))
        query = None if shown is None else read_query(shown, index)
        visible = set(range(index.regions.count))
        if query is not None:
            visible = {at for at in visible if query.matches[at]}
        what = data.draw(st.sampled_from(("on", "off", "invert", "images")))
        before = set(expected)
        with patch("preventad_tui.core.selection.MOST_CHANGES", most):
            if what == "invert":
                expected = expected ^ visible
                changed = selection.invert(query)
            elif what == "images":
                picked = set(
                    data.draw(st.lists(st.integers(0, index.regions.count - 1), max_size=5))
                )
                on = data.draw(st.booleans())
                expected = expected | picked if on else expected - picked
                changed = selection.tick_images(picked, on)
            else:
                touched = meant(index, region) & visible
                expected = expected | touched if what == "on" else expected - touched
                changed = selection.tick(region, what == "on", query)
        assert chosen(selection) == expected
        assert changed == len(before ^ expected)
        # the rules alone, in any order, mean the same images
        rules = selection.rules
        assert resolve(index.regions, rules) == selection.selected
        turned = Rules(rules.include[::-1], rules.exclude[::-1], rules.filters, rules.design)
        assert resolve(index.regions, turned) == selection.selected
        assert len(rules.include) + len(rules.exclude) <= 60


@settings(deadline=None)  # the machine may be busy
@given(st.data())
def test_undo_and_redo_walk_the_same_states(index: Any, data: st.DataObject) -> None:
    selection = Selection(index)
    states = [bytes(selection.selected)]
    most = data.draw(st.sampled_from((MOST_CHANGES, 1)))
    for _ in range(data.draw(st.integers(1, 25))):
        region, on = data.draw(some_region(index)), data.draw(st.booleans())
        version = selection.version
        query = data.draw(st.sampled_from((None, read_query("~run-001", index))))
        with patch("preventad_tui.core.selection.MOST_CHANGES", most):
            selection.tick(region, on, query)
        if selection.version != version:
            states.append(bytes(selection.selected))
    steps = 0
    while selection.undo():
        steps += 1
        assert bytes(selection.selected) == states[-1 - steps]
    assert steps == min(20, len(states) - 1)
    while selection.redo():
        steps -= 1
        assert bytes(selection.selected) == states[-1 - steps]
        assert resolve(index.regions, selection.rules) == selection.selected
    assert steps == 0


def test_ticks_are_three_valued(index: Any) -> None:
    selection = Selection(index)
    candidate = Region(candidate="1024138")
    assert selection.state(candidate) is Tick.NONE
    selection.tick(Region(candidate="1024138", visit="PREFU12"), True)
    assert selection.state(candidate) is Tick.SOME
    assert selection.state(EVERYTHING) is Tick.SOME
    assert selection.state(Region(visit="NAPBL00")) is Tick.NONE
    selection.tick(candidate, True)
    assert selection.state(candidate) is Tick.ALL
    assert selection.rules == Rules(include=(candidate,))


def test_rules_stay_as_small_as_what_was_meant(index: Any) -> None:
    selection = Selection(index)
    t1w, person = Region(modality="t1w"), Region(candidate="1024138")
    selection.tick(t1w, True)
    selection.tick(person, False)
    assert selection.rules == Rules(include=(t1w,), exclude=(person,))
    selection.tick(Region("1024138", "PREFU12"), True)
    selection.tick(Region("1024138", "PREFU12"), False)
    assert selection.rules == Rules(include=(t1w,), exclude=(person,))
    selection.tick(EVERYTHING, False)
    assert selection.rules == Rules()
    selection.tick(EVERYTHING, True, read_query("t1w prefu", index))
    assert selection.rules.include == (Region(visit="PREFU12", modality="t1w"),)


def test_a_filter_by_name_keeps_whole_regions_where_all_is_shown(index: Any) -> None:
    selection = Selection(index)
    selection.tick(EVERYTHING, True, read_query("run-001", index))
    assert selection.count == 15
    assert Region(modality="t1w") in selection.rules.include
    assert [rule.image for rule in selection.rules.include if rule.image] == [
        "preventad_1024138_PREBL00_bold_001.mnc"
    ]


def test_clearing_can_be_undone(index: Any) -> None:
    selection = Selection(index, Rules(filters=Filters(modalities=("t1w",))))
    assert selection.count == 5
    assert selection.clear() == 5
    assert (selection.count, selection.rules) == (0, Rules())
    assert selection.undo()
    assert selection.rules == Rules(filters=Filters(modalities=("t1w",)))
    assert not selection.undo()


def test_undo_goes_on_over_a_newer_catalogue(index: Any, small_catalogue: Any) -> None:
    old = Selection(index)
    candidate = small_catalogue.images[0].candidate
    old.tick(Region(candidate), True)
    old.tick(Region(modality="bold"), True)
    both = chosen(old)
    new = Selection(index, old.rules).with_history_of(old)
    assert new.undo()
    assert chosen(new) == meant(index, Region(candidate))
    assert new.redo()
    assert chosen(new) == both
    assert new.undo()
    assert new.undo()
    assert not new.count
    assert not new.undo()


def test_many_images_at_once_are_kept_as_images(index: Any, small_catalogue: Any) -> None:
    selection = Selection(index)
    selection.tick(Region(modality="t1w"), True)
    with patch("preventad_tui.core.selection.MOST_CHANGES", 1):
        selection.tick(EVERYTHING, True, read_query("~run-001", index))
        expected = chosen(selection)
        assert resolve(index.regions, selection.rules) == selection.selected
        new = Selection(index_of(small_catalogue), selection.rules).with_history_of(selection)
        selection.invert(read_query("~run-002", index))
    assert new.undo()
    assert chosen(new) == meant(index, Region(modality="t1w"))
    assert new.redo()
    assert chosen(new) == expected
    assert selection.undo()
    assert chosen(selection) == expected
    selection.tick(EVERYTHING, True)
    assert selection.rules.include == (EVERYTHING,)
    selection.undo()
    selection.undo()
    assert selection.rules.include == (Region(modality="t1w"),)
