"""Who works in a folder: one whole run, or shards; the dead are taken over, the silent kept."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from preventad_tui.core.errors import FolderInUse
from preventad_tui.core.folder_lock import FolderLock
from preventad_tui.core.limits import Limits


@pytest.fixture
def meta_fd(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path, os.O_RDONLY)
    yield fd
    os.close(fd)


def take(meta_fd: int, *, shard: str = "", force: bool = False) -> FolderLock:
    return FolderLock(meta_fd, shard=shard, force=force, limits=Limits(), file_mode=0o644)


def test_one_whole_run_at_a_time(meta_fd: int, tmp_path: Path) -> None:
    first = take(meta_fd)
    with pytest.raises(FolderInUse) as caught:
        take(meta_fd)
    assert (caught.value.exit_code, caught.value.reason) == (8, "in-use")
    assert str(os.getpid()) in caught.value.message
    first.release()
    take(meta_fd).release()
    assert os.listdir(tmp_path) == []


def test_shards_work_side_by_side(meta_fd: int, tmp_path: Path) -> None:
    parts = [take(meta_fd, shard=f"{number}/3") for number in (1, 2, 3)]
    assert parts[0].live_runs() == {parts[1].run_id, parts[2].run_id}
    with pytest.raises(FolderInUse):
        take(meta_fd, shard="2/3")
    with pytest.raises(FolderInUse):
        take(meta_fd)
    for part in parts:
        part.release()
    whole = take(meta_fd)
    with pytest.raises(FolderInUse):
        take(meta_fd, shard="1/3")
    whole.release()
    assert os.listdir(tmp_path) == []


def test_force_works_beside_another(meta_fd: int, tmp_path: Path) -> None:
    first = take(meta_fd)
    forced = take(meta_fd, force=True)
    assert first.live_runs() == {forced.run_id}
    assert forced.live_runs() == {first.run_id}
    with pytest.raises(FolderInUse):
        take(meta_fd)
    first.release()
    with pytest.raises(FolderInUse):
        take(meta_fd)
    forced.release()
    assert os.listdir(tmp_path) == []


HOLDER = """
import os, sys, time
from preventad_tui.core.errors import FolderInUse
from preventad_tui.core.folder_lock import FolderLock
from preventad_tui.core.limits import Limits

fd = os.open(sys.argv[1], os.O_RDONLY)
print("up", flush=True)
sys.stdin.readline()
try:
    FolderLock(fd, shard="", force=False, limits=Limits(), file_mode=0o644)
except FolderInUse:
    print("refused", flush=True)
else:
    print("taken", flush=True)
    time.sleep(60)
"""


def start_holders(folder: Path, count: int) -> list[subprocess.Popen[str]]:
    holders = [
        subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for holder in holders:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "up\n"
    return holders


def finish(holders: list[subprocess.Popen[str]]) -> None:
    for holder in holders:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.close()
        holder.stdout.close()


@pytest.mark.parametrize("stale", [False, True])
def test_of_many_starts_at_once_one_owns_it(tmp_path: Path, meta_fd: int, stale: bool) -> None:
    if stale:
        finish_one = start_holders(tmp_path, 1)
        go(finish_one)
        finish(finish_one)
        assert os.listdir(tmp_path) == ["lock"]
    holders = start_holders(tmp_path, 12)
    answers = go(holders)
    finish(holders)
    assert answers.count("taken\n") == 1
    assert answers.count("refused\n") == 11


def go(holders: list[subprocess.Popen[str]]) -> list[str]:
    for holder in holders:
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()
    return [holder.stdout.readline() for holder in holders if holder.stdout is not None]


def test_a_killed_run_is_taken_over_in_silence(tmp_path: Path, meta_fd: int) -> None:
    holders = start_holders(tmp_path, 1)
    assert go(holders) == ["taken\n"]
    with pytest.raises(FolderInUse):
        take(meta_fd)
    finish(holders)
    take(meta_fd).release()
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only /proc tells the ended from the running")
def test_a_killed_run_that_nobody_waited_for_is_dead(tmp_path: Path, meta_fd: int) -> None:
    holders = start_holders(tmp_path, 1)
    assert go(holders) == ["taken\n"]
    (holder,) = holders
    os.kill(holder.pid, signal.SIGKILL)
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # it stays in the process table
    take(meta_fd).release()
    finish(holders)


def rewrite(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def leave_behind(meta_fd: int, tmp_path: Path, **changes: object) -> None:
    lock = take(meta_fd)
    kept = (tmp_path / "lock").read_text()
    lock.release()
    (tmp_path / "lock").write_text(kept)
    rewrite(tmp_path / "lock", **changes)


def test_a_run_on_another_host_is_judged_by_its_heartbeat(meta_fd: int, tmp_path: Path) -> None:
    leave_behind(meta_fd, tmp_path, host="node17", pid=1)
    with pytest.raises(FolderInUse) as caught:
        take(meta_fd)
    assert caught.value.reason == "in-use"
    old = time.time() - 3600
    os.utime(tmp_path / "lock", (old, old))
    with pytest.raises(FolderInUse) as caught:
        take(meta_fd)
    assert caught.value.reason == "abandoned"
    assert "node17" in caught.value.message
    assert "60 min" in caught.value.message or "1 h" in caught.value.message
    taken = take(meta_fd, force=True)
    assert os.listdir(tmp_path) == ["lock"]
    taken.release()


@pytest.mark.parametrize(
    "changes",
    [{"boot": "another"}, {"pid": 2**22 + 1}, {"started": "1"}],
    ids=["rebooted", "gone", "reused number"],
)
def test_the_dead_of_this_host(meta_fd: int, tmp_path: Path, changes: dict[str, object]) -> None:
    leave_behind(meta_fd, tmp_path, **changes)
    take(meta_fd).release()


def test_another_container_of_this_host_is_not_dead(meta_fd: int, tmp_path: Path) -> None:
    leave_behind(meta_fd, tmp_path, pid_space="pid:[1]", pid=2**22 + 1)
    with pytest.raises(FolderInUse):
        take(meta_fd)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x"}', b"\xff" * 100])
def test_a_damaged_lock_counts_until_it_is_old(
    meta_fd: int, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "lock").write_bytes(content)
    with pytest.raises(FolderInUse):
        take(meta_fd)
    os.utime(tmp_path / "lock", (1, 1))
    take(meta_fd, force=True).release()


def test_without_hard_links(meta_fd: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    first = take(meta_fd)
    with pytest.raises(FolderInUse):
        take(meta_fd)
    first.release()
    assert os.listdir(tmp_path) == []


def test_the_heartbeat(meta_fd: int, tmp_path: Path) -> None:
    limits = Limits(heartbeat_s=0.02)
    lock = FolderLock(meta_fd, shard="", force=False, limits=limits, file_mode=0o644)
    os.utime(tmp_path / "lock", (1, 1))
    end = time.monotonic() + 5
    while (tmp_path / "lock").stat().st_mtime < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert (tmp_path / "lock").stat().st_mtime > 2
    lock.release()
