"""Folders below the output folder, opened one by one, never through a symbolic link.

A link inside the tree could lead a write out of it; a link above the output folder is the user's
own affair. All functions raise OSError; `NotAPlainPath` where a path is not one of ours.
"""

import errno
import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO

# macOS has no fdatasync.
sync_data: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)

# Linux puts a written piece into one block of page cache; blocks of this size are used again at
# once, larger ones are gathered anew, which took three times the processor's time (6.18, ext4).
_PIECE_BYTES = 32_768

OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class NotAPlainPath(ValueError):
    """A relative path with empty, `.` or `..` parts, absolute, or holding a NUL."""


def split_path(path: str) -> tuple[tuple[str, ...], str]:
    """The folders and the name of a relative POSIX path.

    Raises:
        NotAPlainPath: the path could lead out of its folder.
    """
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\0" in path:
        raise NotAPlainPath(path)
    return tuple(parts[:-1]), parts[-1]


def open_below(
    root_fd: int, folders: tuple[str, ...], *, create: bool = False
) -> tuple[int, list[int]]:
    """Open the folder `folders` below an open one.

    With `create`, missing folders are made with the process's umask (the parent's setgid bit and
    default ACLs take effect by themselves). The second value holds open descriptors of the
    folders in which something was made, which must be synced for the new ones to survive a power
    cut; the caller closes all of them.
    """
    current = os.dup(root_fd)
    parents: list[int] = []
    try:
        for name in folders:
            try:
                below = os.open(name, OPEN_FOLDER, dir_fd=current)
            except FileNotFoundError:
                if not create:
                    raise
                try:
                    os.mkdir(name, dir_fd=current)
                except FileExistsError:  # another worker or another run was first
                    pass
                else:
                    parents.append(os.dup(current))
                below = os.open(name, OPEN_FOLDER, dir_fd=current)
            os.close(current)
            current = below
    except OSError:
        os.close(current)
        for fd in parents:
            os.close(fd)
        raise
    return current, parents


@contextmanager
def lasting_below(root_fd: int, folders: tuple[str, ...]) -> Iterator[int]:
    """The folder `folders` below an open one, made where it is missing; what is put into it while
    it is open, and the folder itself, survive a power cut."""
    fd, made_in = open_below(root_fd, folders, create=True)
    try:
        yield fd
        for each in (fd, *made_in):
            sync_folder(each)
    finally:
        for each in (fd, *made_in):
            os.close(each)


def stat_below(root_fd: int, path: str) -> os.stat_result | None:
    """The status of what stands at a relative path, not following a link; None where nothing."""
    folders, name = split_path(path)
    try:
        folder_fd, _ = open_below(root_fd, folders)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return None
        raise
    try:
        return os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
    except FileNotFoundError:
        return None
    finally:
        os.close(folder_fd)


def open_regular(root_fd: int, path: str) -> int:
    """Open a regular file for reading; a link, fifo, device or folder there is refused (ELOOP)."""
    folders, name = split_path(path)
    folder_fd, _ = open_below(root_fd, folders)
    try:
        # O_NONBLOCK: opening a fifo must not wait for its writer.
        fd = os.open(
            name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder_fd
        )
    finally:
        os.close(folder_fd)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.ELOOP, "not a regular file", path)
    return fd


def md5_of(file: FileIO | BufferedReader) -> str:
    """MD5 of an open file, from where it stands to its end."""
    return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def sync_folder(fd: int) -> None:
    """Make the entries of a folder durable; file systems that cannot (EINVAL) are left alone."""
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def make_lasting(path: str) -> None:
    """Make a folder and those missing above it, so that they survive a power cut.

    Raises:
        OSError: the file system refused, or something else stands there.
    """
    made_in = []
    above = path
    while not os.path.isdir(above) and above != os.path.dirname(above):
        above = os.path.dirname(above)
        made_in.append(above)
    os.makedirs(path, exist_ok=True)
    for parent in made_in:
        try:
            fd = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except PermissionError:  # a folder that may be entered but not read
            continue
        try:
            sync_folder(fd)
        finally:
            os.close(fd)


def write_all(fd: int, data: bytes | memoryview) -> int:
    """Write every byte: an unbuffered write on a nearly full disk may take only a part."""
    view = memoryview(data)
    total = len(view)
    while view:
        view = view[os.write(fd, view[:_PIECE_BYTES]) :]
    return total


def start_writing_out(fd: int, offset: int, size_bytes: int) -> None:
    """Have the kernel begin to move these bytes to the disk, so that the sync at the end is short.

    On Linux this is what POSIX_FADV_DONTNEED does with bytes that were just written. Only advice:
    where it is refused or unknown, the sync moves them all.
    """
    if sys.platform == "linux":
        try:
            os.posix_fadvise(fd, offset, size_bytes, os.POSIX_FADV_DONTNEED)
        except OSError:
            pass


def write_new_file(
    folder_fd: int, name: str, data: bytes, mode: int, *, via: str, replace: bool = True
) -> None:
    """Put a small file in place whole or not at all: `via` is written, synced and renamed.

    Without `replace` one that stands there by now is left, where the file system can do that.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(via, flags, mode, dir_fd=folder_fd)
    try:
        try:
            write_all(fd, data)
            os.fsync(fd)
            share(fd, mode)
        finally:
            os.close(fd)
        if replace or not _link(folder_fd, via, name):
            os.rename(via, name, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
    except OSError:
        try:
            os.unlink(via, dir_fd=folder_fd)
        except OSError:
            pass
        raise
    sync_folder(folder_fd)


def _link(folder_fd: int, via: str, name: str) -> bool:
    """Give a file its name unless that is taken; False where there are no hard links."""
    try:
        os.link(via, name, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
    except FileExistsError:
        pass
    except OSError:
        return False
    os.unlink(via, dir_fd=folder_fd)
    return True


def share(fd: int, mode: int, group: int | None = None) -> None:
    """Give a file or folder of ours a mode and a group where the file system allows it."""
    try:
        if group is not None and os.fstat(fd).st_gid != group:
            os.fchown(fd, -1, group)
    except OSError:
        pass
    try:
        if stat.S_IMODE(os.fstat(fd).st_mode) != mode:
            os.fchmod(fd, mode)
    except OSError:
        pass
