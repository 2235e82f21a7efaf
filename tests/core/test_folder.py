"""The output folder: commit and recovery, what is never overwritten, links, modes, full disks."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from preventad_tui.core import commit as commit_module
from preventad_tui.core.disk_view import Presence
from preventad_tui.core.errors import (
    DiskFull,
    FolderGone,
    NotWritable,
    StateUnreadable,
    StorageError,
    WrongFolder,
)
from preventad_tui.core.folder import Finished, FolderIdentity, OutputFolder
from preventad_tui.core.invariants import check_invariants
from preventad_tui.core.ledger import LedgerLine
from preventad_tui.core.model import DataType
from preventad_tui.core.states import FileState

IDENTITY = FolderIdentity("demo", "loris", DataType.BIDS)
META = ".preventad-tui"


def line(path: str, data: bytes, state: FileState = FileState.ON_DISK) -> LedgerLine:
    md5 = hashlib.md5(data).hexdigest()
    when = "2026-11-22T07:00:00Z"
    return LedgerLine(path, "/l", "demo", len(data), 0, md5, "", state, "", 1, when, "", "0.1.0")


def whole(folder: OutputFolder, path: str, data: bytes, **options: object) -> Finished:
    partial = folder.new_partial(path)
    partial.write(data)
    partial.fsync()
    return Finished(partial, line(path, data), **options)  # type: ignore[arg-type]


def put(folder: OutputFolder, path: str, data: bytes, **options: object) -> StorageError | None:
    (result,) = folder.commit([whole(folder, path, data, **options)])
    if result.error is not None:
        result.finished.partial.discard()
    return result.error  # type: ignore[return-value]


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and META not in path.parts
    }


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def folder(out: Path) -> Iterator[OutputFolder]:
    with OutputFolder.open(out, IDENTITY) as opened:
        yield opened


def breaches(out: Path, **options: object) -> list[str]:
    with OutputFolder.open(out, None, read_only=True) as looked:
        return check_invariants(looked, finished=True, **options)  # type: ignore[arg-type]


# In place


def test_files_come_to_stand_and_are_known(out: Path) -> None:
    files = {f"sub-{n % 3}/ses-A/anat/{n}.json": b'{"n": %d}' % n for n in range(20)}
    with OutputFolder.open(out, IDENTITY) as folder:
        results = folder.commit([whole(folder, path, data) for path, data in files.items()])
        assert all(result.error is None for result in results)
        view = folder.scan()
        assert {view.compare(one) for one in folder.ledger.lines.values()} == {Presence.SAME}
    assert tree(out) == files
    assert breaches(out) == []


def test_what_is_ours_lies_in_one_folder(folder: OutputFolder, out: Path) -> None:
    put(folder, "README", b"hello")
    assert sorted(os.listdir(out)) == [META, "README"]
    assert (out / META / ".gitignore").read_text() == "*\n"
    assert {"ledger", "partial", "old", "folder.json", "bids-subset.json"} <= set(
        os.listdir(out / META)
    )


def test_partials_have_short_names_whatever_the_final_one(folder: OutputFolder) -> None:
    partial = folder.new_partial("a/" + "x" * 250 + ".nii.gz")
    other = folder.new_partial("a/" + "x" * 250 + ".nii.gz")
    assert len(partial.name) == len(other.name) <= 48
    assert partial.name != other.name
    partial.discard()
    other.discard()
    assert os.listdir(folder.path / META / "partial") == []


def test_several_small_files_share_one_sync(
    folder: OutputFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = [whole(folder, f"a/{n}.json", b"{}") for n in range(30)]
    put(folder, "a/first.json", b"{}")
    synced: list[int] = []
    monkeypatch.setattr("preventad_tui.core.ledger.sync_data", synced.append)
    folder_syncs: list[int] = []
    monkeypatch.setattr(commit_module, "sync_folder", folder_syncs.append)
    folder.commit(finished)
    assert (len(synced), len(folder_syncs)) == (1, 1)


# What is not ours


def test_a_foreign_file_is_never_overwritten(folder: OutputFolder, out: Path) -> None:
    (out / "README").write_text("mine")
    error = put(folder, "README", b"the server's")
    assert error is not None
    assert error.reason == "occupied"
    assert (out / "README").read_text() == "mine"
    assert "README" not in folder.ledger.lines


def test_the_same_bytes_are_adopted(folder: OutputFolder, out: Path) -> None:
    (out / "README").write_text("same")
    before = (out / "README").stat()
    (result,) = folder.commit([whole(folder, "README", b"same")])
    assert result.adopted
    assert result.error is None
    after = (out / "README").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert folder.scan().compare(folder.ledger.lines["README"]) is Presence.SAME
    assert os.listdir(out / META / "partial") == []


def _fifo(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    "occupy",
    [Path.mkdir, _fifo, lambda path: path.symlink_to("/etc/passwd"), lambda p: p.symlink_to("no")],
    ids=["folder", "fifo", "link", "dangling link"],
)
@pytest.mark.parametrize("replace", [False, True])
def test_what_is_no_file_is_left(
    folder: OutputFolder, out: Path, occupy: Callable[[Path], None], replace: bool
) -> None:
    (out / "a").mkdir()
    occupy(out / "a/x.json")
    before = (out / "a/x.json").lstat()
    error = put(folder, "a/x.json", b"{}", replace=replace)
    assert error is not None
    assert error.reason == "occupied"
    after = (out / "a/x.json").lstat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)


def test_an_annexed_file_counts_and_is_not_replaced(folder: OutputFolder, out: Path) -> None:
    data = b"annexed bytes"
    put(folder, "a/x.nii.gz", data)
    md5 = hashlib.md5(data).hexdigest()
    (out / "a/x.nii.gz").unlink()
    key = f"MD5E-s{len(data)}--{md5}.nii.gz"
    (out / "a/x.nii.gz").symlink_to(f"../.git/annex/objects/aa/bb/{key}/{key}")
    view = folder.scan()
    assert view.compare(folder.ledger.lines["a/x.nii.gz"]) is Presence.SAME
    error = put(folder, "a/x.nii.gz", b"newer", replace=True)
    assert error is not None
    assert "git annex unlock" in error.hint
    other = key.replace(md5, "0" * 32)
    (out / "a/x.nii.gz").unlink()
    (out / "a/x.nii.gz").symlink_to(f"../.git/annex/objects/aa/bb/{other}/{other}")
    assert folder.scan().compare(folder.ledger.lines["a/x.nii.gz"]) is Presence.OCCUPIED


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a//b", "a/./b", "a/../../b", "", "a/", "a\0b"])
def test_paths_that_lead_out_are_refused(folder: OutputFolder, out: Path, name: str) -> None:
    before = sorted(out.parent.rglob("*"))
    error = put(folder, name, b"x")
    assert error is not None
    assert error.reason == "occupied"
    partials = out / META / "partial"
    assert [path for path in sorted(out.parent.rglob("*")) if partials not in path.parents] == [
        path for path in before if partials not in path.parents
    ]


def test_links_in_the_tree_lead_nowhere(folder: OutputFolder, out: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (victim / "ses").mkdir(parents=True)
    (out / "sub").symlink_to(victim)
    (out / "in").mkdir()
    (out / "in/ses").symlink_to(victim / "ses")
    for path in ("sub/x.json", "sub/ses/x.json", "in/ses/x.json", "in/ses/new/x.json"):
        error = put(folder, path, b"{}")
        assert error is not None
        assert error.reason == "occupied"
        with pytest.raises((OSError, ValueError)):
            folder.hash_file(path)
    assert sorted(path.name for path in victim.rglob("*")) == ["ses"]


def test_folders_swapped_for_links_during_a_run(folder: OutputFolder, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    swapper = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(
                """
                import os, sys
                root, victim = sys.argv[1:]
                told = None
                a, b = root + "/sub", root + "/was"
                for n in range(10**9):
                    try:
                        os.rename(a, f"{b}{n}")
                    except OSError:
                        pass
                    try:
                        os.symlink(victim, a)
                    except OSError:
                        continue
                    if told is None:
                        told = os.write(1, b"x")
                    os.unlink(a)
                """
            ),
            str(folder.path),
            str(victim),
        ],
        stdout=subprocess.PIPE,
    )
    try:
        (folder.path / "sub").mkdir()
        assert swapper.stdout is not None
        swapper.stdout.read(1)
        swapper.stdout.close()
        ends = [put(folder, f"sub/ses/{number}.json", b"{}") for number in range(400)]
    finally:
        swapper.kill()
        swapper.wait()
    refused = sum(end is not None for end in ends)
    print(f"{refused} of 400 were refused")
    assert refused, "no swap was ever met"
    assert list(victim.rglob("*")) == []


def test_a_link_above_the_folder_is_the_users_affair(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with OutputFolder.open(tmp_path / "link" / "out", IDENTITY) as folder:
        assert put(folder, "README", b"x") is None
    assert (tmp_path / "real/out/README").read_bytes() == b"x"


# Replacing


def test_an_older_version_of_ours_gives_way(folder: OutputFolder, out: Path) -> None:
    put(folder, "a/x.json", b"old")
    error = put(folder, "a/x.json", b"newer", replace=True, keep_old=True)
    assert error is None
    assert (out / "a/x.json").read_bytes() == b"newer"
    (kept,) = (out / META / "old").rglob("x.json")
    assert kept.read_bytes() == b"old"
    assert folder.ledger.lines["a/x.json"].replaced == hashlib.md5(b"old").hexdigest()
    assert len(folder.ledger.versions("a/x.json")) == 2
    put(folder, "a/x.json", b"newest", replace=True, keep_old=True)
    assert len(list((out / META / "old").rglob("x.json*"))) == 2


def test_a_file_changed_by_the_user_is_kept(folder: OutputFolder, out: Path) -> None:
    put(folder, "a/x.json", b"ours")
    (out / "a/x.json").write_bytes(b"mine")
    error = put(folder, "a/x.json", b"newer", replace=True)
    assert error is not None
    assert error.reason == "changed"
    assert (out / "a/x.json").read_bytes() == b"mine"
    status = (out / "a/x.json").stat()
    stamp = (status.st_size, status.st_mtime_ns)
    assert put(folder, "a/x.json", b"newer", replace=True, present=(stamp[0], 1)) is not None
    assert put(folder, "a/x.json", b"newer", replace=True, present=stamp) is None
    assert (out / "a/x.json").read_bytes() == b"newer"


def test_a_touched_file_is_still_ours(folder: OutputFolder, out: Path) -> None:
    put(folder, "a/x.json", b"ours")
    os.utime(out / "a/x.json", (1, 1))
    assert folder.scan().compare(folder.ledger.lines["a/x.json"]) is Presence.TOUCHED
    assert put(folder, "a/x.json", b"newer", replace=True) is None


# Kills


class _Killed(BaseException):
    pass


CALLS = ("rename", "fsync", "write", "open", "mkdir", "link", "close")


@pytest.mark.parametrize("scene", ["new", "replace", "keep-old"])
def test_a_kill_at_every_call_loses_and_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scene: str
) -> None:
    """Every call that changes the disk, one after the other, is the last that the run makes."""
    files = {f"sub-{n}/anat/{n}.json": b"%d" % n * 20 for n in range(3)}
    options = {} if scene == "new" else {"replace": True, "keep_old": scene == "keep-old"}
    kill_at = finished_early = 0
    while True:
        out = tmp_path / str(kill_at)
        before = _open_files()
        folder = OutputFolder.open(out, IDENTITY)
        if scene != "new":
            for path in files:
                put(folder, path, b"old")
        finished = [whole(folder, path, data, **options) for path, data in files.items()]
        left = iter(range(kill_at))
        with monkeypatch.context() as patch:
            for name in CALLS:
                patch.setattr(os, name, _counted(getattr(os, name), left))
            try:
                folder.commit(finished)
                survived = True
            except _Killed:
                survived = False
        folder._lock.release()  # type: ignore[union-attr]  # a dead process's lock is taken over
        for number in _open_files() - before:  # the system closes what a dead process had open
            os.close(number)
        with OutputFolder.open(out, IDENTITY) as again:
            finished_early += again.recovered
            view = again.scan()
            for path, data in files.items():
                known = again.ledger.lines.get(path)
                present = out / path
                if scene == "new" and not present.exists():
                    assert known is None, "a line without its file was taken back"
                    continue
                assert present.read_bytes() in ((data,) if scene == "new" else (data, b"old"))
                assert known is not None
                assert view.compare(known) is Presence.SAME
            assert os.listdir(out / META / "partial") == []
            if scene == "keep-old":
                kept = [path.read_bytes() for path in (out / META / "old").rglob("*.json*")]
                replaced = sum((out / path).read_bytes() == data for path, data in files.items())
                assert kept.count(b"old") >= replaced
            for path, data in files.items():
                if again.ledger.lines.get(path, line(path, b"")).md5 != line(path, data).md5:
                    assert put(again, path, data, **options) is None
        assert tree(out) == files
        assert breaches(out, deep=False) == []
        if survived:
            break
        kill_at += 1
    print(f"{kill_at} kills; {finished_early} files finished by the next start")
    assert finished_early > 0


def _open_files() -> set[int]:
    listing = {int(name) for name in os.listdir("/dev/fd")}
    return {number for number in listing if _is_open(number)}


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _counted(real: Callable[..., object], left: Iterator[int]) -> Callable[..., object]:
    def call(*args: object, **options: object) -> object:
        if next(left, None) is None:
            raise _Killed
        return real(*args, **options)

    return call


WRITER = """
import hashlib, sys
from pathlib import Path
from preventad_tui.core.folder import Finished, FolderIdentity, OutputFolder
from preventad_tui.core.ledger import LedgerLine
from preventad_tui.core.model import DataType
from preventad_tui.core.states import FileState

identity = FolderIdentity("demo", "loris", DataType.BIDS)
folder = OutputFolder.open(Path(sys.argv[1]), identity, force=len(sys.argv) > 3)
todo = [n for n in range(int(sys.argv[2])) if f"s{n % 7}/{n}.json" not in folder.ledger.lines]
print("ready", len(todo), flush=True)
for start in range(0, len(todo), 3):
    batch = []
    for n in todo[start : start + 3]:
        data = b'{"n": "%d"}' % n * 200
        partial = folder.new_partial(f"s{n % 7}/{n}.json")
        for at in range(0, len(data), 500):
            partial.write(data[at : at + 500])
        partial.fsync()
        md5 = hashlib.md5(data).hexdigest()
        batch.append(Finished(partial, LedgerLine(partial.path, "", "demo", len(data), 0, md5, "",
            FileState.ON_DISK, "", 1, "", "", "0.1.0")))
    assert all(one.error is None for one in folder.commit(batch))
folder.close()
"""


def test_real_kills(out: Path) -> None:
    """SIGKILL at random instants; each start goes on, and no file is written twice."""
    import random

    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    count, kills, inodes = 1500, 0, {}
    while True:
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(out), str(count)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline().startswith("ready")
        try:
            writer.wait(rng.uniform(0.001, 0.05) if kills < 12 else 60)
        except subprocess.TimeoutExpired:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            kills += 1
        writer.stdout.close()
        for path, status in ((p, p.stat()) for p in out.glob("s*/*.json")):
            assert inodes.setdefault(path, status.st_ino) == status.st_ino, "written twice"
        if writer.returncode == 0:
            break
    print(f"{kills} kills, {len(inodes)} files")
    assert len(inodes) == count
    assert breaches(out, deep=False) == []


def test_two_runs_without_a_lock_write_the_same_files(out: Path) -> None:
    OutputFolder.open(out, IDENTITY).close()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(out), "400", "force"], stdout=subprocess.DEVNULL
        )
        for _ in range(3)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(tree(out)) == 400
    assert len(list((out / META / "ledger").iterdir())) == 3
    assert breaches(out, deep=False) == []
    with OutputFolder.open(out, IDENTITY) as folder:
        view = folder.scan()
        assert {view.compare(one) for one in folder.ledger.lines.values()} <= {
            Presence.SAME,
            Presence.TOUCHED,
        }


# Disks


def test_a_removed_folder_is_not_made_again(folder: OutputFolder, out: Path) -> None:
    one = whole(folder, "a/x.json", b"{}")
    moved = out.with_name("elsewhere")
    out.rename(moved)
    with pytest.raises(FolderGone):
        folder.commit([one])
    assert not out.exists()
    out.mkdir()
    with pytest.raises(FolderGone):
        folder.commit([one])
    with pytest.raises(FolderGone):
        folder.record([line("b", b"")])
    with pytest.raises(FolderGone):
        folder.probe()
    assert os.listdir(out) == []
    out.rmdir()
    moved.rename(out)
    folder.probe()
    assert folder.commit([one])[0].error is None
    assert put(folder, "b.json", b"{}") is None


def test_a_folder_emptied_in_mid_run(folder: OutputFolder, out: Path) -> None:
    import shutil

    one = whole(folder, "a/x.json", b"{}")
    shutil.rmtree(out)
    with pytest.raises(FolderGone):
        folder.commit([one])
    with pytest.raises(StorageError):
        folder.new_partial("b.json")
    assert not out.exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        point = tmp_path / f"disk{len(mounted)}"
        point.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(point)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
        mounted.append(point)
        return point

    yield mount
    for point in mounted:
        subprocess.run(["umount", "-l", str(point)], check=False, capture_output=True)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass


def test_a_full_disk(small_disk: Callable[[str], Path]) -> None:
    disk = small_disk("size=400k")
    with OutputFolder.open(disk / "out", IDENTITY) as folder:
        put(folder, "a.json", b"1" * 1000)
        partial = folder.new_partial("big.nii.gz")
        with pytest.raises(DiskFull) as caught:
            partial.write(b"x" * 3_000_000)
        assert caught.value.reason == "disk-full"
        partial.discard()
        assert put(folder, "b.json", b"2" * 1000) is None
        filler = disk / "filler"
        fill(filler)
        with pytest.raises(StorageError):
            put(folder, "c/d/e.json", b"3" * 1000)
        filler.unlink()
        folder.probe()
        assert put(folder, "c/d/e.json", b"3" * 1000) is None
    assert set(tree(disk / "out")) == {"a.json", "b.json", "c/d/e.json"}
    with OutputFolder.open(disk / "out", None, read_only=True) as looked:
        assert len(looked.ledger.lines) == 3


def test_no_inodes_left(small_disk: Callable[[str], Path]) -> None:
    disk = small_disk("size=2m,nr_inodes=16")
    with OutputFolder.open(disk / "out", IDENTITY) as folder:
        for number in range(20):
            try:
                (disk / str(number)).touch()
            except OSError:
                break
        with pytest.raises(DiskFull) as caught:
            put(folder, "a.json", b"{}")
        assert caught.value.reason == "no-inodes"


def test_a_disk_that_becomes_read_only(small_disk: Callable[[str], Path]) -> None:
    disk = small_disk("size=1m")
    folder = OutputFolder.open(disk / "out", IDENTITY)
    put(folder, "a.json", b"{}")
    folder.close()
    remount = ["mount", "-o", "remount,ro", str(disk)]
    subprocess.run(remount, check=True)
    with pytest.raises(NotWritable) as caught:
        OutputFolder.open(disk / "out", IDENTITY)
    assert caught.value.reason == "read-only"
    with OutputFolder.open(disk / "out", IDENTITY, read_only=True) as looked:
        assert list(looked.ledger.lines) == ["a.json"]
        assert looked.refused_login_mark() is None
        with pytest.raises(NotWritable):
            looked.new_partial("b.json")


def test_a_disk_unmounted_under_the_run(small_disk: Callable[[str], Path]) -> None:
    disk = small_disk("size=1m")
    folder = OutputFolder.open(disk / "out", IDENTITY)
    one = whole(folder, "a/x.json", b"{}")
    subprocess.run(["umount", "-l", str(disk)], check=True)
    with pytest.raises(FolderGone):
        folder.commit([one])
    assert list(disk.rglob("*")) == []
    one.partial.discard()
    folder.close()


def test_a_rename_reported_as_failed_that_was_done(
    folder: OutputFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.rename

    def rename(*args: object, **options: object) -> None:
        real(*args, **options)  # type: ignore[arg-type]
        raise OSError(116, "Stale file handle")

    one = whole(folder, "a/x.json", b"{}")
    monkeypatch.setattr(os, "rename", rename)
    assert folder.commit([one])[0].error is None


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        (18, StorageError, "other-device"),
        (122, DiskFull, "quota"),
        (5, StorageError, "io"),
        (30, NotWritable, "read-only"),
    ],
)
def test_a_failed_rename_is_one_files_error(
    folder: OutputFolder, monkeypatch: pytest.MonkeyPatch, code: int, kind: type, reason: str
) -> None:
    finished = [whole(folder, f"a/{n}.json", b"{}") for n in range(2)]
    real = os.rename

    def rename(source: str, target: str, **options: int) -> None:
        if target == "0.json":
            raise OSError(code, os.strerror(code))
        real(source, target, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", rename)
        first, second = folder.commit(finished)
    assert isinstance(first.error, kind)
    assert first.error.reason == reason
    assert second.error is None
    assert list(folder.ledger.lines) == ["a/1.json"]
    assert folder.commit([finished[0]])[0].error is None
    assert sorted(folder.ledger.lines) == ["a/0.json", "a/1.json"]


# Opening


def test_another_servers_or_types_folder_is_refused(out: Path) -> None:
    OutputFolder.open(out, IDENTITY).close()
    before = tree(out.parent)
    for other in (
        FolderIdentity("https://open.example:443", "loris", DataType.BIDS),
        FolderIdentity("demo", "loris", DataType.MINC),
        FolderIdentity("demo", "other", DataType.BIDS),
    ):
        with pytest.raises(WrongFolder) as caught:
            OutputFolder.open(out, other)
        assert caught.value.exit_code == 6
    assert tree(out.parent) == before
    with OutputFolder.open(out, None) as folder:
        assert folder.identity == IDENTITY


@pytest.mark.parametrize("content", [b'{"format": 99}', b"{", b"[]", b"\xff", b""])
def test_a_state_that_cannot_be_read(out: Path, content: bytes) -> None:
    OutputFolder.open(out, IDENTITY).close()
    (out / META / "folder.json").write_bytes(content)
    for read_only in (False, True):
        with pytest.raises(StateUnreadable) as caught:
            OutputFolder.open(out, IDENTITY, read_only=read_only)
        assert caught.value.exit_code == 9
    assert (out / META / "folder.json").read_bytes() == content


def test_a_path_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(NotWritable) as caught:
            OutputFolder.open(path, IDENTITY)
        assert caught.value.exit_code == 6


def test_looking_at_what_is_not_ours_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    with OutputFolder.open(tmp_path, None, read_only=True) as folder:
        assert folder.identity is None
        assert list(folder.scan().files) == ["x"]
    assert os.listdir(tmp_path) == ["x"]
    with pytest.raises(StorageError):
        OutputFolder.open(tmp_path / "no", None, create=False, read_only=True)
    with pytest.raises(StorageError):
        OutputFolder.open(tmp_path / "no", IDENTITY, create=False)
    assert os.listdir(tmp_path) == ["x"]


def test_the_folder_can_be_moved(out: Path) -> None:
    with OutputFolder.open(out, IDENTITY) as folder:
        put(folder, "a/x.json", b"{}")
    moved = out.with_name("moved")
    out.rename(moved)
    with OutputFolder.open(moved, IDENTITY) as folder:
        assert folder.scan().compare(folder.ledger.lines["a/x.json"]) is Presence.SAME


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("mode", [0o700, 0o755, 0o2775])
def test_modes_and_groups(tmp_path: Path, mask: int, mode: int) -> None:
    out = tmp_path / "out"
    out.mkdir()
    group = 12_345 if os.geteuid() == 0 else os.getegid()
    os.chown(out, -1, group)
    out.chmod(mode)
    before = os.umask(mask)
    try:
        with OutputFolder.open(out, IDENTITY) as folder:
            put(folder, "sub-1/anat/x.json", b"{}")
    finally:
        os.umask(before)
    meta = out / META
    for path in [meta, *meta.rglob("*")]:
        status = path.stat()
        expected = mode if path.is_dir() else mode & 0o666
        assert stat.S_IMODE(status.st_mode) == expected, path
        if path.is_dir():
            assert status.st_gid == group
    data = (out / "sub-1/anat/x.json").stat()
    assert stat.S_IMODE(data.st_mode) == 0o666 & ~mask
    assert data.st_gid == (out / "sub-1/anat").stat().st_gid
    if mode & stat.S_ISGID:
        assert data.st_gid == group


def test_partials_of_others_are_left(out: Path) -> None:
    OutputFolder.open(out, IDENTITY).close()
    partials = out / META / "partial"
    (partials / "0123456789abcdef-0123456789abcdef.part").write_text("dead run")
    (partials / "notes.txt").write_text("not ours")
    with OutputFolder.open(out, IDENTITY) as first:
        mine = first.new_partial("a.json")
        with OutputFolder.open(out, IDENTITY, force=True):
            assert sorted(os.listdir(partials)) == sorted([mine.name, "notes.txt"])
        mine.discard()


def test_scanning_is_quick(tmp_path: Path) -> None:
    import time

    with OutputFolder.open(tmp_path / "out", IDENTITY) as folder:
        for number in range(20):
            (folder.path / f"sub-{number}").mkdir()
            for file in range(100):
                (folder.path / f"sub-{number}" / f"{file}.json").touch()
        start = time.process_time()
        assert len(folder.scan().files) == 2000
        assert time.process_time() - start < 0.2


def test_the_refused_login_mark(out: Path) -> None:
    with OutputFolder.open(out, IDENTITY) as folder:
        assert folder.refused_login_mark() is None
        folder.set_refused_login_mark()
        assert folder.refused_login_mark() is not None
        with OutputFolder.open(out, IDENTITY, read_only=True) as other:
            assert other.refused_login_mark() is not None
        os.utime(out / META / "login-refused", (1, 1))
        assert folder.refused_login_mark() is None
        folder.set_refused_login_mark()
        folder.clear_refused_login_mark()
        assert folder.refused_login_mark() is None
