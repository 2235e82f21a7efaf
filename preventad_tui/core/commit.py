"""From checked partials to final names, many files at a time, safe against a kill at any instant.

The order is fixed: the partials' bytes are already synced; their ledger lines are written with one
sync; each is renamed; the folders they came to stand in are synced, each once. A kill between line
and rename leaves both the line and the partial, and the next start finishes the rename.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from preventad_tui.core.disk_view import annex_key
from preventad_tui.core.errors import PreventADError, StorageError
from preventad_tui.core.folders import (
    NotAPlainPath,
    open_below,
    open_regular,
    share,
    split_path,
    stat_below,
    sync_folder,
)
from preventad_tui.core.ledger import Ledger, LedgerLine
from preventad_tui.core.partial import Partial
from preventad_tui.core.states import FileState
from preventad_tui.core.storage_errors import folder_gone, storage_error
from preventad_tui.core.text import clean

KEEP_OLD = "keep-old"


@dataclass(frozen=True, slots=True)
class Finished:
    """A partial whose bytes are whole, checked and synced.

    Attributes:
        partial: the bytes.
        line: its ledger line; commit fills mtime, partial and replaced.
        replace: an older version of ours may stand under the final name and gives way, if it
            still is what the ledger says.
        present: with `replace`: the size and mtime (ns) of the file that gives way though it is
            not what the ledger says (damaged, cut, or made by the original script).
        keep_old: what gives way is moved to `.preventad-tui/old/<date>/`.
    """

    partial: Partial
    line: LedgerLine
    replace: bool = False
    present: tuple[int, int] | None = None
    keep_old: bool = False


@dataclass(frozen=True, slots=True)
class Committed:
    """How one file's commit ended.

    Attributes:
        finished: what was asked.
        line: the line as it stands in the ledger; without `error` only.
        error: why the file is not in place; its partial is left. `reason` is `occupied`,
            `changed`, or a storage reason.
        adopted: the same bytes stood there already; the partial was dropped.
    """

    finished: Finished
    line: LedgerLine
    error: PreventADError | None = None
    adopted: bool = False


@dataclass(slots=True)
class Root:
    """The open folders that a commit works in."""

    path: str
    root_fd: int
    meta_fd: int
    partial_fd: int

    def check(self) -> None:
        """Make sure that the output folder's name still means the folder that was opened.

        Raises:
            FolderGone: it was removed, unmounted or replaced.
        """
        try:
            named, held = os.stat(self.path), os.fstat(self.root_fd)
            ours, known = (
                os.stat(".preventad-tui", dir_fd=self.root_fd, follow_symlinks=False),
                os.fstat(self.meta_fd),
            )
        except OSError as error:
            raise folder_gone(self.path) from error
        if (named.st_dev, named.st_ino) != (held.st_dev, held.st_ino) or (
            ours.st_dev,
            ours.st_ino,
        ) != (known.st_dev, known.st_ino):
            raise folder_gone(self.path)


@dataclass(slots=True)
class _Ready:
    index: int
    finished: Finished
    line: LedgerLine
    folder_fd: int
    name: str
    adopted: bool


class Batch:
    """One group commit."""

    def __init__(self, root: Root, ledger: Ledger, date: str) -> None:
        self._root = root
        self._ledger = ledger
        self._date = date
        self._folders: dict[tuple[str, ...], int] = {}
        self._made_in: list[int] = []

    def run(self, finished: Sequence[Finished]) -> list[Committed]:
        """Put files in place; results in the order asked.

        Raises:
            StorageError: nothing was recorded and nothing moved.
        """
        self._root.check()
        results: list[Committed | None] = [None] * len(finished)
        ready: list[_Ready] = []
        try:
            for index, one in enumerate(finished):
                try:
                    ready.append(self._prepare(index, one))
                except PreventADError as error:
                    results[index] = Committed(one, one.line, error)
            self._ledger.write([each.line for each in ready])
            done: list[_Ready] = []
            withdrawn: list[LedgerLine] = []
            for each in ready:
                try:
                    self._place(each)
                    done.append(each)
                except StorageError as error:
                    results[each.index] = Committed(each.finished, each.line, error)
                    withdrawn.append(withdrawal(each.line, error.reason))
            sync_error = self._sync(done)
            self._ledger.apply([each.line for each in done])
            for each in done:
                results[each.index] = Committed(each.finished, each.line, sync_error, each.adopted)
                if each.adopted:
                    each.finished.partial.discard()
                elif sync_error is None:
                    each.finished.partial.close()
            if withdrawn:
                try:
                    self._ledger.append(withdrawn)
                except StorageError:
                    # The disk is in trouble already: the next start finds line and partial, or
                    # the line alone, and puts the file in the queue either way.
                    self._ledger.apply(withdrawn)
        finally:
            for fd in (*self._folders.values(), *self._made_in):
                os.close(fd)
        return [result for result in results if result is not None]

    # Before the ledger's line

    def _prepare(self, index: int, one: Finished) -> _Ready:
        path = one.line.path
        try:
            folders, name = split_path(path)
            folder_fd = self._folder(folders, path)
            adopted = not self._may_take_place(one, folder_fd, name)
            if adopted:
                status = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
                line = one.line._replace(mtime_ns=status.st_mtime_ns)
                return _Ready(index, one, line, folder_fd, name, adopted=True)
            status = os.fstat(one.partial.fd)
            group = os.fstat(folder_fd).st_gid
            if status.st_gid != group:
                share(one.partial.fd, stat.S_IMODE(status.st_mode), group)
        except NotAPlainPath as error:
            raise _occupied(path, "its name leads out of the folder") from error
        except OSError as error:
            raise storage_error(error, path, folder_fd=self._root.root_fd) from error
        older = self._ledger.lines.get(path)
        line = one.line._replace(
            mtime_ns=status.st_mtime_ns,
            partial=one.partial.name,
            replaced=one.line.replaced or (older.md5 if older and one.replace else ""),
            note=f"{one.line.note} {KEEP_OLD}".strip() if one.keep_old else one.line.note,
        )
        return _Ready(index, one, line, folder_fd, name, adopted=False)

    def _folder(self, folders: tuple[str, ...], path: str) -> int:
        fd = self._folders.get(folders)
        if fd is None:
            try:
                fd, made_in = open_below(self._root.root_fd, folders, create=True)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENOTDIR):
                    raise _occupied(
                        path, "a link or a file stands where a folder is due"
                    ) from error
                raise
            self._folders[folders] = fd
            self._made_in.extend(made_in)
        return fd

    def _may_take_place(self, one: Finished, folder_fd: int, name: str) -> bool:
        """Whether the partial may be renamed there; False where the same bytes stand there."""
        path = one.line.path
        try:
            status = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
        except FileNotFoundError:
            return True
        if not stat.S_ISREG(status.st_mode):
            raise _occupied_by(path, folder_fd, name, status)
        stamp = (status.st_size, status.st_mtime_ns)
        if one.replace:
            known = self._ledger.lines.get(path)
            if one.present is not None:
                same = stamp == one.present
            else:
                same = known is not None and (
                    stamp == (known.size_bytes, known.mtime_ns)
                    or (stamp[0] == known.size_bytes and self._md5(path) == known.md5)
                )
            if same:
                return True
            raise StorageError(
                f"{clean(path)} was changed on disk and is kept.",
                "To fetch it again anyway, use verify --repair.",
                "changed",
            )
        if status.st_size == one.line.size_bytes and self._md5(path) == one.line.md5:
            return False
        raise _occupied(path, "another file stands there")

    def _md5(self, path: str) -> str:
        fd = open_regular(self._root.root_fd, path)
        with open(fd, "rb", buffering=0) as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()

    # After it

    def _place(self, one: _Ready) -> None:
        if one.adopted:
            return
        path = one.line.path
        self._root.check()
        try:
            if one.finished.keep_old:
                self.keep_old(path, one.folder_fd, one.name)
            os.rename(
                one.finished.partial.name,
                one.name,
                src_dir_fd=self._root.partial_fd,
                dst_dir_fd=one.folder_fd,
            )
        except OSError as error:
            # Network file systems report a rename as failed that was done (a repeated request),
            # and may know the partial by its old name only.
            if _is_same_file(one.finished.partial.fd, one.folder_fd, one.name):
                return
            if not self._holds(one.line):
                raise storage_error(
                    error, f"putting {path} in place", folder_fd=self._root.root_fd
                ) from error
            one.finished.partial.discard()

    def _holds(self, line: LedgerLine) -> bool:
        """Whether the bytes of a line stand under its final name."""
        try:
            return self._md5(line.path) == line.md5
        except OSError:
            return False

    def keep_old(self, path: str, folder_fd: int, name: str) -> None:
        """Give what stands at a final name a second name in `old/<date>/`."""
        if stat_below(self._root.root_fd, path) is None:
            return
        folders, _ = split_path(path)
        old_fd, made_in = open_below(self._root.meta_fd, ("old", self._date, *folders), create=True)
        try:
            for count in range(1000):
                kept = f"{name}.{count}" if count else name
                try:
                    os.link(name, kept, src_dir_fd=folder_fd, dst_dir_fd=old_fd)
                    break
                except FileExistsError:
                    continue
                except OSError:  # no hard links here
                    os.rename(name, kept, src_dir_fd=folder_fd, dst_dir_fd=old_fd)
                    break
            sync_folder(old_fd)
            for fd in made_in:
                sync_folder(fd)
        finally:
            for fd in (old_fd, *made_in):
                os.close(fd)

    def _sync(self, done: list[_Ready]) -> StorageError | None:
        try:
            for fd in {one.folder_fd for one in done}:
                sync_folder(fd)
            for fd in self._made_in:
                sync_folder(fd)
        except OSError as error:
            return storage_error(error, "making new files durable")
        return None


def withdrawal(line: LedgerLine, reason: str) -> LedgerLine:
    """The line that takes back a good one whose file never came to stand."""
    return line._replace(state=FileState.FAILED, reason=reason, mtime_ns=0)


def _is_same_file(fd: int, folder_fd: int, name: str) -> bool:
    try:
        ours, there = os.fstat(fd), os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
    except OSError:
        return False
    return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)


def _occupied(path: str, why: str) -> StorageError:
    return StorageError(
        f"{clean(path)} is not put in place: {why}.",
        "It is left as it is; move it away to fetch the file.",
        "occupied",
    )


def _occupied_by(path: str, folder_fd: int, name: str, status: os.stat_result) -> StorageError:
    if stat.S_ISLNK(status.st_mode):
        if annex_key(os.readlink(name, dir_fd=folder_fd)):
            return StorageError(
                f"{clean(path)} is kept by git-annex and cannot be replaced.",
                f"Unlock it first: git annex unlock {clean(path)} (or datalad unlock).",
                "occupied",
            )
        return _occupied(path, "a symbolic link stands there")
    if stat.S_ISDIR(status.st_mode):
        return _occupied(path, "a folder stands there")
    return _occupied(path, "a device, pipe or socket stands there")
