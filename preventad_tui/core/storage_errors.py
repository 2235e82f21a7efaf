"""From an OSError of the output folder to a sentence that says what happened and what to do."""

import errno
import os

from preventad_tui.core.errors import DiskFull, FolderGone, NotWritable, StorageError
from preventad_tui.core.text import clean, human_size

_ON_ROOT = "Check that the disk is mounted and the folder is where it was, then run again."


def storage_error(error: OSError, what: str, *, folder_fd: int | None = None) -> StorageError:
    """The StorageError that an OSError means.

    Args:
        error: what the system said.
        what: what was being done, in words: `writing sub-1/.../x.nii.gz`.
        folder_fd: an open folder on the same file system, to tell full disks from used-up inodes.

    The result's `reason` is `disk-full`, `no-inodes`, `quota`, `file-too-large`, `read-only`,
    `no-permission`, `io`, `folder-gone`, `other-device`, `name-too-long`, `too-many-open` or
    `storage`.
    """
    what = clean(what)
    code = error.errno
    if code == errno.ENOSPC:
        return _no_space(what, folder_fd)
    if code == errno.EDQUOT:
        return DiskFull(
            f"Your quota on this file system is used up ({what}).",
            "Free some space or ask for more quota; what is on disk stays.",
            "quota",
        )
    if code == errno.EFBIG:
        return DiskFull(
            f"The system allows no file of this size ({what}).",
            "Raise the limit on file size (ulimit -f), or use another file system.",
            "file-too-large",
        )
    if code == errno.EROFS:
        return NotWritable(
            f"The file system is read-only ({what}).",
            "Have it mounted for writing again, or choose another folder with -o.",
            "read-only",
        )
    if code in (errno.EACCES, errno.EPERM):
        return NotWritable(
            f"This account may not write there ({what}).",
            "Ask for write permission, or choose another folder with -o.",
            "no-permission",
        )
    if code == errno.EIO:
        return StorageError(
            f"The disk reported an input/output error ({what}).",
            "Try again; if it comes back, have the disk checked.",
            "io",
        )
    if code in (errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ENOTCONN):
        return FolderGone(
            f"The output folder's file system went away ({what}).", _ON_ROOT, "folder-gone"
        )
    if code == errno.EXDEV:
        return StorageError(
            f"Part of the output folder lies on another file system ({what}).",
            "Keep the whole output folder on one file system.",
            "other-device",
        )
    if code == errno.ENAMETOOLONG:
        return StorageError(
            f"The name or path is too long for this file system ({what}).",
            "Choose a folder with a shorter path, or on another file system.",
            "name-too-long",
        )
    if code in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
        return StorageError(
            f"The system gives no more open files or memory ({what}).",
            "Use fewer transfers at once (-j), or raise the limit (ulimit -n).",
            "too-many-open",
        )
    return StorageError(
        f"The file system refused: {clean(error.strerror or str(error))} ({what}).",
        "Check the output folder, then run again.",
        "storage",
    )


def _no_space(what: str, folder_fd: int | None) -> DiskFull:
    free = ""
    if folder_fd is not None:
        try:
            space = os.statvfs(folder_fd)
        except OSError:
            pass
        else:
            # Some file systems (btrfs, many network ones) count no inodes at all: f_files is 0.
            if space.f_files and not space.f_favail:
                return DiskFull(
                    f"The file system has no free inodes ({what}).",
                    "Remove some files; what is on disk here stays.",
                    "no-inodes",
                )
            free = f", {human_size(space.f_bavail * space.f_frsize)} free"
    return DiskFull(
        f"The disk is full ({what}{free}).",
        "Free some space; what is on disk stays.",
        "disk-full",
    )


def folder_gone(path: object) -> FolderGone:
    """The output folder is not the one that was opened."""
    return FolderGone(
        f"The output folder {clean(str(path))} is gone or was replaced.", _ON_ROOT, "folder-gone"
    )
