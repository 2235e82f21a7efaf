"""BIDS names from MINC names: made-up ones of every kind, and the published ones where at hand."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

from preventad_tui.core.bids_names import bids_name, file_name, stimulus_log_name
from preventad_tui.core.listing import Listing
from preventad_tui.core.listing_minc import minc_image
from preventad_tui.core.listing_stock import as_bids
from preventad_tui.core.model import Image

TOOL = Path(__file__).parents[1] / "tools" / "bids_names.py"
TABLE = Path(os.environ.get("PREVENTAD_SHAPE", "/work/shared/data")) / "preventad-catalogue.tsv.gz"
HEAD = "preventad_1234567_PREBL00"
BIDS = "sub-1234567_ses-PREBL00"


@pytest.mark.parametrize(
    ("scan_type", "minc", "subfolder", "stem"),
    [
        ("t1w-defaced", "t1w_001_t1w-defaced_001.mnc", "anat", "run-001_T1w"),
        ("t1w-defaced", "t1w_003_t1w-defaced_001.mnc", "anat", "run-003_T1w"),
        ("t2w-defaced", "t2w_001_t2w-defaced_001.mnc", "anat", "run-001_T2w"),
        ("FLAIR-defaced", "FLAIR_001_FLAIR-defaced_001.mnc", "anat", "run-001_FLAIR"),
        ("T2star-defaced", "T2star_002_T2star-defaced_001.mnc", "anat", "run-002_T2star"),
        (
            "echo12-magnitude-qT2star-defaced",
            "echo12-magnitude-qT2star_001_echo12-magnitude-qT2star-defaced_001.mnc",
            "anat",
            "echo-12_part-mag_run-001_T2star",
        ),
        (
            "echo9-phase-qT2star",
            "echo9-phase-qT2star_001.mnc",
            "anat",
            "echo-9_part-phase_run-001_T2star",
        ),
        (
            "inv1-MP2RAGE-defaced",
            "inv1-MP2RAGE_001_inv1-MP2RAGE-defaced_001.mnc",
            "anat",
            "inv-1_part-mag_run-001_MP2RAGE",
        ),
        (
            "uni-denoised-MP2RAGE-defaced",
            "uni-denoised-MP2RAGE_001_uni-denoised-MP2RAGE-defaced_001.mnc",
            "anat",
            "run-001_UNIT1",
        ),
        (
            "T1map-MP2RAGE-defaced",
            "T1map-MP2RAGE_001_T1map-MP2RAGE-defaced_001.mnc",
            "anat",
            "run-001_T1map",
        ),
        ("asl", "asl_001.mnc", "asl", "run-001_asl"),
        ("bold", "bold_002.mnc", "func", "task-rest_run-002_bold"),
        ("task-encoding-bold", "task-encoding-bold_001.mnc", "func", "task-encoding_run-001_bold"),
        ("task-nback-bold", "task-nback-bold_001.mnc", "func", "task-nback_run-001_bold"),
        ("dwi65", "dwi65_001.mnc", "dwi", "run-001_dwi"),
        ("dwi32", "dwi32_001.mnc", "dwi", "run-001_dwi"),
        ("fieldmap-phasediff", "fieldmap-phasediff_004.mnc", "fmap", "run-004_phasediff"),
        *(
            (
                "fieldmap-magnitude-defaced",
                f"fieldmap-magnitude_00{number}_fieldmap-magnitude-defaced_001.mnc",
                "fmap",
                stem,
            )
            for number, stem in (
                (1, "run-001_magnitude1"),
                (2, "run-001_magnitude2"),
                (7, "run-004_magnitude1"),
                (8, "run-004_magnitude2"),
            )
        ),
    ],
)
def test_every_kind_of_scan_has_its_name(
    scan_type: str, minc: str, subfolder: str, stem: str
) -> None:
    named = bids_name("1234567", "PREBL00", f"{HEAD}_{minc}", scan_type)
    assert named == (subfolder, f"{BIDS}_{stem}")


@pytest.mark.parametrize(
    ("scan_type", "minc"),
    [
        ("uni-MP2RAGE-defaced", f"{HEAD}_uni-MP2RAGE_001_uni-MP2RAGE-defaced_001.mnc"),
        ("echo1-pcasl", f"{HEAD}_echo1-pcasl_001.mnc"),
        ("task-encoding-events", f"{HEAD}_task-encoding-events_001.txt"),
        ("something-new", f"{HEAD}_something-new_001.mnc"),
        ("t1w-defaced", "other_1234567_PREBL00_t2w_001.mnc"),
        ("t1w-defaced", f"{HEAD}_t1w_000_t1w-defaced_001.mnc"),
        ("t1w-defaced", "preventad_7654321_PREBL00_t1w_001_t1w-defaced_001.mnc"),
        ("bold", f"{HEAD}_bold_one.mnc"),
    ],
)
def test_what_has_no_bids_name_gets_none(scan_type: str, minc: str) -> None:
    assert bids_name("1234567", "PREBL00", minc, scan_type) is None


def made(scan_type: str, minc: str) -> Image:
    image = minc_image("1234567", "PREBL00", minc, scan_type)
    assert image is not None
    return image


def test_files_of_an_image_are_named_after_it_and_the_log_follows() -> None:
    images = [
        made("task-encoding-bold", f"{HEAD}_task-encoding-bold_001.mnc"),
        made("task-encoding-events", f"{HEAD}_task-encoding-events_001.txt"),
        made("task-retrieval-bold", f"{HEAD}_task-retrieval-bold_001.mnc"),
        made("task-retrieval-events", f"{HEAD}_task-retrieval-events_002.txt"),
        made("dwi65", f"{HEAD}_dwi65_001.mnc"),
        made("uni-MP2RAGE-defaced", f"{HEAD}_uni-MP2RAGE_001_uni-MP2RAGE-defaced_001.mnc"),
    ]
    listing = as_bids(Listing(images=images))
    names = {
        image.name: [file_name(image, link) for link in image.links] for image in listing.images
    }
    encoding, retrieval = (
        f"{BIDS}_task-encoding_run-001_bold",
        f"{BIDS}_task-retrieval_run-001_bold",
    )
    dwi = f"{BIDS}_run-001_dwi"
    assert names == {
        encoding: [f"{encoding}.nii.gz", f"{encoding}.json", f"{encoding}_events.txt"],
        retrieval: [f"{retrieval}.nii.gz", f"{retrieval}.json"],
        dwi: [f"{dwi}{end}" for end in (".nii.gz", ".json", ".bval", ".bvec")],
    }
    notes = " / ".join(listing.stock_notes)
    assert "1 uni-MP2RAGE-defaced" in notes
    assert "1 task image without a stimulus log" in notes
    assert "1 stimulus log of the server without its image" in notes


def test_the_log_of_an_image_is_the_one_with_its_number() -> None:
    assert stimulus_log_name("x_task-a-bold_002.mnc", "task-a-bold") == "x_task-a-events_002.txt"
    assert stimulus_log_name("x_bold_002.mnc", "bold") == ""


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bids_names_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_published_names_are_reproduced(capsys: pytest.CaptureFixture[str]) -> None:
    if not TABLE.exists():
        pytest.skip(f"the real catalogue's shape is not at hand: {TABLE}")
    assert tool().main([str(TABLE)]) == 0
    told = capsys.readouterr().out
    for line in (
        "23,589  published in BIDS",
        "23,589  subfolders right",
        "23,559  names right without sidecars",
        "30  names changed by EchoTime",
        "23,589  names right in all",
        "1,739  events files",
    ):
        assert line in told
