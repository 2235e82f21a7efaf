"""The filter: words are read as the study's own names, and shown as read."""

from typing import Any

import pytest

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.query import WordKind, read_query, short_visits
from preventad_tui.core.regions import EVERYTHING, Region


@pytest.fixture(scope="module")
def index(small_catalogue: Any) -> Any:
    return CatalogueIndex(small_catalogue)


@pytest.fixture(scope="module")
def study(study_shape: Any) -> Any:
    return CatalogueIndex(study_shape)


@pytest.mark.parametrize(
    ("text", "count", "sentence"),
    [
        ("", 16, ""),
        ("t1w", 5, "modality t1w"),
        ("T1W bold", 9, "modalities t1w, bold"),
        ("t2star", 1, "modality T2star"),
        ("~t2star", 2, "names with “t2star”"),
        ("rest", 4, "modality bold"),
        ("dwi", 2, "modality dwi65"),
        ("prefu", 6, "visit PREFU12"),
        ("ses-prefu12 sub-1024138", 3, "visit PREFU12; candidate 1024138"),
        ("nap", 6, "visits NAPBL00, NAPEN00"),
        ("nap prebl00 t1w", 3, "modality t1w; visits NAPBL00, NAPEN00, PREBL00"),
        ("1024138 1071204", 10, "candidates 1024138, 1071204"),
        ("run-002", 1, "names with “run-002”"),
        ("run 002", 1, "names with “run” and “002”"),
        ("bold ~task", 0, "modality bold; names with “task”"),
        ("nonsense", 0, "names with “nonsense”"),
        ("~", 16, ""),
    ],
)
def test_words_are_read(index: Any, text: str, count: int, sentence: str) -> None:
    query = read_query(text, index)
    assert (query.count, query.sentence) == (count, sentence)
    if query.regions is not None:
        assert index.regions.covered_by(query.regions) == query.matches


def test_no_words_show_everything(index: Any) -> None:
    query = read_query("  ", index)
    assert not query
    assert query.regions == (EVERYTHING,)


def test_regions_say_the_same_as_the_words(index: Any) -> None:
    query = read_query("t1w bold prefu", index)
    assert query.regions == (Region(None, "PREFU12", "t1w"), Region(None, "PREFU12", "bold"))
    assert [word.kind for word in query.words] == [
        WordKind.MODALITY,
        WordKind.MODALITY,
        WordKind.VISIT,
    ]
    assert read_query("~t1w", index).regions is None


def test_a_terminal_sees_no_control_characters(index: Any) -> None:
    assert "\x1b" not in read_query("\x1b]0;x\x07", index).sentence


def test_visits_are_written_short() -> None:
    assert short_visits(("PREFU12", "PREFU24", "PREFU36", "PREFU48")) == "PREFU12 24 36 48"
    assert short_visits(("NAPBL00", "V1", "V2", "first")) == "NAPBL00, V1 2, first"


def test_the_real_names(study: Any) -> None:
    assert read_query("T2star", study).count == 1086
    assert read_query("bold", study).count == 2131
    query = read_query("t1w bold prefu", study)
    assert query.sentence == "modalities t1w, bold; visits PREFU12 24 36 48"
    assert read_query("qT2star", study).count == 1128
