"""Saved selections: listed, shown, moved between machines, and downloaded."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

Records = Callable[[str], list[dict[str, Any]]]


def selection_file(path: Path, name: str, images: list[str], **rules: list[dict[str, str]]) -> Path:
    value = {
        "format": 1,
        "name": name,
        "note": "for the tests",
        "created": "2026-11-22T08:00:00Z",
        "server": "demo",
        "project": "loris",
        "type": "bids",
        "rules": {"include": [], "exclude": [], "filters": {}, "design": {}} | rules,
        "images": images,
        "catalogue": {"date": "2026-11-22T08:00:00Z", "md5": ""},
        "outputdir": "",
    }
    path.write_text(json.dumps(value))
    return path


T1W = {"candidate": None, "visit": "PREEN00", "modality": "t1w", "image": None}


@pytest.fixture
def saved(program: Any) -> str:
    """A selection of t1w at PREEN00, imported; gives its name."""
    selection_file(program.cwd / "shared.json", "Baseline T1", ["1/X/gone.mnc"], include=[T1W])
    done = program("selections", "import", "shared.json")
    assert done.returncode == 0, done.stderr
    return "Baseline T1"


def test_a_selection_is_listed_shown_renamed_exported_and_deleted(
    program: Any, saved: str, records: Records
) -> None:
    assert saved in program("selections", "list").stdout
    (one,) = records(program("selections", "list", "--json").stdout)
    assert (one["type"], one["name"], one["images"]) == ("selection", saved, 1)
    assert "with PREEN00 t1w" in program("selections", "show", saved).stdout
    assert program("selections", "rename", saved, "Other").returncode == 0
    assert program("selections", "show", saved).returncode == 2
    assert program("selections", "export", "Other", "again.json").returncode == 0
    exported = json.loads(program("selections", "export", "Other", "-").stdout)
    assert exported == json.loads((program.cwd / "again.json").read_text())
    assert exported["format"] == 1
    assert program("selections", "delete", "Other").returncode == 0
    assert program("selections", "delete", "Other").returncode == 2
    assert program("selections", "list").stdout == ""


def test_get_downloads_a_selection_and_says_what_changed(program: Any, saved: str) -> None:
    done = program.here("get", "-o", "out", "--selection", saved)
    assert done.returncode == 0, done.stderr
    assert "New since it was saved" in done.stderr
    assert "Gone from the server since: 1 image" in done.stderr
    images = [path.name for path in (program.cwd / "out").rglob("*.nii.gz")]
    assert images
    assert all("ses-PREEN00" in name and name.endswith("T1w.nii.gz") for name in images)
    by_file = program.here("plan", "-o", "out", "--selection", "shared.json", "--json")
    assert json.loads(by_file.stdout.splitlines()[0])["to_fetch_files"] == 0


def test_filters_narrow_a_selection(program: Any, saved: str, records: Records) -> None:
    every = records(program.here("list", "images", "--selection", saved, "--json").stdout)
    one = every[0]["candidate"]
    narrowed = records(
        program.here("list", "images", "--selection", saved, "-c", one, "--json").stdout
    )
    assert {image["candidate"] for image in narrowed} == {one}
    assert len(narrowed) < len(every)


def test_a_selection_that_matches_nothing_is_code_2(
    program: Any, saved: str, server: DemoServer
) -> None:
    done = program.here("get", "-o", "out", "--selection", saved, "-m", "bold", "-v", "PREBL00")
    assert done.returncode == 2, done.stderr
    assert "matches no image" in done.stderr
    done = program.here("get", "-o", "out", "--selection", "Baseline T2")
    assert done.returncode == 2
    assert "Baseline T1" in done.stderr


def test_a_selection_of_a_newer_version_is_code_9_and_stays(program: Any, saved: str) -> None:
    path = program.cwd / "newer.json"
    path.write_text('{"format": 99}')
    assert program("selections", "import", "newer.json").returncode == 9
    assert path.read_text() == '{"format": 99}'
