"""A disk that is full, a folder that goes: paused or ended, said, and gone on after."""

import os
import shutil
import subprocess

import pytest

from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import PauseReason
from preventad_tui.core.states import FileState


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs takes root")
    path = tmp_path / "out"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(path)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.decode().strip()}")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_full_disk_ends_a_batch_run_and_the_next_goes_on(site, small_disk) -> None:
    run = site.download(wait_for_storage=False)
    assert run.summary.exit_code is ExitCode.STORAGE
    assert "full" in run.summary.sentence
    assert run.summary.failed == 0
    assert run.summary.not_done > 0
    assert site.partials() == []
    assert site.differences() == []
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    again = site.download()
    assert again.summary.exit_code is ExitCode.OK
    assert site.differences() == []


def test_a_full_disk_pauses_the_interface_until_there_is_room(site, small_disk) -> None:
    run = site.start()
    run.until(lambda s: s.pause_reason is PauseReason.DISK_FULL)
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert all(end.state is FileState.ON_DISK for end in run.ended().values())
    assert site.differences() == []
    assert site.partials() == []


@pytest.mark.parametrize("waits", [False, True])
def test_a_removed_folder_is_never_made_again(site, waits: bool) -> None:
    run = site.start(rate_limit=3_000_000, wait_for_storage=waits)
    run.until(lambda s: s.files_ended > 10)
    shutil.rmtree(site.path, ignore_errors=True)
    shutil.rmtree(site.path, ignore_errors=True)
    if waits:
        run.until(lambda s: s.pause_reason is PauseReason.FOLDER_GONE)
        from preventad_tui.core.commands import Stop

        run.engine.send(Stop(7))
    run.join()
    assert run.summary.exit_code is (ExitCode.LEFT if waits else ExitCode.STORAGE)
    assert run.summary.failed == 0
    assert not site.path.exists()


def test_what_stands_in_the_way_is_left_alone(site) -> None:
    folder = site.open()
    paths = [item.file.path for item in site.plan(folder, ("t1w",)).items]
    folder.close()
    image = next(path for path in paths if path.endswith(".nii.gz"))
    (site.path / image).mkdir(parents=True)
    tsv = next(path for path in paths if path.endswith("scans.tsv"))
    (site.path / tsv).parent.mkdir(parents=True, exist_ok=True)
    (site.path / tsv).symlink_to("/etc/hostname")
    run = site.download(("t1w",))
    assert {path: end.reason for path, end in run.ended(FileState.FAILED).items()} == {
        image: "occupied",
        tsv: "occupied",
    }
    assert (site.path / tsv).is_symlink()
    assert site.partials() == []


def test_three_input_output_errors_in_a_row_are_the_disks(site, monkeypatch) -> None:
    from preventad_tui.core.partial import Partial

    fsync, calls = Partial.fsync, []

    def failing(self) -> None:
        calls.append(self.path)
        if len(calls) in (2, 5, 6, 7, 8, 9):
            from preventad_tui.core.storage_errors import storage_error

            raise storage_error(OSError(5, "Input/output error"), self.path)
        fsync(self)

    monkeypatch.setattr(Partial, "fsync", failing)
    run = site.download(("t1w",), jobs=1)
    assert run.summary.exit_code is ExitCode.OK
    assert site.differences() == []
    assert site.partials() == []
