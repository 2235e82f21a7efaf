"""A look at an output folder before anything is started in it: nothing is made, locked or written.

All of this may take as long as the file system likes; it is called from a worker thread.
"""

import os
import shutil
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from preventad_tui.core.disk_view import META
from preventad_tui.core.errors import PreventADError
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.text import Clean, clean, plural

if TYPE_CHECKING:
    from preventad_tui.core.folder import FolderIdentity

_QUOTA_TIMEOUT_S = 5.0
_QUOTA_LINES = 4


@dataclass(frozen=True, slots=True)
class FolderLook:
    """What a folder is to this program; `trouble` says why it cannot be used, and what to do."""

    path: Path
    view: FolderView
    note: Clean
    trouble: str = ""
    oldest_s: float | None = None
    others_can_read: bool = False


def look_at_folder(path: Path, identity: "FolderIdentity") -> FolderLook:
    """See what a folder holds; troubles are told, not raised."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return _look_at_nothing(path)
    except OSError as error:
        return _trouble(path, f"It cannot be read: {clean(error.strerror or str(error))}.")
    if not stat.S_ISDIR(status.st_mode):
        return _trouble(path, "A file stands there: choose a folder.")
    from preventad_tui.core.folder import (
        OutputFolder,  # which a browser without folder does not need
    )

    try:
        with OutputFolder.open(path, identity, create=False, read_only=True) as folder:
            disk = folder.scan()
            lines = folder.ledger.lines
            view = FolderView(lines, folder.ledger.ends, disk, folder.free_bytes())
    except PreventADError as error:
        return _trouble(path, str(error))
    here = sum(1 for name in lines if name in disk.files)
    if (path / META).is_dir():
        kind = identity.type.value.upper()
        note = f"a {kind} folder of this program; {plural(here, 'file')} on disk"
    elif disk.files:
        note = f"holds {plural(len(disk.files), 'file')} that this program has not fetched"
    else:
        note = "an empty folder"
    trouble = "" if os.access(path, os.W_OK | os.X_OK) else "It cannot be written by you."
    stamps = [disk.files[name].mtime_ns for name in lines if name in disk.files]
    oldest_s = time.time() - min(stamps) / 1e9 if stamps else None
    return FolderLook(path, view, clean(note), trouble, oldest_s, others_can_read(path))


def _look_at_nothing(path: Path) -> FolderLook:
    parent = next((folder for folder in path.parents if folder.exists()), Path("/"))
    if not parent.is_dir():
        return _trouble(path, f"{clean(str(parent))} is a file: choose a folder.")
    free = shutil.disk_usage(parent).free
    trouble = "" if os.access(parent, os.W_OK | os.X_OK) else f"{clean(str(parent))} is not yours."
    note = clean("new: it is made at the start")
    others = not _umask() & stat.S_IXOTH and others_can_read(parent)
    view = FolderView(free_bytes=free)
    return FolderLook(path, view, note, trouble, others_can_read=others)


def others_can_read(path: Path) -> bool:
    """Whether other users of this machine can get at what is in a folder.

    It takes rights on the folder and the right to pass through all above it.
    """
    try:
        modes = [stat.S_IMODE(folder.stat().st_mode) for folder in (path, *path.parents)]
    except OSError:
        return False
    inside = modes[0] & (stat.S_IROTH | stat.S_IXOTH)
    return bool(inside) and all(mode & stat.S_IXOTH for mode in modes[1:])


def _umask() -> int:
    """What new files are denied; 0o022 where the system does not tell without changing it."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0o022
    found = [line.split()[1] for line in status.splitlines() if line.startswith("Umask:")]
    return int(found[0], 8) if found else 0o022


def _trouble(path: Path, sentence: str) -> FolderLook:
    return FolderLook(path, FolderView(), clean(""), sentence)


def read_quota(command: str) -> tuple[Clean, ...]:
    """The first lines that the user's quota command prints; a fault is a line, too."""
    if not command:
        return ()
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command, from the user's own config
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_QUOTA_TIMEOUT_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return (clean(f"quota_command failed: {error}"),)
    printed = (done.stdout or done.stderr).decode("utf-8", "replace").splitlines()
    return tuple(clean(text, 120) for text in printed if text.strip())[:_QUOTA_LINES]
