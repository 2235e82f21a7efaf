"""The open folders that an output folder's work goes through: opened, opened again, closed."""

import os
from dataclasses import dataclass

from preventad_tui.core.disk_view import META
from preventad_tui.core.errors import NotWritable, StateUnreadable, StorageError
from preventad_tui.core.folder_setup import FolderIdentity, opened, probe, read_state
from preventad_tui.core.folders import OPEN_FOLDER
from preventad_tui.core.segments import check_format
from preventad_tui.core.storage_errors import folder_gone, storage_error
from preventad_tui.core.text import clean

_OPEN_ROOT = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(slots=True)
class Root:
    """The open folders that all work on an output folder goes through; -1 where one is closed."""

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


def closed_root(path: str) -> Root:
    """An output folder of which nothing is open yet."""
    return Root(path, -1, -1, -1)


def look_inside(root: Root) -> FolderIdentity | None:
    """Open the output folder, and ours in it where there is one, and read what that says.

    Nothing is touched.

    Raises:
        StateUnreadable: damaged, not to be opened, or written by a newer version.
        OSError: the output folder cannot be opened.
    """
    root.root_fd = os.open(root.path, _OPEN_ROOT)
    try:
        root.meta_fd = os.open(META, OPEN_FOLDER, dir_fd=root.root_fd)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateUnreadable(
            f"{META} in {clean(root.path)} cannot be opened: {clean(error.strerror or '')}.",
            "It must be a folder that this account may read.",
            "state",
        ) from error
    state = read_state(root.meta_fd)
    try:
        with opened(root.meta_fd, "ledger") as fd:
            check_format(fd)
    except FileNotFoundError:
        pass
    return state.identity if state else None


def open_again(root: Root, token: str) -> None:
    """Open everything of a folder that was open before, and find out whether it can be written.

    Raises:
        FolderGone: another folder stands in its place, by the random mark in `folder.json`.
        StateUnreadable: its `folder.json` is damaged.
        OSError: not there, or not to be written.
    """
    root.root_fd = os.open(root.path, _OPEN_ROOT)
    root.meta_fd = os.open(META, OPEN_FOLDER, dir_fd=root.root_fd)
    state = read_state(root.meta_fd)
    if state is None or state.token != token:
        raise folder_gone(root.path)
    root.partial_fd = os.open("partial", OPEN_FOLDER, dir_fd=root.meta_fd)
    probe(root.meta_fd)


def take_over(held: Root, fresh: Root) -> None:
    """Same numbers, new folders: what holds them (partials, the lock) goes on with them."""
    for old, new in (
        (held.root_fd, fresh.root_fd),
        (held.meta_fd, fresh.meta_fd),
        (held.partial_fd, fresh.partial_fd),
    ):
        os.dup2(new, old, inheritable=False)


def close_root(root: Root) -> None:
    """Close what is open of an output folder."""
    for fd in (root.partial_fd, root.meta_fd, root.root_fd):
        if fd >= 0:
            os.close(fd)
    root.partial_fd = root.meta_fd = root.root_fd = -1


def cannot_open(error: OSError, path: str) -> StorageError:
    """Why an output folder cannot be opened, in words."""
    if isinstance(error, FileExistsError | NotADirectoryError):
        return NotWritable(
            f"{clean(path)} is not a folder and cannot become one.",
            "Choose another folder with -o.",
            "not-a-folder",
        )
    if isinstance(error, FileNotFoundError):
        return StorageError(
            f"The folder {clean(path)} does not exist.", "Check the name given with -o.", "missing"
        )
    return storage_error(error, f"opening {path}")
