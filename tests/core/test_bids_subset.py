"""The validator's configuration for subsets, tried with the real validator."""

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import nibabel
import numpy
import pytest

from preventad_tui.core.folder import FolderIdentity, OutputFolder
from preventad_tui.core.model import DataType

VALIDATOR_PATH = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])

SESSION = "sub-1/ses-PREBL00"
STEM = "sub-1_ses-PREBL00"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def image(path: Path, shape: tuple[int, ...]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = nibabel.Nifti1Image(numpy.zeros(shape, "int16"), numpy.eye(4))
    made.header.set_xyzt_units("mm", "sec")
    nibabel.save(made, path)


def subset(root: Path) -> None:
    write(root / "README", "A subset of the study. " * 10)
    write(root / "dataset_description.json", '{"Name": "x", "BIDSVersion": "1.4.0"}')
    write(root / "participants.tsv", "participant_id\nsub-1\nsub-2\n")
    here = root / SESSION
    image(here / f"anat/{STEM}_run-001_T1w.nii.gz", (8, 8, 8))
    image(here / f"anat/{STEM}_run-001_echo-1_part-mag_T2star.nii.gz", (8, 8, 8))
    write(here / f"anat/{STEM}_run-001_echo-1_part-mag_T2star.json", '{"EchoTime": 0.01}')
    image(here / f"asl/{STEM}_run-001_asl.nii.gz", (8, 8, 8, 2))
    image(here / f"fmap/{STEM}_phasediff.nii.gz", (8, 8, 8))
    target = f"ses-PREBL00/func/{STEM}_task-rest_run-001_bold.nii.gz"
    times = {"EchoTime1": 0.004, "EchoTime2": 0.007, "IntendedFor": [target]}
    write(here / f"fmap/{STEM}_phasediff.json", json.dumps(times))
    write(here / f"func/{STEM}_task-encoding_run-001_bold_events.txt", "onset\n1\n")
    write(root / "data_releases/1.0/Demographics.csv", "CandID\n1\n")
    write(
        here / f"{STEM}_scans.tsv",
        f"filename\nanat/{STEM}_run-001_T1w.nii.gz\nfunc/{STEM}_task-rest_run-001_bold.nii.gz\n",
    )


def errors(root: Path, *options: str) -> set[str]:
    program = shutil.which("bids-validator-deno", path=VALIDATOR_PATH)
    if program is None:
        pytest.skip("bids-validator-deno is not installed")
    told = subprocess.run(
        [program, "--format", "json", *options, root], capture_output=True, check=False
    )
    issues = json.loads(told.stdout)["issues"]["issues"]
    return {issue["code"] for issue in issues if issue["severity"] == "error"}


def test_a_subset_is_valid_with_our_configuration(tmp_path: Path) -> None:
    out = tmp_path / "out"
    OutputFolder.open(out, FolderIdentity("demo", "loris", DataType.BIDS)).close()
    subset(out)
    avoidable = {"SCANS_FILENAME_NOT_MATCH_DATASET", "INTENDED_FOR", "NOT_INCLUDED"}
    assert avoidable <= errors(out)
    assert errors(out, "--config", str(out / ".preventad-tui/bids-subset.json")) == set()


def test_other_errors_are_still_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    OutputFolder.open(out, FolderIdentity("demo", "loris", DataType.BIDS)).close()
    subset(out)
    write(out / SESSION / "anat/whatever.txt", "not BIDS")
    assert errors(out, "--config", str(out / ".preventad-tui/bids-subset.json")) != set()
