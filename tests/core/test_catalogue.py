"""The catalogue: sorted, indexed, found by name, compared, and kept on disk."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from preventad_tui.core import catalogue_cache
from preventad_tui.core.catalogue import CatalogueIndex, build_catalogue, diff
from preventad_tui.core.errors import UsageError
from preventad_tui.core.listing import Listing
from preventad_tui.core.model import Candidate, Catalogue, DataType, Image, Session


@pytest.fixture
def built(small_catalogue: Catalogue) -> Catalogue:
    listing = Listing(
        images=list(reversed(small_catalogue.images)),
        sessions=list(small_catalogue.sessions),
        candidates=[Candidate("1071204", "P3", "MTL", '{"CandID": "1071204"}')],
        study_links=list(small_catalogue.study_links),
        rows_skipped=3,
        notes=["a note"],
    )
    return build_catalogue(listing, server="demo", project="loris", data_type=DataType.BIDS)


def test_a_catalogue_is_sorted_and_keeps_what_the_listing_said(
    built: Catalogue, small_catalogue: Catalogue
) -> None:
    assert built.images == small_catalogue.images
    assert [(one.candidate, one.visit) for one in built.sessions] == sorted(
        {(image.candidate, image.visit) for image in built.images}
    )
    assert built.sessions == small_catalogue.sessions
    assert (built.rows_skipped, built.notes) == (3, ("a note",))
    assert built.date.endswith("Z")


def test_the_digest_is_that_of_keys_and_links(
    built: Catalogue, make_image: Callable[..., Image]
) -> None:
    def digest(images: list[Image]) -> str:
        listing = Listing(images=images)
        return build_catalogue(
            listing, server="x", project="y", data_type=DataType.BIDS, date="then"
        ).digest

    images = list(built.images)
    assert digest(images[::-1]) == built.digest
    assert digest(images[1:]) != built.digest
    moved = images[0]._replace(tails=images[0].tails[:1])
    assert digest([moved, *images[1:]]) != built.digest


def test_an_index_answers_with_the_images_asked_for(built: Catalogue) -> None:
    index = CatalogueIndex(built)
    assert index.candidates == ("1024138", "1056618", "1071204")
    assert index.visits == ("NAPBL00", "NAPEN00", "PREBL00", "PREFU12")
    for number, image in enumerate(index.images):
        assert number in index.by_candidate[image.candidate]
        assert number in index.by_session[image.candidate, image.visit]
        assert number in index.by_visit[image.visit]
        assert number in index.by_modality[image.modality]
        assert index.by_key[image.key] == number
    for lists in (index.by_candidate, index.by_session, index.by_visit, index.by_modality):
        assert sum(map(len, lists.values())) == len(index.images)
    assert index.sessions_by_modality["bold"] == 3
    assert index.regions is index.regions


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("T1W", "t1w"),
        ("rest", "bold"),
        ("DWI", "dwi65"),
        ("t2star", "T2star"),
        ("qt2STAR", "qT2star"),
    ],
)
def test_modalities_are_found_whatever_their_case_or_alias(
    built: Catalogue, given: str, meant: str
) -> None:
    assert CatalogueIndex(built).resolve_modality(given) == meant


def test_visits_and_candidates_are_found_with_their_bids_prefix(built: Catalogue) -> None:
    index = CatalogueIndex(built)
    assert index.resolve_visit("ses-prebl00") == index.resolve_visit("PREBL00") == "PREBL00"
    assert (
        index.resolve_candidate("sub-1024138") == index.resolve_candidate(" 1024138") == "1024138"
    )


def test_an_unknown_name_is_refused_with_near_names_and_what_exists(built: Catalogue) -> None:
    """Q10."""
    index = CatalogueIndex(built)
    with pytest.raises(UsageError) as refused:
        index.resolve_modality("T2sta")
    assert "T2star" in refused.value.hint
    assert "task-encoding-bold" in refused.value.hint
    with pytest.raises(UsageError, match="PREFU12"):
        index.resolve_visit("PREFU13")
    with pytest.raises(UsageError, match="1024138"):
        index.resolve_candidate("102413")


def test_what_came_and_what_went_is_told_by_key(built: Catalogue) -> None:
    """Q5."""
    fewer = dataclasses.replace(built, images=built.images[1:])
    assert diff(fewer, built).added == (built.images[0].key,)
    assert diff(built, fewer).gone == (built.images[0].key,)
    assert not diff(built, built)


@pytest.mark.parametrize("data_type", list(DataType))
def test_a_saved_catalogue_is_the_same_when_loaded(
    built: Catalogue, data_type: DataType, tmp_path: Path
) -> None:
    images = built.images
    if data_type is DataType.MINC:
        images = tuple(
            image._replace(
                subfolder="",
                name=image.minc_name,
                qc_status="Pass",
                tails=("~",),
            )
            for image in images
        )
    listing = Listing(
        images=list(images),
        sessions=[Session("1024138", "PREBL00", ("/candidates/1024138/PREBL00/x",))],
        candidates=list(built.candidates),
    )
    made = build_catalogue(listing, server="demo", project="loris", data_type=data_type)
    assert catalogue_cache.load("demo", "loris", data_type, tmp_path / "new") is None
    catalogue_cache.save(made, tmp_path / "new")
    assert catalogue_cache.load("demo", "loris", data_type, tmp_path / "new") == made
    (file,) = (tmp_path / "new").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    for server, project in (("other", "loris"), ("demo", "other")):
        assert catalogue_cache.load(server, project, data_type, tmp_path / "new") is None


def test_links_of_any_shape_survive_the_cache(built: Catalogue, tmp_path: Path) -> None:
    first = built.images[0]
    image = first._replace(tails=(first.tails[0], "=/projects/loris/other.json"))
    assert image.links == (first.links[0], "/projects/loris/other.json")
    made = build_catalogue(
        Listing(images=[image]), server="demo", project="loris", data_type=DataType.BIDS
    )
    catalogue_cache.save(made, tmp_path)
    assert catalogue_cache.load("demo", "loris", DataType.BIDS, tmp_path) == made


def test_a_cache_that_is_not_whole_counts_as_none(built: Catalogue, tmp_path: Path) -> None:
    catalogue_cache.save(built, tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()

    def loads() -> bool:
        return catalogue_cache.load("demo", "loris", DataType.BIDS, tmp_path) is not None

    assert loads()
    head, _, body = whole.partition(b"\n")
    value = json.loads(body)

    def signed(content: object, shift: int = 0) -> bytes:
        line = json.dumps(content).encode()
        md5 = hashlib.md5(line, usedforsecurity=False).hexdigest()
        this = {"format": catalogue_cache.FORMAT + shift, "md5": md5}
        return json.dumps(this).encode() + b"\n" + line

    file.write_bytes(signed(value))
    assert loads()
    for spoilt in (
        whole[:-10],
        b"",
        b"[]",
        b"null",
        b"[" * 100_000,
        head,
        body,
        whole.replace(b"_001.mnc", b"_009.mnc", 1),
        signed(value, shift=1),
        signed(value | {"images": [[1, 2]]}),
        signed(value | {"images": {"a": 1}}),
        signed(value | {"candidates": [[1, 2, 3, 4, 5]]}),
        signed({key: value[key] for key in value if key != "sessions"}),
        signed([]),
    ):
        file.write_bytes(spoilt)
        assert not loads(), spoilt[:60]
