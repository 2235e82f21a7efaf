"""The guesses and the looks of `doctor` that no demo server shows."""

import os
import ssl
import time
from pathlib import Path

import pytest

from preventad_tui.core.doctor import State
from preventad_tui.core.doctor_machine import file_system, folder_checks
from preventad_tui.core.doctor_release import ReleaseFacts, guess_release
from preventad_tui.core.doctor_server import _certificate_check
from preventad_tui.core.errors import ExitCode

DAY_S = 86_400


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (ReleaseFacts("A"), "LORIS 20 or 21"),
        (
            ReleaseFacts("A", has_bids_script=False),
            "LORIS 20 or 21 without the PREVENT-AD override",
        ),
        (ReleaseFacts("B", {"v0.0.3-dev": 401, "v0.0.3": 400}), "LORIS 22"),
        (ReleaseFacts("B", {"v0.0.3": 401, "v0.0.4-dev": 400}), "LORIS 23"),
        (ReleaseFacts("B", unknown_candidate=404, has_formats=False), "LORIS 22 to 24.0"),
        (ReleaseFacts("B", has_formats=True, has_cohorts=False), "LORIS 24.1 to 25"),
        (ReleaseFacts("B", has_cohorts=True, ids=(1, 2, 3)), "LORIS 26"),
        (ReleaseFacts("B", ids=("1", "2")), "LORIS 22 or later"),
        (ReleaseFacts("B", has_mfa=True), "LORIS 28 or later"),
    ],
)
def test_a_release_by_its_facts(facts: ReleaseFacts, name: str) -> None:
    assert guess_release(facts).name == name


def test_a_fact_against_the_others_is_named_and_left_aside() -> None:
    facts = ReleaseFacts("B", {"v0.0.3": 401, "v0.0.4-dev": 401, "v0.0.3-dev": 404})
    facts.unknown_candidate = 404
    guess = guess_release(facts)
    assert guess.name == "LORIS 25 or later"
    assert "against it: says 404 to an unknown candidate" in guess.because


def test_the_file_system_of_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 99:1 / / rw - ext4 /dev/root rw\n"
        f"2 1 99:2 / {tmp_path.parent} rw shared:1 - lustre server:/scratch rw\n"
        f"3 1 99:3 / {tmp_path}-other rw - tmpfs tmpfs rw\n"
        "not a line\n"
    )
    assert file_system(tmp_path, mounts) == "lustre"
    assert file_system(Path("/"), mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "not-there") == ""


@pytest.mark.parametrize(
    ("kind", "state", "said"),
    [
        ("nfs4", State.NOTE, "quota"),
        ("tmpfs", State.NOTE, "Choose a disk"),
        ("exfat", State.NOTE, "rights"),
        ("ext4", State.OK, "ext4"),
        ("", State.OK, "not told"),
    ],
)
def test_a_file_system_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, state: State, said: str
) -> None:
    monkeypatch.setattr("preventad_tui.core.doctor_machine.file_system", lambda _path: kind)
    check = next(one for one in folder_checks(tmp_path) if one.name == "file system")
    assert check.state is state
    assert said in f"{check.found} {check.advice}"


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    check = next(one for one in folder_checks(tmp_path / "new") if one.name == "writing")
    assert (check.state, check.exit_code) == (State.PROBLEM, ExitCode.STORAGE)
    assert "-o DIR" in check.advice


@pytest.mark.parametrize(("days", "state"), [(3, State.NOTE), (90, State.OK)])
def test_a_certificate_that_ends_soon(days: int, state: State) -> None:
    ends = time.strftime("%b %d %H:%M:%S %Y GMT", time.gmtime(time.time() + days * DAY_S))
    assert ssl.cert_time_to_seconds(ends)
    issuer = ((("countryName", "CA"),), (("organizationName", "A Lab"),))
    check = _certificate_check("TLSv1.3", {"issuer": issuer, "notAfter": ends})
    assert check.state is state
    assert "A Lab" in check.found
