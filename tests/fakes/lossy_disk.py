"""A FUSE disk in memory that forgets what was not synced, and fails where it is told to.

Runs as a process of its own: `python lossy_disk.py MOUNTPOINT`; orders come as JSON lines on
stdin: {"cut": SEED}, {"fail": OP, "errno": N, ...}, {"heal": true}, {"fold": true},
{"longest": BYTES, "told": BYTES}.

What survives a power cut: a file's bytes as of its last fsync, plus, by the seed, nothing, a part,
or zeros of what came after; names as of the last fsync of their folder, plus, by the seed, either
the first few changes after it or any of them. A rename is never done by half.
"""

import errno
import json
import os
import random
import stat
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import mfusepy


@dataclass
class Inode:
    """A file or folder; `durable` is what an fsync has kept of a file's bytes."""

    mode: int
    uid: int = 0
    gid: int = 0
    data: bytearray = field(default_factory=bytearray)
    durable: bytes = b""
    names: dict[str, "Inode"] = field(default_factory=dict)
    durable_names: dict[str, "Inode"] = field(default_factory=dict)
    mtime_ns: int = field(default_factory=time.time_ns)
    number: int = 0

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)


@dataclass
class Change:
    """Names taken away and given, in folders; done as a whole."""

    removed: tuple[tuple[Inode, str], ...] = ()
    added: tuple[tuple[Inode, str, Inode], ...] = ()

    def touches(self, folder: Inode) -> bool:
        return any(one[0] is folder for one in (*self.removed, *self.added))

    def make_durable(self) -> None:
        for folder, name in self.removed:
            folder.durable_names.pop(name, None)
        for folder, name, inode in self.added:
            folder.durable_names[name] = inode


@dataclass
class Failure:
    """An operation that fails: the next `times` that match after `skip`; if `late`, once done."""

    fail: str
    errno: int
    path: str = "*"
    skip: int = 0
    times: int = 10**9
    late: bool = False


_OPERATIONS = ("getattr", "readdir", "mkdir", "create", "open", "read", "write", "truncate")
_OPERATIONS += ("flush", "release", "fsync", "fsyncdir", "unlink", "rmdir", "rename", "link")
_OPERATIONS += ("chmod", "chown", "utimens", "statfs")


class LossyDisk(mfusepy.Operations):
    """The file system's operations, under one lock."""

    use_ns = True

    def __init__(self) -> None:
        self.root = Inode(stat.S_IFDIR | 0o755, os.getuid(), os.getgid(), number=1)
        self.changes: list[Change] = []
        self.failures: list[Failure] = []
        self.open_files: dict[int, Inode] = {}
        self.folds = False
        self.longest_name = self.told_longest = 255
        self.counter = 1
        self._lock = threading.RLock()
        for op in _OPERATIONS:
            setattr(self, op, self._guarded(op, getattr(self, op)))

    def _guarded(self, op: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """An operation under the lock, which fails where it is told to."""

        def run(*args: Any) -> Any:
            with self._lock:
                late = self._fails(op, args)
                result = method(*args)
                if late:
                    raise mfusepy.FuseOSError(late)
                return result

        return run

    def _fails(self, op: str, args: tuple[Any, ...]) -> int:
        for failure in self.failures:
            hits = failure.fail == op and any(
                isinstance(one, str) and fnmatchcase(one, failure.path) for one in args
            )
            if not hits or failure.times <= 0:
                continue
            if failure.skip > 0:
                failure.skip -= 1
                continue
            failure.times -= 1
            if failure.late:
                return failure.errno
            raise mfusepy.FuseOSError(failure.errno)
        return 0

    # Orders

    def obey(self, order: dict[str, Any]) -> None:
        with self._lock:
            if "cut" in order:
                self._cut(random.Random(order["cut"]))
            elif "fail" in order:
                self.failures.append(Failure(**order))
            elif "fold" in order:
                self.folds = bool(order["fold"])
            elif "longest" in order:
                self.longest_name, self.told_longest = order["longest"], order["told"]
            else:
                self.failures.clear()

    def _cut(self, rng: random.Random) -> None:
        """The power goes and comes back."""
        if rng.random() < 0.5:
            survivors = self.changes[: rng.randint(0, len(self.changes))]
        else:
            survivors = [change for change in self.changes if rng.random() < 0.5]
        for change in survivors:
            change.make_durable()
        self.changes.clear()
        self.open_files.clear()
        self._restore(self.root, rng)

    def _restore(self, inode: Inode, rng: random.Random) -> None:
        if inode.is_folder:
            inode.names = dict(inode.durable_names)
            for below in inode.names.values():
                self._restore(below, rng)
            return
        kept, written = inode.durable, bytes(inode.data)
        if kept != written:
            reach = rng.randint(0, len(written))
            torn = kept[:reach] if rng.random() < 0.5 else written[:reach]
            kept = rng.choice([kept, torn, torn.ljust(len(written), b"\0")])
        inode.data[:] = inode.durable = kept

    # Finding things

    def _find(self, path: str) -> Inode:
        inode = self.root
        for name in path.strip("/").split("/"):
            if name:
                inode = self._below(inode, name)
        return inode

    def _below(self, folder: Inode, name: str) -> Inode:
        found = folder.names.get(name)
        if found is None and self.folds:
            folded = name.casefold()
            found = next((one for n, one in folder.names.items() if n.casefold() == folded), None)
        if found is None:
            raise mfusepy.FuseOSError(errno.ENOENT)
        return found

    def _place(self, path: str) -> tuple[Inode, str]:
        folder, _, name = path.rpartition("/")
        if len(os.fsencode(name)) > self.longest_name:
            raise mfusepy.FuseOSError(errno.ENAMETOOLONG)
        found = self._find(folder)
        if self.folds:
            folded = name.casefold()
            name = next((one for one in found.names if one.casefold() == folded), name)
        return found, name

    def _change(self, change: Change) -> None:
        for folder, name in change.removed:
            del folder.names[name]
        for folder, name, inode in change.added:
            folder.names[name] = inode
        self.changes.append(change)

    def _make(self, path: str, mode: int) -> Inode:
        folder, name = self._place(path)
        if name in folder.names:
            raise mfusepy.FuseOSError(errno.EEXIST)
        uid, gid, _ = mfusepy.fuse_get_context()
        inherits = folder.mode & stat.S_ISGID
        if inherits and stat.S_ISDIR(mode):
            mode |= stat.S_ISGID
        self.counter += 1
        made = Inode(mode, uid, folder.gid if inherits else gid, number=self.counter)
        self._change(Change(added=((folder, name, made),)))
        return made

    def _opened(self, inode: Inode) -> int:
        self.counter += 1
        self.open_files[self.counter] = inode
        return self.counter

    def _file(self, path: str | None, fh: int | None) -> Inode:
        return self.open_files[fh] if fh in self.open_files else self._find(path or "/")

    # Operations

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        inode = self._file(path, fh)
        return {
            "st_ino": inode.number,
            "st_mode": inode.mode,
            "st_uid": inode.uid,
            "st_gid": inode.gid,
            "st_nlink": 1,
            "st_size": len(inode.data),
            "st_atime": inode.mtime_ns,
            "st_mtime": inode.mtime_ns,
            "st_ctime": inode.mtime_ns,
        }

    def readdir(self, path: str, fh: int) -> list[tuple[str, dict[str, int], int]]:
        entries = {".": self._find(path), "..": self.root, **self._find(path).names}
        return [
            (name, {"st_mode": inode.mode, "st_ino": inode.number}, 0)
            for name, inode in entries.items()
        ]

    def mkdir(self, path: str, mode: int) -> int:
        self._make(path, stat.S_IFDIR | mode)
        return 0

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        return self._opened(self._make(path, stat.S_IFREG | mode))

    def open(self, path: str, flags: int) -> int:
        inode = self._find(path)
        if flags & os.O_TRUNC:
            inode.data.clear()
        return self._opened(inode)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        return bytes(self._file(path, fh).data[offset : offset + size])

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        inode = self._file(path, fh)
        if len(inode.data) < offset:
            inode.data.extend(bytes(offset - len(inode.data)))
        inode.data[offset : offset + len(data)] = data
        inode.mtime_ns = time.time_ns()
        return len(data)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        inode = self._file(path, fh)
        inode.data[:] = inode.data[:length].ljust(length, b"\0")
        inode.mtime_ns = time.time_ns()
        return 0

    def flush(self, path: str, fh: int) -> int:
        return 0

    def release(self, path: str, fh: int) -> int:
        self.open_files.pop(fh, None)
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        inode = self._file(path, fh)
        inode.durable = bytes(inode.data)
        return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        folder = self._find(path)
        for change in self.changes:
            if change.touches(folder):
                change.make_durable()
        self.changes = [change for change in self.changes if not change.touches(folder)]
        return 0

    def unlink(self, path: str) -> int:
        folder, name = self._place(path)
        self._below(folder, name)
        self._change(Change(removed=((folder, name),)))
        return 0

    def rmdir(self, path: str) -> int:
        folder, name = self._place(path)
        if self._below(folder, name).names:
            raise mfusepy.FuseOSError(errno.ENOTEMPTY)
        self._change(Change(removed=((folder, name),)))
        return 0

    def rename(self, old: str, new: str) -> int:
        source, name = self._place(old)
        target, to = self._place(new)
        inode = self._below(source, name)
        self._change(Change(((source, name),), ((target, to, inode),)))
        return 0

    def link(self, target: str, source: str) -> int:
        folder, name = self._place(target)
        if name in folder.names:
            raise mfusepy.FuseOSError(errno.EEXIST)
        self._change(Change(added=((folder, name, self._find(source)),)))
        return 0

    def chmod(self, path: str, mode: int) -> int:
        inode = self._find(path)
        inode.mode = stat.S_IFMT(inode.mode) | stat.S_IMODE(mode)
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        inode = self._find(path)
        inode.uid = inode.uid if uid in (-1, 2**32 - 1) else uid
        inode.gid = inode.gid if gid in (-1, 2**32 - 1) else gid
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        self._find(path).mtime_ns = times[1] if times else time.time_ns()
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        blocks = 1_000_000
        return {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": blocks, "f_bavail": blocks,
                "f_bfree": blocks, "f_files": blocks, "f_ffree": blocks, "f_favail": blocks,
                "f_namemax": self.told_longest}  # fmt: skip


def main(mountpoint: str) -> None:
    disk = LossyDisk()

    def listen() -> None:
        for line in sys.stdin:
            disk.obey(json.loads(line))
            print("done", flush=True)

    threading.Thread(target=listen, daemon=True).start()
    nothing_cached = {"entry_timeout": 0, "attr_timeout": 0, "negative_timeout": 0}
    mfusepy.FUSE(
        disk, mountpoint, foreground=True, nothreads=True, use_ino=True, hard_remove=True,
        default_permissions=True, allow_other=True, big_writes=True, **nothing_cached,
    )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
