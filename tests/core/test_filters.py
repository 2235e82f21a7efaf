"""The filters of the command line: whole names, near names, files of names."""

from pathlib import Path

import pytest

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.errors import UsageError
from preventad_tui.core.filters import Filters, read_names, read_sessions, resolve_filters
from preventad_tui.core.model import Catalogue
from preventad_tui.core.rules import Rules
from preventad_tui.core.selection import Selection


@pytest.fixture(scope="module")
def index(small_catalogue: Catalogue) -> CatalogueIndex:
    return CatalogueIndex(small_catalogue)


def test_names_are_taken_in_any_case_and_form(index: CatalogueIndex) -> None:
    resolved = resolve_filters(
        index,
        Filters(("REST", "dwi", "bold"), ("ses-prefu12",), ("sub-1024138", "1024138")),
    )
    assert resolved == Filters(("bold", "dwi65"), ("PREFU12",), ("1024138",))
    selection = Selection(index, Rules(filters=resolved))
    assert [index.images[at].modality for at, on in enumerate(selection.selected) if on] == [
        "bold",
        "dwi65",
    ]


def test_t2star_brings_no_qt2star(index: CatalogueIndex) -> None:
    """Q10."""
    selection = Selection(index, Rules(filters=resolve_filters(index, Filters(("t2STAR",)))))
    assert selection.count == 1


def test_sessions_and_all(index: CatalogueIndex) -> None:
    filters = Filters(sessions=(("sub-1024138", "ses-PREBL00"), ("1071204", "NAPEN00")))
    assert Selection(index, Rules(filters=resolve_filters(index, filters))).count == 7
    assert Selection(index, Rules(filters=Filters(all=True))).count == 16
    assert not Selection(index, Rules(filters=Filters())).count


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (Filters(("T2sta",)), ("modality", "T2star", "qT2star", "FLAIR")),
        (Filters((), ("PREFU13",)), ("visit", "PREFU12")),
        (Filters((), (), ("1024139",)), ("candidate", "1024138")),
        (Filters(("FLAIR",), ("PREBL00",)), ("No image", "coverage")),
    ],
)
def test_what_does_not_exist_is_a_usage_error(
    index: CatalogueIndex, filters: Filters, words: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_filters(index, filters)
    assert caught.value.exit_code == 2
    for word in words:
        assert word in str(caught.value)


def test_lists_of_names(tmp_path: Path) -> None:
    assert read_names("a,b, c") == ("a", "b", "c")
    file = tmp_path / "people.txt"
    file.write_text("\ufeffsub-1024138\n1056618, 1071204  # three\n\n# none\n", encoding="utf-8")
    assert read_names(f"@{file}") == ("sub-1024138", "1056618", "1071204")
    for bad in (",", f"@{tmp_path / 'none'}", f"@{tmp_path}"):
        with pytest.raises(UsageError):
            read_names(bad)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="UTF-8"):
        read_names(f"@{file}")


@pytest.mark.parametrize(
    "text",
    [
        "participant_id\tsession_id\nsub-1\tses-A\nsub-2\tses-B\n",
        "session_id,age,participant_id\r\nses-A,3,sub-1\r\nses-B,,sub-2\r\n\r\n",
        "\ufeffparticipant_id , session_id\nsub-1, ses-A\nsub-2,ses-B",
    ],
)
def test_lists_of_sessions(tmp_path: Path, text: str) -> None:
    file = tmp_path / "sessions.tsv"
    file.write_text(text, encoding="utf-8", newline="")
    assert read_sessions(file) == (("sub-1", "ses-A"), ("sub-2", "ses-B"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "columns"),
        ("participant_id,age\nsub-1,3\n", "columns"),
        ("participant_id,session_id\n", "no session"),
        ("participant_id,session_id\nsub-1,\n", "Line 2"),
        ("participant_id,session_id\nsub-1\n", "Line 2"),
    ],
)
def test_lists_of_sessions_that_are_none(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "sessions.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        read_sessions(file)
