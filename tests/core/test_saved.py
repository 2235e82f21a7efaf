"""Saved selections and the last session: the documented JSON, and what became of the images."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preventad_tui.core import saved as module
from preventad_tui.core.arrangement import Order
from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.design import Design, TimePoints
from preventad_tui.core.errors import StateUnreadable, UsageError
from preventad_tui.core.filters import Filters
from preventad_tui.core.last_session import (
    LastSession,
    View,
    folders_to_propose,
    load_last_session,
    save_last_session,
)
from preventad_tui.core.model import Catalogue, DataType
from preventad_tui.core.regions import Region
from preventad_tui.core.rules import Rules, resolve
from preventad_tui.core.saved import SavedSelection, snapshot
from preventad_tui.core.saved_json import rules_from_json, rules_to_json
from preventad_tui.core.selection import Selection

BIDS, MINC = DataType.BIDS, DataType.MINC
RULES = Rules(
    include=(Region(modality="t1w"), Region("1024138", "PREBL00")),
    exclude=(Region("1024138", "PREFU12"),),
)


@pytest.fixture(scope="module")
def index(small_catalogue: Catalogue) -> CatalogueIndex:
    return CatalogueIndex(small_catalogue)


@pytest.fixture
def saved(index: CatalogueIndex) -> SavedSelection:
    return snapshot(index, Selection(index, RULES), "T1w and one", note="for ä", outputdir="/data")


def test_the_file_is_as_documented(saved: SavedSelection, tmp_path: Path) -> None:
    path = module.save_selection(saved, tmp_path / "selections")
    assert path.name == "T1w and one.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    value = json.loads(path.read_bytes())
    assert list(value) == [
        "format", "name", "note", "created", "server", "project", "type", "rules", "images",
        "catalogue", "outputdir",
    ]  # fmt: skip
    assert value["format"] == 1
    assert value["rules"]["include"][0] == {
        "candidate": None,
        "visit": None,
        "modality": "t1w",
        "image": None,
    }
    assert value["images"][0].startswith("1024138/PREBL00/preventad_1024138_PREBL00_")
    assert set(value["catalogue"]) == {"date", "md5"}
    assert module.load_selection(path) == saved


def test_saved_selections_are_listed_renamed_and_deleted(
    saved: SavedSelection, tmp_path: Path
) -> None:
    module.save_selection(saved, tmp_path)
    module.rename_selection("T1w and one", "mine", tmp_path)
    assert module.selection_names(tmp_path) == ["mine"]
    assert module.list_selections(tmp_path) == [replace(saved, name="mine")]
    assert module.find_selection("mine", tmp_path).rules == RULES
    module.export_selection(saved, tmp_path / "out.selection")
    assert module.find_selection(str(tmp_path / "out.selection"), tmp_path) == saved
    assert module.import_selection(tmp_path / "out.selection", tmp_path).name == "T1w and one"
    with pytest.raises(UsageError, match="already"):
        module.import_selection(tmp_path / "out.selection", tmp_path)
    with pytest.raises(UsageError, match="already"):
        module.rename_selection("mine", "T1w and one", tmp_path)
    module.delete_selection("mine", tmp_path)
    with pytest.raises(UsageError):
        module.delete_selection("mine", tmp_path)
    with pytest.raises(UsageError, match="T1w and one"):
        module.find_selection("T1w and two", tmp_path)
    with pytest.raises(UsageError, match="no saved selection and no file"):
        module.find_selection("~nobody-has-this-name/x.json", tmp_path)
    assert module.selection_names(tmp_path / "none") == []


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 81, "a\nb", "trailing ", "ä"])
def test_names_are_safe_as_files(saved: SavedSelection, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        module.save_selection(replace(saved, name=name), tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_is_new_and_what_is_gone_is_told(
    saved: SavedSelection, small_catalogue: Catalogue, make_image: Any, make_catalogue: Any
) -> None:
    """Q5."""
    assert not module.compare(saved, CatalogueIndex(small_catalogue))
    added = make_image("1071204", "PREFU12", "t1w-defaced")
    first = next(image for image in small_catalogue.images if image.key in saved.images)
    images = [image for image in small_catalogue.images if image is not first] + [added]
    newer = CatalogueIndex(make_catalogue(images))
    changes = module.compare(saved, newer)
    assert (changes.added, changes.gone) == ((added.key,), (first.key,))
    as_then = resolve(newer.regions, module.rules_as_then(saved, newer))
    keys = {newer.images[at].key for at, on in enumerate(as_then) if on}
    assert keys == set(saved.images) - {first.key}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "damaged"),
        (b"{}", "damaged"),
        (b"[1]", "damaged"),
        (b"\xff\xfe", "damaged"),
        (b'{"format":2,"rules":{}}', "newer"),
        (b'{"format":1,"type":"bids","rules":{"include":[{"image":"x"}]}}', "damaged"),
        (b'{"format":1,"type":"bids","rules":{"include":7}}', "damaged"),
        (b'{"format":1,"type":"tape","rules":{}}', "damaged"),
        (b"[" * 100_000, "damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_kept(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "one.json"
    path.write_bytes(content)
    with pytest.raises(StateUnreadable, match=words):
        module.find_selection("one", tmp_path)
    found = module.list_selections(tmp_path)
    assert len(found) == 1
    assert isinstance(found[0], StateUnreadable)
    assert path.read_bytes() == content


NAMES = st.sampled_from(("1024138", "PREBL00", "t1w", "a.mnc"))
MAYBE = st.none() | NAMES
REGIONS = st.builds(Region, MAYBE, MAYBE, MAYBE, st.none()) | st.builds(
    Region, NAMES, NAMES, NAMES, NAMES
)
SEVERAL = st.lists(NAMES, max_size=3).map(tuple)


@given(
    st.lists(REGIONS, max_size=4).map(tuple),
    st.lists(REGIONS, max_size=4).map(tuple),
    st.builds(
        Filters,
        SEVERAL,
        SEVERAL,
        SEVERAL,
        st.lists(st.tuples(NAMES, NAMES), max_size=3).map(tuple),
        st.booleans(),
    ),
    st.just(Design())
    | st.builds(
        Design,
        SEVERAL,
        st.sampled_from(list(TimePoints)),
        st.integers(1, 4),
        st.booleans(),
        st.booleans(),
        st.sampled_from(("", "NAP", "PRE")),
    ),
)
def test_rules_survive_their_json(
    include: tuple[Region, ...], exclude: tuple[Region, ...], filters: Filters, design: Design
) -> None:
    rules = Rules(include, exclude, filters, design)
    assert rules_from_json(json.loads(json.dumps(rules_to_json(rules)))) == rules


def test_the_last_session_comes_back(saved: SavedSelection, tmp_path: Path) -> None:
    assert load_last_session(tmp_path) is None
    view = View((Region("1024138"),), Order.VISIT, Region(None, "PREBL00"), "t1w prefu", "browser")
    session = LastSession(saved, "open", view, "2026-11-22T14:02:00Z", 12, 3456)
    save_last_session(session, tmp_path)
    assert load_last_session(tmp_path) == session
    assert session.images == len(saved.images)
    path = tmp_path / "session.json"
    assert path.stat().st_mode & 0o777 == 0o600
    for content in (b"{", b'{"format":1}', b'{"format":9}'):
        path.write_bytes(content)
        with pytest.raises(StateUnreadable):
            load_last_session(tmp_path)
        assert path.read_bytes() == content


def test_the_folder_of_the_last_session_is_proposed_where_it_fits(
    saved: SavedSelection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, state = tmp_path / "here", tmp_path / "state"
    here.mkdir()
    state.mkdir()
    monkeypatch.chdir(here)
    new = here / "preventad"
    assert folders_to_propose(saved.server, state) == {BIDS: new, MINC: new}
    chosen = replace(saved, outputdir="/data/out")
    save_last_session(LastSession(chosen, "open", View(), "2026-11-22T14:02:00Z"), state)
    assert folders_to_propose(saved.server, state) == {BIDS: Path("/data/out"), MINC: new}
    assert folders_to_propose("https://other:443", state) == {BIDS: new, MINC: new}
    (state / "session.json").write_bytes(b"{")
    assert folders_to_propose(saved.server, state) == {BIDS: new, MINC: new}
    here.rmdir()  # the current folder is gone: somewhere that is there
    assert folders_to_propose(saved.server, state)[BIDS] == Path.home() / "preventad"
