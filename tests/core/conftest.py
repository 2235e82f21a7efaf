"""Small made-up catalogues, and the real study's shape where it is at hand."""

import csv
import gzip
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from preventad_tui.core.modality import modality_of
from preventad_tui.core.model import Candidate, Catalogue, DataType, Image, Session

_SHAPE = Path(os.environ.get("PREVENTAD_SHAPE", "/work/shared/data"))


def _order(image: Image) -> tuple[str, ...]:
    place = image.candidate, image.visit, image.modality.casefold(), image.modality
    return (*place, image.name, image.minc_name)


def _catalogue(images: Iterable[Image], data_type: DataType = DataType.BIDS) -> Catalogue:
    ordered = tuple(sorted(images, key=_order))
    pairs = dict.fromkeys((image.candidate, image.visit) for image in ordered)
    sessions = tuple(
        Session(
            candidate,
            visit,
            tuple(
                f"/candidates/{candidate}/{visit}/bidsfiles/sub-{candidate}_ses-{visit}_scans.{end}"
                for end in ("tsv", "json")
            )
            if data_type is DataType.BIDS
            else (),
        )
        for candidate, visit in pairs
    )
    people = dict.fromkeys(image.candidate for image in ordered)
    return Catalogue(
        server="https://openpreventad.loris.ca:443",
        project="loris",
        type=data_type,
        date="2026-11-22T14:02:00Z",
        images=ordered,
        sessions=sessions,
        candidates=tuple(Candidate(name, entry=f'{{"CandID":"{name}"}}') for name in people),
        study_links=(
            "/projects/loris/bids/README",
            "/projects/loris/bids/dataset_description.json",
        )
        if data_type is DataType.BIDS
        else (),
        digest="d" * 32,
    )


def _image(candidate: str, visit: str, scan_type: str, run: int = 1) -> Image:
    """An image whose names, subfolder and side files are of the real pattern, not exact."""
    modality = modality_of(scan_type)
    minc = f"preventad_{candidate}_{visit}_{scan_type}_{run:03}.mnc"
    name = f"sub-{candidate}_ses-{visit}_{scan_type}_run-{run:03}"
    subfolder = {"bold": "func", "dwi65": "dwi", "fieldmap": "fmap"}.get(modality, "anat")
    base = f"/candidates/{candidate}/{visit}/images/{minc}/bids/{name}"
    endings = [".nii.gz", ".json"] + ([".bval", ".bvec"] if subfolder == "dwi" else [])
    return Image.with_links(
        candidate,
        visit,
        scan_type,
        modality,
        subfolder,
        minc,
        name,
        tuple(base + ending for ending in endings),
    )


@pytest.fixture(scope="session")
def make_image() -> Callable[..., Image]:
    return _image


@pytest.fixture(scope="session")
def make_catalogue() -> Callable[..., Catalogue]:
    return _catalogue


@pytest.fixture(scope="session")
def small_catalogue() -> Catalogue:
    """Three candidates in both arms: 5 sessions, 16 images."""
    scans = {
        ("1024138", "PREBL00"): ("t1w-defaced", "bold", "bold", "T2star-defaced"),
        ("1024138", "PREFU12"): ("t1w-defaced", "bold", "dwi65"),
        ("1056618", "NAPBL00"): ("t1w-defaced", "bold", "fieldmap-phasediff"),
        ("1056618", "PREFU12"): ("t1w-defaced", "echo1-phase-qT2star", "task-encoding-bold"),
        ("1071204", "NAPEN00"): ("dwi65", "FLAIR-defaced", "t1w-defaced"),
    }
    images = []
    for (candidate, visit), types in scans.items():
        runs: dict[str, int] = {}
        for scan_type in types:
            runs[scan_type] = runs.get(scan_type, 0) + 1
            images.append(_image(candidate, visit, scan_type, runs[scan_type]))
    return _catalogue(images)


@pytest.fixture(scope="session")
def study_shape() -> Catalogue:
    """The open dataset's real names (BIDS); skipped where the table is not at hand."""
    table = _SHAPE / "preventad-catalogue.tsv.gz"
    if not table.exists():
        pytest.skip(f"the real catalogue's shape is not at hand: {table}")
    images = []
    with gzip.open(table, "rt", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if not row["bids_stem"]:
                continue
            ends = {
                "nii.gz": row["nii_gz_bytes"],
                "json": row["json_bytes"],
                "bval": row["bval_bytes"],
                "bvec": row["bvec_bytes"],
            }
            base = (
                f"/candidates/{row['candidate']}/{row['visit']}/images/{row['minc_file']}/bids/"
                f"{row['bids_stem']}"
            )
            links = [f"{base}.{end}" for end, size in ends.items() if size]
            if row["events_bytes"]:
                links.append(f"{base}_events.txt")
            images.append(
                Image.with_links(
                    row["candidate"],
                    row["visit"],
                    row["scan_type"],
                    modality_of(row["scan_type"]),
                    row["subfolder"],
                    row["minc_file"],
                    row["bids_stem"],
                    tuple(links),
                )
            )
    return _catalogue(images)
