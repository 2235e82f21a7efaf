"""What a start does with the partials that killed runs left.

A partial with a good ledger line was whole and synced: only its rename is missing, and it is done
now, without asking the server. Every other partial of a run that is over is removed.
"""

import os
import stat
from contextlib import ExitStack

from preventad_tui.core.commit import KEEP_OLD, withdrawal
from preventad_tui.core.final_name import keep_old
from preventad_tui.core.folder_root import Root
from preventad_tui.core.folders import (
    NotAPlainPath,
    lasting_below,
    md5_of,
    split_path,
    stat_below,
)
from preventad_tui.core.ledger import Ledger, LedgerLine
from preventad_tui.core.partial import run_of_partial


def recover_partials(root: Root, ledger: Ledger, live_runs: frozenset[str], date: str) -> int:
    """Finish or remove the partials of runs that are over; returns how many files were finished.

    Names that are not ours stay.

    Raises:
        OSError, StorageError: the folder cannot be written.
    """
    left = {
        name
        for name in os.listdir(root.partial_fd)
        if (run := run_of_partial(name)) and run not in live_runs
    }
    if not left:
        return 0
    known = {
        line.partial: line
        for path in ledger.lines
        for line in ledger.versions(path)
        if line.partial in left
    }
    finished = 0
    withdrawn: list[LedgerLine] = []
    for name in sorted(left):
        line = known.get(name)
        if line is not None:
            if _finish(root, ledger, line, date):
                finished += 1
            elif not _stands(root, line):
                withdrawn.append(withdrawal(line, "interrupted"))
        try:
            os.unlink(name, dir_fd=root.partial_fd)
        except FileNotFoundError:
            pass
    ledger.append(withdrawn)
    return finished


def remove_unfinished(root: Root, ledger: Ledger, run_id: str) -> None:
    """Remove what a run leaves of its own partials; those with a ledger line wait for a start.

    A run removes each of them itself; this is for what a fault of the program has left.
    """
    try:
        left = [name for name in os.listdir(root.partial_fd) if run_of_partial(name) == run_id]
        if left:
            known = {line.partial for line in ledger.lines.values()}
            for name in left:
                if name not in known:
                    os.unlink(name, dir_fd=root.partial_fd)
    except OSError:  # the folder is gone, or the next start sweeps it
        pass


def _finish(root: Root, ledger: Ledger, line: LedgerLine, date: str) -> bool:
    if not _is_whole(root, line):
        return False
    with ExitStack() as held:
        try:
            folders, name = split_path(line.path)
            folder_fd = held.enter_context(lasting_below(root.root_fd, folders))
        except (OSError, NotAPlainPath):  # a link or a file stands where a folder is due
            return False
        try:
            there = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
        except FileNotFoundError:
            pass
        else:
            if not _is_the_one_before(ledger, line, there):
                return False
            if KEEP_OLD in line.note.split():
                keep_old(root, line.path, folder_fd, date)
        os.rename(line.partial, name, src_dir_fd=root.partial_fd, dst_dir_fd=folder_fd)
    return True


def _is_the_one_before(ledger: Ledger, line: LedgerLine, there: os.stat_result) -> bool:
    """Only a version of ours that the ledger knows gives way, and only to the one after it."""
    return (
        bool(line.replaced)
        and stat.S_ISREG(there.st_mode)
        and any(
            older.md5 == line.replaced
            and (older.size_bytes, older.mtime_ns) == (there.st_size, there.st_mtime_ns)
            for older in ledger.versions(line.path)
        )
    )


def _is_whole(root: Root, line: LedgerLine) -> bool:
    try:
        fd = os.open(
            line.partial, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=root.partial_fd
        )
    except OSError:
        return False
    with open(fd, "rb", buffering=0) as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_size != line.size_bytes:
            return False
        return md5_of(file) == line.md5


def _stands(root: Root, line: LedgerLine) -> bool:
    """Whether the file of a line is in place already."""
    try:
        there = stat_below(root.root_fd, line.path)
    except (OSError, NotAPlainPath):
        return False
    return (
        there is not None
        and stat.S_ISREG(there.st_mode)
        and (there.st_size, there.st_mtime_ns)
        == (
            line.size_bytes,
            line.mtime_ns,
        )
    )
