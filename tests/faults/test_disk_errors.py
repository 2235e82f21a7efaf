"""What a file system can answer, call by call, on a FUSE disk that fails where it is told to."""

import errno
from typing import Any

import pytest

from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import Paused, PauseReason
from preventad_tui.core.states import FileState

PARTIALS = "*/partial/*"
T1W = ("t1w",)


@pytest.fixture
def site(site: Any, lossy: Any) -> Any:
    """The output folder on the lossy disk."""
    site.path = lossy.path / "out"
    return site


def goes_on(site: Any, lossy: Any) -> None:
    """Once the disk is well, the next run brings what is missing and asks for nothing twice."""
    lossy.heal()
    complete = {path.rpartition("/")[2] for path in site.files()}
    site.server.forget_requests()
    run = site.download(T1W)
    assert run.summary.exit_code is ExitCode.OK
    assert not complete & {path.rpartition("/")[2] for path in site.asked(None)}
    assert site.differences() == []
    assert run.breaches(deep=True) == []


@pytest.mark.parametrize("op", ["write", "fsync", "flush"])
def test_a_quota_told_by_write_sync_or_close(site: Any, lossy: Any, op: str) -> None:
    lossy.fail(op, errno.EDQUOT, path=PARTIALS, skip=3)
    run = site.download(T1W, wait_for_storage=False)
    assert run.summary.exit_code is ExitCode.STORAGE
    assert "quota" in run.summary.sentence
    assert run.summary.failed == 0
    assert site.partials() == []
    assert site.differences() == []
    goes_on(site, lossy)


def test_a_quota_pauses_the_interface(site: Any, lossy: Any) -> None:
    lossy.fail("flush", errno.EDQUOT, path=PARTIALS, skip=3)
    run = site.start(T1W)
    run.until(lambda s: s.pause_reason is PauseReason.DISK_FULL)
    lossy.heal()
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert all(end.state is FileState.ON_DISK for end in run.ended().values())
    assert any("quota" in event.sentence for event in run.of(Paused))
    assert site.differences() == []


@pytest.mark.parametrize("op", ["write", "fsync", "create"])
def test_a_ledger_that_cannot_be_written(site: Any, lossy: Any, op: str) -> None:
    """Nothing stands without its line."""
    lossy.fail(op, errno.EDQUOT, path="*/ledger/*", skip=2 if op != "create" else 0)
    run = site.download(T1W, wait_for_storage=False)
    assert run.summary.exit_code is ExitCode.STORAGE
    assert site.differences() == []
    goes_on(site, lossy)


def test_a_ledger_that_cannot_be_written_pauses_the_interface(site: Any, lossy: Any) -> None:
    lossy.fail("write", errno.EROFS, path="*/ledger/*", skip=2)
    run = site.start(T1W)
    run.until(lambda s: s.pause_reason is PauseReason.STORAGE)
    lossy.heal()
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert run.breaches(deep=True) == []


def test_an_input_output_error_is_tried_once_more(site: Any, lossy: Any) -> None:
    lossy.fail("fsync", errno.EIO, path=PARTIALS, skip=2, times=1)
    run = site.download(T1W)
    assert run.summary.exit_code is ExitCode.OK
    assert site.differences() == []
    assert run.of(Paused) == []


def test_three_in_a_row_are_the_disks(site: Any, lossy: Any) -> None:
    lossy.fail("fsync", errno.EIO, path=PARTIALS, skip=2)
    run = site.download(T1W, wait_for_storage=False)
    assert run.summary.exit_code is ExitCode.STORAGE
    assert "input/output" in run.summary.sentence
    assert site.partials() == []
    goes_on(site, lossy)


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ENOENT])
def test_a_rename_that_was_done_and_reported_as_failed(site: Any, lossy: Any, number: int) -> None:
    """As a network file system answers a request that it has answered before."""
    lossy.fail("rename", number, path=PARTIALS, late=True)
    run = site.download(T1W)
    assert run.summary.exit_code is ExitCode.OK
    assert run.of(Paused) == []
    assert site.differences() == []
    goes_on(site, lossy)
    assert site.asked(None) == []


@pytest.mark.parametrize(
    ("op", "path"), [("rename", PARTIALS), ("create", PARTIALS), ("write", PARTIALS)]
)
def test_a_stale_handle(site: Any, lossy: Any, op: str, path: str) -> None:
    lossy.fail(op, errno.ESTALE, path=path, skip=2)
    run = site.download(T1W, wait_for_storage=False)
    assert run.summary.exit_code is ExitCode.STORAGE
    assert "went away" in run.summary.sentence
    goes_on(site, lossy)


def test_a_stale_folder_is_opened_anew(site: Any, lossy: Any) -> None:
    lossy.fail("rename", errno.ESTALE, path=PARTIALS, skip=3, times=4)
    run = site.start(T1W)
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert run.of(Paused)
    assert site.differences() == []


@pytest.mark.parametrize("waits", [True, False])
def test_a_disk_that_the_system_has_made_read_only(site: Any, lossy: Any, waits: bool) -> None:
    """As a kernel does after errors: files that are open cannot be written either."""
    run = site.start(T1W, rate_limit=1_000_000, wait_for_storage=waits)
    run.until(lambda s: s.files_ended > 3)
    for op in ("write", "create", "rename", "mkdir"):
        lossy.fail(op, errno.EROFS)
    if waits:
        run.until(lambda s: s.pause_reason is PauseReason.STORAGE)
        lossy.heal()
    run.join()
    if not waits:
        assert run.summary.exit_code is ExitCode.STORAGE
        assert "read-only" in run.summary.sentence
    goes_on(site, lossy)


def test_a_start_on_a_disk_that_fails(site: Any, lossy: Any) -> None:
    """The folder's own files: their faults are of the disk, never of the program."""
    from preventad_tui.core.errors import StorageError

    for op in ("mkdir", "create", "write", "fsync", "flush", "rename"):
        lossy.fail(op, errno.EDQUOT)
        with pytest.raises(StorageError, match="quota"):
            site.open()
        lossy.heal()
    goes_on(site, lossy)


def test_a_disk_that_ignores_case_loses_nothing(site: Any, lossy: Any) -> None:
    """Two names that are one there: the first stands, the second is refused, never mixed up."""
    import shutil

    site.download(T1W)
    shutil.rmtree(site.path / ".preventad-tui")
    (site.path / "README").rename(site.path / "readme.new")
    (site.path / "readme.new").write_bytes(b"of somebody\n")
    (site.path / "readme.new").rename(site.path / "readMe")
    lossy.fold()
    run = site.download(T1W)
    assert run.summary.exit_code is ExitCode.SOME_FAILED
    assert {end.reason for end in run.ended(FileState.FAILED).values()} == {"occupied"}
    assert (site.path / "readMe").read_bytes() == b"of somebody\n"
