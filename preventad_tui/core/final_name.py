"""What stands under a file's final name: whether a partial takes its place, where it is kept."""

import os
import stat

from preventad_tui.core.disk_view import annex_key
from preventad_tui.core.errors import StorageError
from preventad_tui.core.folder_root import Root
from preventad_tui.core.folders import (
    lasting_below,
    md5_of,
    open_regular,
    split_path,
    stat_below,
)
from preventad_tui.core.ledger import Ledger, LedgerLine
from preventad_tui.core.text import clean


def gives_way(
    root: Root,
    ledger: Ledger,
    line: LedgerLine,
    folder_fd: int,
    *,
    replace: bool,
    present: tuple[int, int] | None,
) -> bool:
    """Whether a partial may be renamed to its line's path; False where the same bytes stand there.

    `folder_fd` is the open folder of that path; for `replace` and `present` see `Finished`.

    Raises:
        StorageError: something else stands there (`occupied`), or was changed (`changed`).
        OSError: it cannot be looked at.
    """
    path = line.path
    _, name = split_path(path)
    try:
        status = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
    except FileNotFoundError:
        return True
    if not stat.S_ISREG(status.st_mode):
        raise _occupied_by(path, folder_fd, name, status)
    stamp = (status.st_size, status.st_mtime_ns)
    if replace:
        known = ledger.lines.get(path)
        if present is not None:
            same = stamp == present
        else:
            same = known is not None and (
                stamp == (known.size_bytes, known.mtime_ns)
                or (stamp[0] == known.size_bytes and _md5(root, path) == known.md5)
            )
        if same:
            return True
        raise StorageError(
            f"{clean(path)} was changed on disk and is kept.",
            "To fetch it again anyway, use verify --repair.",
            "changed",
        )
    if status.st_size == line.size_bytes and _md5(root, path) == line.md5:
        return False
    raise occupied(path, "another file stands there")


def holds(root: Root, line: LedgerLine) -> bool:
    """Whether the bytes of a line stand under its final name."""
    try:
        return _md5(root, line.path) == line.md5
    except OSError:
        return False


def is_same_file(fd: int, folder_fd: int, name: str) -> bool:
    """Whether an open file is the one that stands under a name."""
    try:
        ours, there = os.fstat(fd), os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
    except OSError:
        return False
    return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)


def keep_old(root: Root, path: str, folder_fd: int, date: str) -> None:
    """Give what stands at a final name, in its open folder, a second name in `old/<date>/`.

    Raises:
        OSError: it could not be kept.
    """
    if stat_below(root.root_fd, path) is None:
        return
    folders, name = split_path(path)
    with lasting_below(root.meta_fd, ("old", date, *folders)) as old_fd:
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


def occupied(path: str, why: str) -> StorageError:
    """The error of a file that is not put in place for what stands there."""
    return StorageError(
        f"{clean(path)} is not put in place: {why}.",
        "It is left as it is; move it away to fetch the file.",
        "occupied",
    )


def _md5(root: Root, path: str) -> str:
    with open(open_regular(root.root_fd, path), "rb", buffering=0) as file:
        return md5_of(file)


def _occupied_by(path: str, folder_fd: int, name: str, status: os.stat_result) -> StorageError:
    if stat.S_ISLNK(status.st_mode):
        if annex_key(os.readlink(name, dir_fd=folder_fd)):
            return StorageError(
                f"{clean(path)} is kept by git-annex and cannot be replaced.",
                f"Unlock it first: git annex unlock {clean(path)} (or datalad unlock).",
                "occupied",
            )
        return occupied(path, "a symbolic link stands there")
    if stat.S_ISDIR(status.st_mode):
        return occupied(path, "a folder stands there")
    return occupied(path, "a device, pipe or socket stands there")
