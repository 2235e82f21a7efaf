"""Whole downloads: what comes onto the disk, what is asked, what a later run does."""

import pytest

from preventad_tui.core.config import MissingFiles
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.model import DataType
from preventad_tui.core.states import FileState
from preventad_tui.demo.effects import NewTag, NewVersion, Status
from preventad_tui.demo.faults import Fault


def test_a_bids_download_is_the_servers_bytes_and_is_asked_for_once(site) -> None:
    run = site.download()
    assert run.summary.exit_code is ExitCode.OK
    assert run.summary.on_disk == len(run.plan.items) == len(site.files())
    assert site.differences() == []
    assert site.partials() == []
    asked = site.asked(None)
    assert len(asked) == len(set(asked)) == len(run.plan.items)
    headers = [dict((k.lower(), v) for k, v in r.headers) for r in site.server.requests]
    assert all("if-none-match" not in one and "range" not in one for one in headers)
    assert all("cookie" not in one for one in headers)
    ends = run.ended(FileState.ON_DISK)
    assert sum(end.size_bytes for end in ends.values()) == run.summary.size_bytes
    assert all(line.md5 and line.size_bytes for line in run.folder.ledger.lines.values())

    site.server.forget_requests()
    before = {path: path.stat().st_mtime_ns for path in site.path.rglob("*") if path.is_file()}
    again = site.download()
    assert again.summary.exit_code is ExitCode.OK
    assert site.server.requests == []
    assert again.summary.on_disk == len(run.plan.items)
    assert all(path.stat().st_mtime_ns == mtime for path, mtime in before.items())


def test_a_minc_download_writes_real_json(new_site) -> None:
    import json

    site = new_site(data_type=DataType.MINC)
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK, run.ended(FileState.FAILED)
    files = site.files()
    sessions = [data for path, data in files.items() if path.endswith("/session.json")]
    assert sessions
    assert all(json.loads(data)["CandID"] and data.endswith(b"\n") for data in sessions)
    assert all(json.loads(d)["CandID"] for p, d in files.items() if p.endswith("/candidate.json"))
    assert site.differences() == []


def test_a_server_without_lengths_is_read_to_the_end(new_site) -> None:
    site = new_site(generation="b26", fpm=True, data_type=DataType.MINC)
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK, run.ended(FileState.FAILED)
    assert site.differences() == []


def test_what_was_removed_or_cut_is_fetched_again_and_nothing_else(site) -> None:
    site.download(("t1w",))
    images = sorted(site.path.rglob("*.nii.gz"))
    images[0].unlink()
    images[1].write_bytes(images[1].read_bytes()[:1000])
    site.server.forget_requests()
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK, run.ended()
    assert len(site.asked(None)) == 2
    assert site.differences() == []


def test_what_the_user_altered_is_kept(site) -> None:
    site.download(("t1w",))
    image, other = sorted(site.path.rglob("*.nii.gz"))[:2]
    image.write_bytes(image.read_bytes() + b"mine")
    other.touch()
    site.server.forget_requests()
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.SOME_FAILED
    assert (run.summary.changed, run.summary.not_done) == (1, 0)
    assert image.read_bytes().endswith(b"mine")
    assert site.asked(None) == []
    line = run.folder.ledger.lines[str(other.relative_to(site.path))]
    assert line.mtime_ns == other.stat().st_mtime_ns


def test_a_lost_ledger_costs_no_image_again(site) -> None:
    import shutil

    first = site.download(("t1w",))
    shutil.rmtree(site.path / ".preventad-tui")
    spoilt = next(site.path.rglob("*_T1w.json"))
    spoilt.write_bytes(b"{}")
    site.server.forget_requests()
    run = site.download(("t1w",))
    assert not [path for path in site.asked(None) if path.endswith(".nii.gz")]
    failed = run.ended(FileState.FAILED)
    assert [end.reason for end in failed.values()] == ["occupied"]
    assert spoilt.read_bytes() == b"{}"
    assert run.summary.on_disk == len(first.plan.items) - 1
    assert site.partials() == []


def test_the_original_scripts_images_are_adopted_by_tag_or_replaced(site) -> None:
    first = site.download(("t1w",))
    tags = {line.path: line.etag for line in first.folder.ledger.lines.values()}
    import shutil

    shutil.rmtree(site.path / ".preventad-tui")
    images = sorted(site.path.rglob("*.nii.gz"))[:2]
    for image in images:
        tag = tags[str(image.relative_to(site.path))]
        image.with_name(f".{image.name}.etag").write_text(tag)
    images[1].write_bytes(images[1].read_bytes()[:-500])
    site.server.forget_requests()
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK, run.ended(FileState.FAILED)
    assert len(site.asked(304)) == 1
    fetched = [path for path in site.asked(200) if path.endswith(".nii.gz")]
    assert len(fetched) == 1
    assert fetched[0].endswith(images[1].name)
    for image in images:
        image.with_name(f".{image.name}.etag").unlink()
    assert site.differences() == []


def test_an_update_check_asks_for_files_only_and_fetches_what_changed(site) -> None:
    """Q7, H11."""
    first = site.download(("t1w",))
    old = {line.path: line.md5 for line in first.folder.ledger.lines.values()}
    image = sorted(site.path.rglob("*.nii.gz"))[0]
    touched = sorted(site.path.rglob("*.nii.gz"))[1]
    site.server.faults.add(Fault(NewVersion(1), path=f"*/{image.name}"))
    site.server.faults.add(Fault(NewTag(), path=f"*/{touched.name}"))
    site.server.forget_requests()
    run = site.download(("t1w",), options={"check_updates": True}, keep_old=True)
    assert run.summary.exit_code is ExitCode.OK
    assert not any("/projects/" in path for path in site.asked(304))
    assert len(site.asked(200)) == 2
    name = str(image.relative_to(site.path))
    line = run.folder.ledger.lines[name]
    assert line.md5 != old[name] == line.replaced
    assert image.read_bytes() == site.server.body(name)
    kept = list((site.path / ".preventad-tui/old").rglob(image.name))
    assert len(kept) == 1
    assert run.summary.unchanged == len(site.asked(304)) + 1
    same = str(touched.relative_to(site.path))
    assert run.folder.ledger.lines[same].md5 == old[same]


def test_a_304_is_not_believed_of_a_file_that_was_cut_meanwhile(site) -> None:
    """H11."""
    site.download(("t1w",))
    image = sorted(site.path.rglob("*.nii.gz"))[0]
    whole = image.read_bytes()

    def cut_after_planning(plan):
        image.write_bytes(whole[:100])
        return plan

    run = site.download(("t1w",), options={"check_updates": True}, keep=cut_after_planning)
    assert run.summary.exit_code is ExitCode.OK, run.ended(FileState.FAILED)
    assert image.read_bytes() == whole


def test_a_missing_study_file_is_listed_and_changes_nothing(site) -> None:
    site.server.faults.add(Fault(Status(500), path="*/bids/README"))
    site.server.faults.add(Fault(Status(404), path="*/bids/participants.json"))
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK
    assert sorted(run.ended(FileState.GONE)) == ["README", "participants.json"]
    assert run.summary.gone == 2


@pytest.mark.parametrize(
    ("missing", "code", "state"),
    [
        (MissingFiles.LEAVE, ExitCode.OK, FileState.MISSING),
        (MissingFiles.FAIL, ExitCode.SOME_FAILED, FileState.FAILED),
    ],
)
def test_removed_files_are_left_or_fail_by_the_users_word(site, missing, code, state) -> None:
    site.download(("t1w",))
    image = sorted(site.path.rglob("*.nii.gz"))[0]
    image.unlink()
    site.server.forget_requests()
    run = site.download(("t1w",), options={"missing": missing})
    assert run.summary.exit_code is code
    assert [end.state for end in run.ended().values()] == [state]
    assert site.server.requests == []
    assert not image.exists()


def test_counts_add_up_to_the_plan(site) -> None:
    site.server.faults.add(Fault(Status(404), path="*run-001_T1w.nii.gz"))
    site.server.faults.add(Fault(Status(403), path="*_T1w.json"))
    run = site.download(("t1w",))
    s = run.summary
    assert s.exit_code is ExitCode.SOME_FAILED
    parts = (s.on_disk, s.verified, s.unchanged, s.outdated, s.changed, s.missing)
    parts += (s.failed, s.gone, s.forbidden, s.cancelled, s.not_done)
    assert sum(parts) == len(run.plan.items) == len(run.ended())
    assert s.gone
    assert s.forbidden
    ends = run.folder.ledger.ends
    assert {path: ends[path].state for path in run.ended()} == {
        path: end.state for path, end in run.ended().items()
    }
    shown = run.engine.snapshot()
    total = shown.files_skipped + shown.files_ended + shown.files_queued + len(shown.active)
    assert total == shown.files_total
