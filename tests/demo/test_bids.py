"""A whole download is a BIDS dataset but for the names that the real one has wrong too."""

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from preventad_tui.demo import tables
from preventad_tui.demo.archive import Archive, bids_path
from preventad_tui.demo.bodies import Body, whole
from preventad_tui.demo.study import Study

VALIDATOR_PATH = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])

# asl/ is no BIDS folder; the T2star echoes and MP2RAGE have their entities in another order;
# _bold_events.txt is no BIDS name.
ALLOWED = {
    "NOT_INCLUDED": ("/asl/",),
    "FILENAME_MISMATCH": ("_T2star.", "_MP2RAGE.", "_bold_events.txt"),
    "EXTENSION_MISMATCH": ("_bold_events.txt",),
    "ENTITY_WITH_NO_LABEL": ("_bold_events.txt",),
    "ENTITY_NOT_IN_RULE": ("_bold_events.txt",),
}


def write_bids(study: Study, root: Path) -> None:
    archive = Archive(study, 0.1)

    def put(place: str, body: Body) -> None:
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(whole(body))

    for name in tables.STUDY_FILES:
        stored = archive.study_file(name)
        assert stored is not None
        put(name, stored.body)
    for session in study.sessions:
        for end in (".tsv", ".json"):
            name = session.scans_stem + end
            stored = archive.scans(session, name)
            assert stored is not None
            put(f"sub-{session.candidate}/ses-{session.visit}/{name}", stored.body)
        for image in session.bids_images:
            for name in image.bids_names:
                put(bids_path(image, name), archive.bids(session, image, name).body)


def test_bids_validator_finds_nothing_but_the_known_names(tmp_path: Path) -> None:
    program = shutil.which("bids-validator-deno", path=VALIDATOR_PATH)
    if program is None:
        pytest.skip("bids-validator-deno is not installed")
    study = Study.make("small").restricted(3)  # they hold every kind of scan but pcasl
    write_bids(study, tmp_path / "bids")
    told = subprocess.run([program, "--json", tmp_path / "bids"], capture_output=True, check=False)
    issues = json.loads(told.stdout)["issues"]["issues"]
    errors = [issue for issue in issues if issue["severity"] == "error"]
    wrong = [
        issue
        for issue in errors
        if not any(part in issue["location"] for part in ALLOWED.get(issue["code"], ()))
    ]
    assert wrong == []
    assert {issue["code"] for issue in errors} == set(ALLOWED)
