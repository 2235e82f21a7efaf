"""Rows of listings: the good ones are kept, the others counted, nothing unsafe gets through."""

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preventad_tui.core.catalogue import build_catalogue
from preventad_tui.core.errors import NotLoris
from preventad_tui.core.layout import files_of_images
from preventad_tui.core.listing import Listing
from preventad_tui.core.listing_bids import read_bids_listing
from preventad_tui.core.listing_minc import read_candidates, read_images_listing
from preventad_tui.core.model import Catalogue, DataType
from preventad_tui.core.names import is_safe_component, safe_link

C, V = "1234567", "NAPEN00"
MINC = f"preventad_{C}_{V}_dwi65_001.mnc"
STEM = f"sub-{C}_ses-{V}_run-001_dwi"
LINK = f"/candidates/{C}/{V}/images/{MINC}"


def bids_row(**changed: Any) -> dict[str, Any]:
    row = {
        "Candidate": C,
        "PSCID": "MTL0001",
        "Visit": V,
        "LorisScanType": "dwi65",
        "Subfolder": "dwi",
        "NiftiLink": f"{LINK}/bids/{STEM}.nii.gz",
        "JsonLink": f"{LINK}/bids/{STEM}.json",
        "BvalLink": f"{LINK}/bids/{STEM}.bval",
        "BvecLink": f"{LINK}/bids/{STEM}.bvec",
    }
    return {key: value for key, value in (row | changed).items() if value != "absent"}


def minc_row(**changed: Any) -> dict[str, Any]:
    row = {
        "Candidate": C,
        "PSCID": "MTL0001",
        "Visit": V,
        "Visit_date": None,
        "Site": "Montreal",
        "ScanType": "dwi65",
        "QC_status": "Pass",
        "Selected": None,
        "Link": LINK,
    }
    return {key: value for key, value in (row | changed).items() if value != "absent"}


def bids(*rows: Any, **more: Any) -> Listing:
    return read_bids_listing({"Images": list(rows), **more}, "h")


def minc(*rows: Any) -> Listing:
    return read_images_listing({"Images": list(rows)}, "h")


def catalogue(listing: Listing, data_type: DataType) -> Catalogue:
    return build_catalogue(listing, server="demo", project="loris", data_type=data_type)


def test_a_bids_row_becomes_an_image_with_its_side_files() -> None:
    (image,) = bids(bids_row(Extra=[1, {}])).images
    assert (image.candidate, image.visit, image.modality) == (C, V, "dwi65")
    assert image.key == f"{C}/{V}/{MINC}"
    assert image.name == STEM
    assert [link.rpartition(".")[2] for link in image.links] == ["gz", "json", "bval", "bvec"]


@pytest.mark.parametrize(
    "changed",
    [
        {"Candidate": int(C)},
        {"Candidate": {}},
        {"Candidate": None},
        {"Candidate": "absent"},
        {"Visit": "absent"},
        {"PSCID": 7},
    ],
)
def test_ids_come_as_numbers_empty_objects_or_not_at_all(changed: dict[str, Any]) -> None:
    """Q11."""
    (image,) = bids(bids_row(**changed)).images
    (other,) = minc(minc_row(**changed)).images
    assert image.candidate == other.candidate == C
    assert image.visit == other.visit == V


@pytest.mark.parametrize("key", ["JsonLink", "BvalLink", "EventLink"])
@pytest.mark.parametrize("value", [None, "absent"])
def test_a_missing_side_link_is_a_missing_side_file(key: str, value: Any) -> None:
    assert len(bids(bids_row(**{key: value})).images) == 1


HOSTILE_LINKS = [
    "https://evil.example/candidates/1/2/images/a.mnc",
    "//evil.example/candidates/1/2/images/a.mnc",
    "@evil.example/x",
    ".evil.example/x",
    "\\\\evil.example\\x",
    f"{LINK}/bids/../../../../etc/passwd",
    f"{LINK}/bids/..",
    f"{LINK}/bids//{STEM}.nii.gz",
    f"{LINK}/bids/{STEM}.nii.gz?x=1",
    f"{LINK}/bids/{STEM}.nii.gz#x",
    f"{LINK}/bids/%2e%2e",
    f"{LINK}/bids/a b.nii.gz",
    f"{LINK}/bids/ä.nii.gz",
    f"{LINK}/bids/a\r\nX: y.nii.gz",
    f"{LINK}/bids/a\x00.nii.gz",
    f"{LINK}/bids/\ud800.nii.gz",
    f"{LINK}/bids/.hidden",
    f"{LINK}/bids/-rf",
    f"{LINK}/bids/con.nii.gz",
    f"{LINK}/bids/{'a' * 300}.nii.gz",
    f"{LINK}/bids/a:b@c",
    "/login",
    "/projects",
    "/admin/candidates/1",
    "",
    "/",
    7,
    {},
    [LINK],
    True,
]


@pytest.mark.parametrize("link", HOSTILE_LINKS, ids=repr)
def test_a_row_with_an_unusable_link_is_not_used_at_all(link: Any) -> None:
    for key in ("NiftiLink", "JsonLink"):
        listing = bids(bids_row(**{key: link}), bids_row())
        assert (len(listing.images), listing.rows_skipped) == (1, 1)
    listing = minc(minc_row(Link=link), minc_row())
    assert (len(listing.images), listing.rows_skipped) == (1, 1)


@pytest.mark.parametrize(
    "row",
    [
        None,
        7,
        "row",
        [],
        {},
        bids_row(Candidate="7654321"),
        bids_row(Visit="NAPFU03"),
        bids_row(Visit=".."),
        bids_row(Subfolder="../.."),
        bids_row(Subfolder=None),
        bids_row(LorisScanType=None),
        bids_row(LorisScanType=""),
        bids_row(NiftiLink=None),
    ],
    ids=repr,
)
def test_other_unusable_bids_rows_are_counted(row: Any) -> None:
    listing = bids(row)
    assert (listing.images, listing.rows_skipped) == ([], 1)


@pytest.mark.parametrize(
    "row",
    [
        minc_row(ScanType=None),
        minc_row(ScanType=7),
        minc_row(Candidate="7654321"),
        minc_row(Link=f"{LINK}/qc"),
        minc_row(Link=f"/candidates/{C}/{V}/images/session.json"),
        minc_row(Link=f"/candidates/{C}/{V}/images/a.mnc.qc.json"),
        minc_row(Link=f"/candidates/{C}/{V}"),
    ],
    ids=repr,
)
def test_other_unusable_minc_rows_are_counted(row: Any) -> None:
    listing = minc(row)
    assert (listing.images, listing.rows_skipped) == ([], 1)


@pytest.mark.parametrize("answer", [None, [], 7, "x", {}, {"Images": 7}, {"error": "x"}])
def test_an_answer_without_the_list_is_no_listing(answer: Any) -> None:
    for read in (read_bids_listing, read_images_listing):
        with pytest.raises(NotLoris):
            read(answer, "h")
    with pytest.raises(NotLoris):
        read_candidates(answer, "loris", "h")


@pytest.mark.parametrize(("letters", "is_taken"), [(188, True), (189, False)])
def test_a_minc_name_leaves_room_for_its_qc_file(letters: int, is_taken: bool) -> None:
    """S20; found by atheris: 197 characters were a name, 197 and `.qc.json` none."""
    name = f"{'a' * letters}.mnc"
    listing = minc(minc_row(Link=f"/candidates/{C}/{V}/images/{name}"))
    assert [image.name for image in listing.images] == [name] * is_taken
    assert listing.rows_skipped == (not is_taken)


def test_shown_texts_are_cleaned_where_they_enter() -> None:
    (image,) = bids(bids_row(LorisScanType="\x1b]0;x\x07t1w\u202e")).images
    assert image.scan_type.isprintable()
    assert image.modality.isprintable()
    (image,) = minc(minc_row(QC_status="\x9bPass\ud800")).images
    assert image.qc_status.isprintable()
    found, _ = read_candidates({"Candidates": [{"CandID": C, "PSCID": "\x1bx"}]}, "loris", "h")
    assert found[0].pscid.isprintable()


def test_candidates_of_other_projects_are_left_out_and_entries_kept() -> None:
    rows = [
        {"CandID": C, "PSCID": "P1", "Site": "MTL", "Gender": "Female", "Project": "Loris"},
        {"CandID": 7654321, "PSCID": None, "Project": None},
        {"CandID": "7777777", "Project": "Other"},
        {"CandID": {}},
        "x",
    ]
    found, skipped = read_candidates({"Candidates": rows}, "loris", "h")
    assert [one.candidate for one in found] == [C, "7654321"]
    assert skipped == 2
    assert '"Gender": "Female"' in found[0].entry


def test_one_name_listed_twice_in_a_visit_is_one_image_and_a_note() -> None:
    twice = catalogue(bids(bids_row(), bids_row()), DataType.BIDS)
    assert len(twice.images) == 1
    assert "listed twice" in twice.notes[0]
    upper = minc_row(Link=LINK.replace("dwi65_001.mnc", "DWI65_001.mnc"))
    twice = catalogue(minc(minc_row(), upper, minc_row()), DataType.MINC)
    assert len(twice.images) == 1


def test_study_files_and_sessions_are_taken_when_they_are_usable() -> None:
    base = "projects/loris/bids"
    listing = bids(
        bids_row(),
        README={"Link": f"/{base}/README"},
        DatasetDescription={"Link": f"{base}/dataset_description.json"},
        Participants={"TsvLink": f"/{base}/participants.tsv", "JsonLink": "/etc/passwd"},
        BidsValidatorConfig={"Link": f"/{base}/.bids-validator-config.json"},
        SessionFiles=[
            {
                "Candidate": int(C),
                "Visit": V,
                "TsvLink": f"/candidates/{C}/{V}/bidsfiles/sub-{C}_ses-{V}_scans.tsv",
            },
            {"Candidate": {}, "Visit": V},
            None,
        ],
    )
    assert [link.rpartition("/")[2] for link in listing.study_links] == [
        "README",
        "dataset_description.json",
        "participants.tsv",
        ".bids-validator-config.json",
    ]
    assert listing.study_links[1].startswith("/projects/")
    assert len(listing.sessions) == 1
    assert listing.rows_skipped == 3


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
SEGMENT = st.sampled_from(["..", ".", "", "a", C, V, "con", "-x", "a b", "é", "%2e", "images"])
LINKS = st.lists(SEGMENT, max_size=8).map("/".join) | st.text(
    alphabet=string.printable + "é\u202e\ud800", max_size=40
)


def hostile_rows(*keys: str) -> st.SearchStrategy[Any]:
    good = {
        "NiftiLink": st.just(f"{LINK}/bids/{STEM}.nii.gz"),
        "JsonLink": st.just(f"{LINK}/bids/{STEM}.json"),
        "Link": st.just(LINK),
        "Candidate": st.just(C),
        "Visit": st.just(V),
        "Subfolder": st.just("dwi"),
    }
    fields = {key: st.one_of(good.get(key, st.just("dwi65")), JSON_VALUES, LINKS) for key in keys}
    return st.fixed_dictionaries({}, optional=fields) | JSON_VALUES


def check(made: Catalogue) -> None:
    paths = set()
    for file in files_of_images(made, range(len(made.images))):
        assert all(is_safe_component(part) for part in file.path.split("/")), file.path
        assert file.content is not None or safe_link(file.link) == file.link
        assert file.path.lower() not in paths
        paths.add(file.path.lower())
    folders = {path.rpartition("/")[0] for path in paths} - {""}
    folders |= {folder.partition("/")[0] for folder in folders}
    assert paths.isdisjoint(folders)
    for image in made.images:
        assert image.modality.isprintable()


@settings(max_examples=1_000, deadline=None)
@given(
    st.lists(
        hostile_rows(
            "Candidate", "Visit", "LorisScanType", "Subfolder", "NiftiLink", "JsonLink", "BvalLink"
        ),
        max_size=4,
    ),
    st.lists(hostile_rows("Candidate", "Visit", "TsvLink", "JsonLink"), max_size=3) | JSON_VALUES,
    JSON_VALUES,
)
def test_hostile_bids_listings_give_safe_paths_only(
    rows: list[Any], scans: Any, study: Any
) -> None:
    answer = {"Images": rows, "SessionFiles": scans, "README": study, "Participants": study}
    check(catalogue(read_bids_listing(answer, "h"), DataType.BIDS))


@settings(max_examples=1_000, deadline=None)
@given(st.lists(hostile_rows("Candidate", "Visit", "ScanType", "Link", "QC_status"), max_size=5))
def test_hostile_minc_listings_give_safe_paths_only(rows: list[Any]) -> None:
    check(catalogue(read_images_listing({"Images": rows}, "h"), DataType.MINC))
