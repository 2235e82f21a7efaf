"""Small, full, read-only and vanishing disks (tmpfs), and what the system limits."""

import os
import random
import shutil
from typing import Any

import pytest

from preventad_tui.core.errors import ExitCode
from preventad_tui.core.states import FileState


def fill_at_random(count: int, seed: int, site: Any, disks: Any) -> None:
    """The disk fills at `count` random points; each run goes on where the one before was."""
    rng = random.Random(seed)
    for at in range(count):
        with disks.small_disk(site.path, f"size={rng.randint(40, 3700)}k"):
            run = site.download(wait_for_storage=False)
            assert run.summary.exit_code is ExitCode.STORAGE
            assert "full" in run.summary.sentence
            assert run.summary.failed == 0
            assert site.partials() == []
            assert site.differences() == []
            complete = {path.rpartition("/")[2] for path in site.files()}
            disks.mount("-o", "remount,size=64m", str(site.path))
            site.server.forget_requests()
            assert site.download().summary.exit_code is ExitCode.OK
            assert not complete & {path.rpartition("/")[2] for path in site.asked(None)}, at
            assert site.differences() == []


def test_full_at_some_points(site: Any, disks: Any, seed: int) -> None:
    fill_at_random(3, seed, site, disks)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_full_at_a_hundred_points(site: Any, disks: Any, seed: int) -> None:
    fill_at_random(100, seed, site, disks)


def test_no_inodes(site: Any, disks: Any) -> None:
    with disks.small_disk(site.path, "size=64m,nr_inodes=40"):
        run = site.download(wait_for_storage=False)
        assert run.summary.exit_code is ExitCode.STORAGE
        assert "inodes" in run.summary.sentence
        assert site.differences() == []


def test_unmounted_in_mid_run(site: Any, disks: Any) -> None:
    """What is written then would be lost: nothing may come under the bare mount point."""
    with disks.small_disk(site.path, "size=64m"):
        run = site.start(rate_limit=3_000_000, wait_for_storage=False)
        run.until(lambda s: s.files_ended > 5)
        disks.unmount(site.path)
        run.join()
        assert run.summary.exit_code is ExitCode.STORAGE
        assert "gone or was replaced" in run.summary.sentence
        assert list(site.path.iterdir()) == []


def removed_in_mid_run(count: int, seed: int, site: Any) -> None:
    rng = random.Random(seed)
    for _ in range(count):
        run = site.start(rate_limit=2_000_000, wait_for_storage=False)
        wanted = rng.randint(1, 40)
        run.until(lambda s, wanted=wanted: s.files_ended >= wanted)
        around = {path for path in site.path.parent.iterdir() if path != site.path}
        # A download that goes on may put a file into a folder while that is being removed.
        while site.path.exists():
            shutil.rmtree(site.path, ignore_errors=True)
        run.join()
        assert run.summary.exit_code is ExitCode.STORAGE
        assert run.summary.failed == 0
        assert not site.path.exists()
        assert {path for path in site.path.parent.iterdir()} == around


def test_removed_in_mid_run(site: Any, seed: int) -> None:
    removed_in_mid_run(3, seed, site)


@pytest.mark.long
def test_removed_fifty_times(site: Any, seed: int) -> None:
    removed_in_mid_run(50, seed, site)


def test_a_subject_on_another_disk_fails_alone(site: Any, disks: Any) -> None:
    folder = site.open()
    items = site.plan(folder, ("t1w",)).items
    folder.close()
    subject = next(i.file.path.partition("/")[0] for i in items if i.file.candidate)
    with disks.small_disk(site.path / subject, "size=8m"):
        run = site.download(("t1w",))
        failed = run.ended(FileState.FAILED)
        assert {end.reason for end in failed.values()} == {"other-device"}
        assert run.summary.exit_code is ExitCode.SOME_FAILED
        assert (site.path / "README").is_file()
        assert site.partials() == []


def test_writes_that_take_less_than_they_are_given(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D2: a raw write may be short without an error; every byte is counted and follows."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[: max(1, len(data) // 3)]))
    assert site.download().summary.exit_code is ExitCode.OK
    assert site.differences() == []
