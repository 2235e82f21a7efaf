"""What the program knows of an output folder's files: append-only segments, merged on reading.

Each run appends to a segment of its own, so runs on several hosts need no lock. A line is complete
with its newline and its checksum, or it does not count. What they say together is `KnownLines`.
"""

import gc
import os
import re
import threading
from collections.abc import Sequence
from weakref import WeakValueDictionary

from preventad_tui.core.errors import StateUnreadable
from preventad_tui.core.folders import share, sync_data, sync_folder, write_all
from preventad_tui.core.known_lines import KnownLines
from preventad_tui.core.ledger_line import LedgerLine, encode, header
from preventad_tui.core.packed_line import PackedLines, read_packed
from preventad_tui.core.segments import (
    in_blocks,
    is_segment,
    new_segment_name,
    open_segment,
    read_header,
    unreadable,
)
from preventad_tui.core.storage_errors import storage_error

__all__ = ["Ledger", "LedgerLine", "load_ledger"]

_TEMPORARY = re.compile(r"\.merged-[0-9a-f]{16}")
_OPEN_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_COMPACT_SEGMENTS = 16
_COMPACT_SURPLUS = 10_000
_CLOSE_WAIT_S = 0.2
_held: WeakValueDictionary[tuple[int, int], PackedLines] = WeakValueDictionary()
"""What is known of the folders that are open, by device and inode: the interface reads the ledger
of one folder several times, and holds the lines once."""


class Ledger(KnownLines):
    """The merged view of all segments, and this run's own segment, opened on the first append.

    Attributes:
        bad_lines: lines that could not be used (flipped bytes, damaged headers).
    """

    def __init__(self, folder_fd: int, *, version: str, file_mode: int = 0o666) -> None:
        super().__init__()
        self._folder_fd = os.dup(folder_fd)
        self._version = version
        self._file_mode = file_mode
        self._sizes: dict[str, int] = {}
        self._segment_fd: int | None = None
        self._segment_bytes = 0
        self._lock = threading.RLock()
        self.bad_lines = 0

    # Reading

    def load(self) -> None:
        """Read all segments.

        Raises:
            StateUnreadable: a newer version wrote one, or one cannot be read.
        """
        collecting = gc.isenabled()
        gc.disable()  # a hundred thousand new containers, none of them garbage: a fifth of the time
        try:
            self._load_whole()
        finally:
            if collecting:
                gc.enable()

    def _load_whole(self) -> None:
        for _ in range(20):
            try:
                self._load()
                return
            except FileNotFoundError:
                # Another run merged segments while we read: what is gone stands in a new one.
                self._forget()
                self._sizes.clear()
                self.bad_lines = 0
            except OSError as error:
                raise unreadable(error) from error
        raise StateUnreadable("The ledger keeps changing while it is read.", "Try again.", "state")

    def _load(self) -> None:
        status = os.fstat(self._folder_fd)
        held = _held.get((status.st_dev, status.st_ino), PackedLines())
        for name in sorted(filter(is_segment, os.listdir(self._folder_fd))):
            with open_segment(self._folder_fd, name) as file:
                # A damaged header costs nothing: each line has its own checksum. An empty or torn
                # one is what a kill leaves.
                self.bad_lines += not read_header(file)
                for packed in read_packed(file, held):
                    if packed is None:
                        self.bad_lines += 1
                    else:
                        self._take(packed)
                self._sizes[name] = file.tell()
        _held[status.st_dev, status.st_ino] = self._packed

    # Writing

    def append(self, lines: Sequence[LedgerLine]) -> None:
        """Make lines durable with one sync, then take them into the view.

        Raises:
            StorageError: they could not be written; the view is unchanged.
        """
        self.write(lines)
        self.apply(lines)

    def write(self, lines: Sequence[LedgerLine]) -> None:
        """Make lines durable with one sync, without taking them into the view yet.

        Raises:
            StorageError: they could not be written.
        """
        if not lines:
            return
        data = b"".join(map(encode, lines))
        with self._lock:
            while True:
                try:
                    fd = self._open_segment()
                    write_all(fd, data)
                    sync_data(fd)
                    linked = os.fstat(fd).st_nlink > 0
                except OSError as error:
                    self._drop_segment()
                    raise storage_error(
                        error, "writing the ledger", folder_fd=self._folder_fd
                    ) from error
                if linked:
                    self._segment_bytes += len(data)
                    return
                # Another run took us for dead and merged the segment: go on in a new one.
                self.close_segment()

    def _open_segment(self) -> int:
        if self._segment_fd is None:
            last = max(filter(is_segment, os.listdir(self._folder_fd)), default="")
            name = new_segment_name(after=last)
            fd = os.open(name, _OPEN_NEW, self._file_mode, dir_fd=self._folder_fd)
            self._segment_fd, self._segment_bytes = fd, 0
            share(fd, self._file_mode)
            self._segment_bytes = write_all(fd, header(self._version))
            sync_data(fd)
            sync_folder(self._folder_fd)
        return self._segment_fd

    def _drop_segment(self) -> None:
        """Cut what a failed write left and leave the segment: after a failed sync it is not ours
        to trust, and the next append starts a new one."""
        if self._segment_fd is not None:
            try:
                os.ftruncate(self._segment_fd, self._segment_bytes)
            except OSError:  # a torn last line is ignored on reading
                pass
            self.close_segment()

    def close_segment(self) -> None:
        """Close this run's segment; the next append opens another."""
        with self._lock:
            if self._segment_fd is not None:
                os.close(self._segment_fd)
                self._segment_fd = None

    def reopen(self, folder_fd: int) -> None:
        """Go on in the same folder opened anew, with a new segment."""
        with self._lock:
            self.close_segment()
            os.dup2(folder_fd, self._folder_fd, inheritable=False)

    def close(self) -> None:
        """Close everything; the view stays readable.

        What hangs in a write on a disk that does not answer is left to the process's end.
        """
        if not self._lock.acquire(timeout=_CLOSE_WAIT_S):
            return
        try:
            self.close_segment()
            if self._folder_fd >= 0:
                os.close(self._folder_fd)
                self._folder_fd = -1
        finally:
            self._lock.release()

    # Merging segments

    @property
    def wants_compaction(self) -> bool:
        """Whether merging the segments would make the next start clearly faster."""
        paths = len(self.ends)
        surplus = self._line_count - paths
        return len(self._sizes) >= _COMPACT_SEGMENTS or surplus > _COMPACT_SURPLUS + paths

    def compact(self) -> None:
        """Write one segment for all that were read, then remove those.

        Only while no other run is alive, and before this run's first append. At whatever instant
        it is killed, the lines stand in the old segments, the new one, or both, and both mean the
        same. Every version of a file is kept; lines that later ones replaced are not.

        Raises:
            StorageError: the new segment could not be written; the old ones stand.
        """
        if not self._sizes:
            return
        name = new_segment_name(beside=max(self._sizes))
        temporary = f".merged-{os.urandom(8).hex()}"
        try:
            fd = os.open(temporary, _OPEN_NEW, self._file_mode, dir_fd=self._folder_fd)
            try:
                share(fd, self._file_mode)
                write_all(fd, header(self._version))
                for block in in_blocks(self._all_lines()):
                    write_all(fd, block)
                os.fsync(fd)
                size = os.fstat(fd).st_size
            finally:
                os.close(fd)
            os.rename(temporary, name, src_dir_fd=self._folder_fd, dst_dir_fd=self._folder_fd)
            sync_folder(self._folder_fd)
            for covered, known in list(self._sizes.items()):
                if self._unlink_if(covered, known):
                    del self._sizes[covered]
            for other in filter(_TEMPORARY.fullmatch, os.listdir(self._folder_fd)):
                self._unlink_if(other, None)
            sync_folder(self._folder_fd)
        except OSError as error:
            raise storage_error(error, "merging the ledger", folder_fd=self._folder_fd) from error
        self._sizes[name] = size
        self._line_count = len(self.ends)

    def _unlink_if(self, name: str, size: int | None) -> bool:
        """Remove a file of the ledger folder, unless it has grown since it was read."""
        try:
            status = os.stat(name, dir_fd=self._folder_fd, follow_symlinks=False)
            if size is not None and status.st_size != size:
                return False
            os.unlink(name, dir_fd=self._folder_fd)
        except FileNotFoundError:
            pass
        return True


def load_ledger(folder_fd: int, *, version: str, file_mode: int = 0o666) -> Ledger:
    """The ledger in an open `ledger/` folder.

    Raises:
        StateUnreadable: a newer version wrote it, or it cannot be read.
    """
    ledger = Ledger(folder_fd, version=version, file_mode=file_mode)
    try:
        ledger.load()
    except StateUnreadable:
        ledger.close()
        raise
    return ledger
