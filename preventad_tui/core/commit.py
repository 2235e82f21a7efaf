"""From checked partials to final names, many files at a time, safe against a kill at any instant.

The order is fixed: the partials' bytes are already synced; their ledger lines are written with one
sync; each is renamed; the folders they came to stand in are synced, each once. A kill between line
and rename leaves both the line and the partial, and the next start finishes the rename.
"""

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from preventad_tui.core.errors import PreventADError, StorageError
from preventad_tui.core.final_name import gives_way, holds, is_same_file, keep_old, occupied
from preventad_tui.core.folder_root import Root
from preventad_tui.core.folders import NotAPlainPath, open_below, share, split_path, sync_folder
from preventad_tui.core.ledger import Ledger, LedgerLine
from preventad_tui.core.partial import Partial
from preventad_tui.core.states import FileState
from preventad_tui.core.storage_errors import storage_error

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
            adopted = not gives_way(
                self._root,
                self._ledger,
                one.line,
                folder_fd,
                replace=one.replace,
                present=one.present,
            )
            if adopted:
                status = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
                line = one.line._replace(mtime_ns=status.st_mtime_ns)
                return _Ready(index, one, line, folder_fd, name, adopted=True)
            status = os.fstat(one.partial.fd)
            group = os.fstat(folder_fd).st_gid
            if status.st_gid != group:
                share(one.partial.fd, stat.S_IMODE(status.st_mode), group)
        except NotAPlainPath as error:
            raise occupied(path, "its name leads out of the folder") from error
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
                    raise occupied(path, "a link or a file stands where a folder is due") from error
                raise
            self._folders[folders] = fd
            self._made_in.extend(made_in)
        return fd

    # After it

    def _place(self, one: _Ready) -> None:
        if one.adopted:
            return
        path = one.line.path
        self._root.check()
        try:
            if one.finished.keep_old:
                keep_old(self._root, path, one.folder_fd, self._date)
            os.rename(
                one.finished.partial.name,
                one.name,
                src_dir_fd=self._root.partial_fd,
                dst_dir_fd=one.folder_fd,
            )
        except OSError as error:
            # Network file systems report a rename as failed that was done (a repeated request),
            # and may know the partial by its old name only.
            if is_same_file(one.finished.partial.fd, one.folder_fd, one.name):
                return
            if not holds(self._root, one.line):
                raise storage_error(
                    error, f"putting {path} in place", folder_fd=self._root.root_fd
                ) from error
            one.finished.partial.discard()

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
