"""The output folder: opened, looked at, written to; everything below it goes through here."""

import os
import stat
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from preventad_tui import __version__
from preventad_tui.core import login_mark
from preventad_tui.core.commit import Batch, Committed, Finished
from preventad_tui.core.disk_view import DiskView, FileStamp, scan_tree, stamps_below
from preventad_tui.core.errors import NotWritable, StateUnreadable
from preventad_tui.core.folder_lock import FolderLock, folder_clock
from preventad_tui.core.folder_root import (
    Root,
    cannot_open,
    close_root,
    closed_root,
    look_inside,
    open_again,
    take_over,
)
from preventad_tui.core.folder_setup import (
    FolderIdentity,
    check_identity,
    meta_file_mode,
    opened,
    probe,
    read_state,
    set_up,
    sweep,
    write_project,
)
from preventad_tui.core.folders import OPEN_FOLDER, make_lasting, md5_of, open_regular, stat_below
from preventad_tui.core.ledger import Ledger, LedgerLine, load_ledger
from preventad_tui.core.limits import Limits
from preventad_tui.core.partial import Partial
from preventad_tui.core.recovery import recover_partials, remove_unfinished
from preventad_tui.core.storage_errors import folder_gone, storage_error
from preventad_tui.core.text import clean
from preventad_tui.core.twins import by_known_names

__all__ = ["Committed", "Finished", "FolderIdentity", "OutputFolder"]


class OutputFolder:
    """An open output folder. `commit` and `record` may be called from any thread.

    Attributes:
        path: absolute.
        identity: whose data it holds; None for a folder that this program has not made.
        ledger: what is known of its files; empty where there is none.
        read_only: nothing is written, locked or recovered.
        recovered: how many files of killed runs were finished while opening.
        is_new: there was no folder of ours in it before.
        is_changed: its ledger was written since, or knows more than the copy of its digest list.
        token: the random mark that tells this folder from another in its place; "" without one.
    """

    def __init__(
        self,
        root: Root,
        identity: FolderIdentity | None,
        ledger: Ledger,
        lock: FolderLock | None,
        limits: Limits,
    ) -> None:
        self.path = Path(root.path)
        self.identity = identity
        self.ledger = ledger
        self.read_only = lock is None
        self.recovered = 0
        self.is_new = False
        self.is_changed = False
        self._root = root
        self._lock = lock
        self._limits = limits
        self._commit_lock = threading.Lock()
        state = read_state(root.meta_fd) if root.meta_fd >= 0 else None
        self.token = state.token if state else ""

    # Opening

    @classmethod
    def open(
        cls,
        path: Path,
        identity: FolderIdentity | None,
        *,
        create: bool = True,
        read_only: bool = False,
        force: bool = False,
        shard: str = "",
        limits: Limits | None = None,
    ) -> "OutputFolder":
        """Open an output folder, and make it where it is not there and `create` says so.

        Args:
            path: the folder; links above it are followed.
            identity: whose data it is to hold; None takes what the folder says.
            create: make it if it is missing.
            read_only: for looking only: works where nothing can be written.
            force: even if another run works there.
            shard: `I/N` where this run fetches one part of N.
            limits: heartbeat, staleness, how long a refused login is remembered.

        Raises:
            WrongFolder: another server's data, or the other type's.
            NotWritable, DiskFull, StorageError: the file system refused.
            FolderInUse: another run works there.
            StateUnreadable: damaged, or written by a newer version; nothing was touched.
        """
        limits = limits or Limits()
        absolute = os.path.abspath(path)
        root = closed_root(absolute)
        try:
            if create and not read_only:
                make_lasting(absolute)
            known = look_inside(root)
            if known and identity:
                check_identity(known, identity, absolute)
            identity = known or identity
            if read_only or identity is None:
                return cls._open_to_read(root, identity, limits)
            folder = cls._open_to_write(root, identity, force, shard, limits)
            folder.is_new = known is None
            return folder
        except BaseException as error:
            close_root(root)
            if isinstance(error, OSError):
                raise cannot_open(error, absolute) from error
            raise

    @classmethod
    def _open_to_read(
        cls, root: Root, identity: FolderIdentity | None, limits: Limits
    ) -> "OutputFolder":
        if root.meta_fd < 0:
            return cls(root, identity, Ledger(root.root_fd, version=__version__), None, limits)
        try:
            with opened(root.meta_fd, "ledger") as fd:
                ledger = load_ledger(fd, version=__version__)
        except FileNotFoundError:
            ledger = Ledger(root.meta_fd, version=__version__)
        folder = cls(root, identity, ledger, None, limits)
        ledger.settle(folder._stamp)
        return folder

    @classmethod
    def _open_to_write(
        cls, root: Root, identity: FolderIdentity, force: bool, shard: str, limits: Limits
    ) -> "OutputFolder":
        if root.meta_fd >= 0:
            os.close(root.meta_fd)
            root.meta_fd = -1
        root.meta_fd = set_up(root.root_fd, identity)
        root.partial_fd = os.open("partial", OPEN_FOLDER, dir_fd=root.meta_fd)
        probe(root.meta_fd)
        mode = meta_file_mode(root.meta_fd)
        lock = FolderLock(root.meta_fd, shard=shard, force=force, limits=limits, file_mode=mode)
        try:
            with opened(root.meta_fd, "ledger") as fd:
                ledger = load_ledger(fd, version=__version__, file_mode=mode)
            folder = cls(root, identity, ledger, lock, limits)
            live = lock.live_runs()
            folder.recovered = recover_partials(root, ledger, live, _today())
            sweep(root.meta_fd, folder_clock(root.meta_fd) - limits.stale_after_s)
            ledger.settle(folder._stamp)
            if ledger.wants_compaction and not live and not folder.recovered:
                ledger.compact()
            return folder
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Leave the folder; the ledger's view stays readable."""
        if self._lock is not None:
            remove_unfinished(self._root, self.ledger, self._lock.run_id)
        self.ledger.close()
        if self._lock is not None:
            self._lock.release()
        close_root(self._root)

    def __enter__(self) -> "OutputFolder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def settle_project(self, project: str) -> None:
        """Say whose project's data these are, known only after the login.

        Raises:
            WrongFolder: the folder holds another project's data.
            StorageError: it could not be written.
        """
        if self.identity is None or self.identity.project == project:
            return
        wanted = replace(self.identity, project=project)
        check_identity(self.identity, wanted, str(self.path))
        if not self.read_only:
            try:
                write_project(self._root.meta_fd, project)
            except OSError as error:
                raise storage_error(error, "writing folder.json") from error
        self.identity = wanted

    def probe(self) -> None:
        """Find out whether the folder can be worked in (again), and take it up again if so.

        After an outage (unmounted, stale) the same folder may come back under other numbers; its
        random mark in `folder.json` tells it from a replacement.

        Raises:
            StorageError: not yet.
        """
        fresh = closed_root(self._root.path)
        try:
            open_again(fresh, self.token)
            with self._commit_lock:
                with opened(fresh.meta_fd, "ledger") as fd:
                    self.ledger.reopen(fd)
                take_over(self._root, fresh)
        except (FileNotFoundError, NotADirectoryError, StateUnreadable) as error:
            raise folder_gone(self.path) from error
        except OSError as error:
            raise storage_error(error, "trying the output folder") from error
        finally:
            close_root(fresh)

    # Looking

    def scan(self) -> DiskView:
        """What stands in the folder now; 53,000 files take a fraction of a second."""
        view = scan_tree(self._root.path)
        return by_known_names(view, self.ledger.lines) if view.folds_case else view

    def _stamp(self, path: str) -> tuple[int, int] | None:
        try:
            status = stat_below(self._root.root_fd, path)
        except (OSError, ValueError):
            return None
        if status is None or not stat.S_ISREG(status.st_mode):
            return None
        return status.st_size, status.st_mtime_ns

    def open_file(self, path: str) -> int:
        """Open a regular file of the tree for reading, through no link; the caller closes it.

        Raises:
            OSError: not there, or not a regular file (ELOOP).
        """
        return open_regular(self._root.root_fd, path)

    def stamp(self, path: str) -> FileStamp | None:
        """What stands at a path right now, no link followed; None where nothing can be."""
        return self.stamps((path,))[path]

    def stamps(self, paths: Iterable[str]) -> dict[str, FileStamp | None]:
        """The same for many paths, which is quicker where they share folders."""
        return stamps_below(self._root.root_fd, paths)

    def hash_file(self, path: str) -> tuple[str, int, int]:
        """MD5, size in bytes and mtime in ns of a regular file, through no link.

        Raises:
            OSError: not there, not a regular file (ELOOP), unreadable.
        """
        with open(self.open_file(path), "rb", buffering=0) as file:
            md5, status = md5_of(file), os.fstat(file.fileno())
        return md5, status.st_size, status.st_mtime_ns

    def free_bytes(self) -> int:
        """What the file system has free for this user; quotas do not show here.

        Raises:
            StorageError: the folder is gone.
        """
        try:
            space = os.statvfs(self._root.root_fd)
        except OSError as error:
            raise storage_error(error, "asking for free space") from error
        return space.f_bavail * space.f_frsize

    # Writing

    def new_partial(self, path: str) -> Partial:
        """A unique temporary file on its way to `path`.

        Raises:
            StorageError: the file system refused.
        """
        return Partial(self._root.partial_fd, self._held_lock().run_id, path)

    def commit(self, finished: Sequence[Finished]) -> list[Committed]:
        """Put checked, synced partials in place and record them; results in the order asked.

        Raises:
            StorageError: nothing was recorded or moved; the partials are left.
        """
        self._held_lock()
        self.is_changed = True
        with self._commit_lock:
            return Batch(self._root, self.ledger, _today()).run(finished)

    def record(self, lines: Sequence[LedgerLine]) -> None:
        """Write ledger lines for files that need no move (failed, gone, adopted, new mtime).

        Raises:
            StorageError: the ledger cannot be written.
        """
        self._held_lock()
        self.is_changed = True
        with self._commit_lock:
            self._root.check()
            self.ledger.append(lines)

    def restore_lines(self, lines: Sequence[LedgerLine]) -> int:
        """Take back lines of which the ledger knows nothing; how many that are.

        In a folder opened for reading they are known to this object only.

        Raises:
            StorageError: the ledger cannot be written.
        """
        lost = [line._replace(partial="") for line in lines if line.path not in self.ledger.ends]
        if lost and self.read_only:
            self.ledger.apply(lost)
        elif lost:
            self.record(lost)
        return len(lost)

    @property
    def lock(self) -> FolderLock:
        """This run's sign in the folder; only where it may write."""
        return self._held_lock()

    def _held_lock(self) -> FolderLock:
        if self._lock is None:
            raise NotWritable(
                f"The folder {clean(str(self.path))} was opened for reading only.", "", "read-only"
            )
        return self._lock

    # The refused login

    def refused_login_mark(self) -> datetime | None:
        """When a login was refused here, if that was within the last ten minutes."""
        if self._root.meta_fd < 0:
            return None
        return login_mark.read_mark(self._root.meta_fd, self._limits.refused_login_mark_s)

    def set_refused_login_mark(self) -> None:
        """Stop other runs in this folder from trying to log in; nothing happens if read-only."""
        if self._lock is not None:
            try:
                login_mark.set_mark(self._root.meta_fd, meta_file_mode(self._root.meta_fd))
            except OSError:  # a courtesy: the refused login itself is what is reported
                pass

    def clear_refused_login_mark(self) -> None:
        """A login has worked."""
        if self._lock is not None:
            login_mark.clear_mark(self._root.meta_fd)


def _today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"
