"""Study design from the command line: list sessions, plan, get, saved selections."""

import csv
import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Records = Callable[[str], list[dict[str, Any]]]

ALL_THREE = ("--has-all", "T1w,rest,dwi")
NOBODY = {"PREVENTAD_USERNAME": "", "PREVENTAD_PASSWORD": ""}
SHAPE = Path(os.environ.get("PREVENTAD_SHAPE", "/work/shared/data")) / "preventad-catalogue.tsv.gz"


def rows(stdout: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(stdout), delimiter="\t"))


def test_the_counts_fall_step_by_step_both_ways(program: Any) -> None:
    done = program.here(
        "list", "sessions", *ALL_THREE, "--min-timepoints", "2", "--baseline-and-follow-up", "--tsv"
    )
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stderr.splitlines() if "(visits:" in line]
    assert said[0].startswith("In the catalogue: 12 candidates, 36 time points (visits: 12 ")
    assert said[1].startswith("With t1w + bold (rest) + dwi65 at one time point: 12 candidates, ")
    assert said[2].startswith("At 2 time points or more: ")
    assert said[3].startswith("At a baseline and at a follow-up: 7 candidates, ")
    assert said[3].endswith("(visits: 0 candidates, 0 visits).")
    assert "In the same arm: 5 candidates of these." in done.stderr
    found = rows(done.stdout)
    assert len({row["participant_id"] for row in found}) == 7
    assert {"ses-NAPBL00", "ses-NAPEN00"} <= {row["session_id"] for row in found}
    assert all(row["time_point"] != "NAPEN00" for row in found)


def test_the_sessions_listed_are_a_list_of_sessions(program: Any, records: Records) -> None:
    design = (*ALL_THREE, "--baseline-and-follow-up", "--arm", "nap")
    listed = program.here("list", "sessions", *design, "--tsv").stdout
    (program.cwd / "sessions.tsv").write_text(listed)
    found = records(
        program.here(
            "list", "sessions", "--sessions", "sessions.tsv", "-m", "t1w,rest,dwi", "--json"
        ).stdout
    )
    assert {one["type"] for one in found} == {"session"}
    assert [(f"sub-{one['candidate']}", f"ses-{one['visit']}", one["images"]) for one in found] == [
        (row["participant_id"], row["session_id"], int(row["images"])) for row in rows(listed)
    ]
    assert all(one["time_point"].startswith("NAP") for one in found)


def test_plan_and_get_mean_the_same_images(program: Any, records: Records) -> None:
    design = (*ALL_THREE, "--timepoints", "visits", "--min-timepoints", "3")
    listed = records(program.here("list", "images", *design, "--json").stdout)
    planned = records(program.here("plan", "-o", "out", *design, "--json").stdout)[0]
    assert planned["images"] == len(listed) > 0
    assert {one["modality"] for one in listed} == {"t1w", "bold", "dwi65"}
    done = program.here("get", "-o", "out", *design, "-m", "dwi65", "-v", "PREFU24")
    assert "No image" not in done.stderr
    assert done.returncode == 2  # with one visit left nobody has three: nothing is fetched
    assert "Nothing fulfils the study design." in done.stderr
    got = program.here("get", "-o", "out", "--has-all", "FLAIR,dwi", "-m", "FLAIR", "--arm", "PRE")
    assert got.returncode == 0, got.stderr
    names = [path.name for path in (program.cwd / "out").rglob("*.nii.gz")]
    assert names
    assert all("_FLAIR" in name and "ses-PRE" in name for name in names)


def test_what_cannot_be_asked(program: Any) -> None:
    for options, code, words in (
        (("--has-all", "t1w,boldd"), 2, "bold"),
        (("--arm", "XYZ"), 2, "Choose NAP or PRE"),
        (("--min-timepoints", "two"), 2, "whole number"),
        ((*ALL_THREE, "--timepoints", "visits", "--same-arm"), 2, "0 candidates, 0 visits"),
    ):
        done = program.here("plan", "-o", "out", *options)
        assert done.returncode == code, options
        assert words in done.stderr, options
    nothing = program.here("plan", "-o", "out", "--timepoints", "visits")
    assert nothing.returncode == 2
    assert "Nothing is selected" in nothing.stderr


def test_coverage_is_a_table_of_visits_by_modalities(program: Any, records: Records) -> None:
    table = program.here("list", "coverage").stdout.splitlines()
    assert table[0].split()[0] == "visit"
    assert "bold (rest)" in table[0]
    found = {row["visit"]: row for row in rows(program.here("list", "coverage", "--tsv").stdout)}
    assert len(table) == 1 + len(found)
    lines = records(program.here("list", "coverage", "--json").stdout)
    for line in lines:
        assert int(found[line["visit"]][line["modality"]]) == line["sessions"]
    assert sum(int(row["bold"]) for row in found.values()) == sum(
        line["sessions"] for line in lines if line["modality"] == "bold"
    )
    narrow = rows(program.here("list", "coverage", "--tsv", "-v", "PREBL00", "-m", "t1w").stdout)
    assert list(narrow[0]) == ["visit", "t1w", "sessions"]
    assert [row["visit"] for row in narrow] == ["PREBL00"]


@pytest.fixture(scope="module")
def study_clone(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The published dataset's images as a clone has them: links that name sizes."""
    if not SHAPE.exists():
        pytest.skip(f"the real catalogue's shape is not at hand: {SHAPE}")
    root = tmp_path_factory.mktemp("conp")
    with gzip.open(SHAPE, "rt", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["bids_stem"]:
                folder = root / f"sub-{row['candidate']}/ses-{row['visit']}/{row['subfolder']}"
                folder.mkdir(parents=True, exist_ok=True)
                key = f"MD5E-s{row['nii_gz_bytes']}--{'0' * 32}.nii.gz"
                link = f"../../../.git/annex/objects/aa/bb/{key}/{key}"
                (folder / f"{row['bids_stem']}.nii.gz").symlink_to(link)
    return str(root)


def test_the_figures_of_the_real_study(
    offline_program: Any, study_clone: str, records: Records
) -> None:
    def sessions(*options: str) -> Any:
        return offline_program(
            "list", "sessions", "--catalogue", study_clone, *ALL_THREE, *options, **NOBODY
        )

    done = sessions("--baseline-and-follow-up", "--tsv")
    assert done.returncode == 0, done.stderr
    assert len({row["participant_id"] for row in rows(done.stdout)}) == 184
    assert "In the same arm: 174 candidates of these." in done.stderr
    assert "At a baseline and at a follow-up: 184 candidates, " in done.stderr
    assert "(visits: 0 candidates, 0 visits)." in done.stderr
    assert "In the catalogue: 308 candidates, 1,070 time points (visits: 308" in done.stderr
    assert "at one time point: 304 candidates, 690 time points" in done.stderr
    same = records(sessions("--same-arm", "--json").stdout)
    assert len({one["candidate"] for one in same}) == 174
    twice = sessions("--min-timepoints", "2", "--tsv")
    assert len({row["participant_id"] for row in rows(twice.stdout)}) == 186
    assert "At 2 time points or more: 186 candidates" in twice.stderr
    none = sessions("--timepoints", "visits", "--baseline-and-follow-up")
    assert none.returncode == 2
    assert "At a baseline and at a follow-up: 0 candidates, 0 visits (merged: 184" in none.stderr
