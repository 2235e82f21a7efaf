"""What stands in an output folder right now: one fast walk, nothing read but names and stamps."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from stat import S_ISLNK, S_ISREG
from sys import intern
from typing import NamedTuple

from preventad_tui.core.folders import open_below, split_path
from preventad_tui.core.ledger_line import LedgerLine

META = ".preventad-tui"
_SKIPPED = frozenset({META, ".git", ".datalad"})
_NAME_BYTES, _PATH_BYTES = 255, 4096  # where the system does not say
_ANNEX_KEY = re.compile(r"(?:^|/)MD5E?-s(\d+)--([0-9a-f]{32})(?:\.[^/]*)?$")


class AnnexKey(NamedTuple):
    """Size and MD5 that git-annex names in a key."""

    size_bytes: int
    md5: str


def annex_key(target: str) -> AnnexKey | None:
    """The key that a git-annex symlink (or pointer file's text) names; None for other targets."""
    match = _ANNEX_KEY.search(target)
    if match is None or "annex/objects/" not in target:
        return None
    return AnnexKey(int(match.group(1)), match.group(2))


class FileStamp(NamedTuple):
    """What stands at a path: a regular file, a symbolic link, or (both false) something else."""

    size_bytes: int
    mtime_ns: int
    is_symlink: bool = False
    is_regular: bool = True
    annex: AnnexKey | None = None


class Presence(Enum):
    """How a file on disk stands to its ledger line, by its stamp alone."""

    SAME = "same"
    TOUCHED = "touched"
    """Same size, another time: the MD5 decides."""
    LARGER = "larger"
    SMALLER = "smaller"
    MISSING = "missing"
    OCCUPIED = "occupied"
    """A folder, a link elsewhere, a fifo or a device stands there."""


@dataclass(frozen=True, slots=True)
class DiskView:
    """Paths relative to the output folder, with `/`; the folder of ours and git's are left out.

    `folds_case`: the disk takes names that differ only in case for one; False where our folder,
    by which it is found out, is not there yet. `longest_name_bytes` and `longest_path_bytes`: what
    the file system allows for one name and the system for a path below this folder.
    """

    files: Mapping[str, FileStamp]
    folders: frozenset[str]
    unreadable: tuple[str, ...] = ()
    folds_case: bool = False
    longest_name_bytes: int = _NAME_BYTES
    longest_path_bytes: int = _PATH_BYTES

    def compare(self, line: LedgerLine) -> Presence:
        """How the file of a good ledger line stands."""
        stamp = self.files.get(line.path)
        if stamp is None:
            return Presence.OCCUPIED if line.path in self.folders else Presence.MISSING
        return compare_stamp(stamp, line)


def script_tags(view: DiskView) -> list[str]:
    """The `.<name>.etag` files that the original script left beside what it downloaded."""
    return [path for path in view.files if is_script_tag(path.rpartition("/")[2])]


def is_script_tag(name: str) -> bool:
    """Whether a file's name is one that the original script gave its tags."""
    return name.startswith(".") and name.endswith(".etag")


def compare_stamp(stamp: FileStamp, line: LedgerLine) -> Presence:
    """How what stands at a path agrees with a good ledger line."""
    if stamp.is_regular:
        if stamp.size_bytes != line.size_bytes:
            larger = stamp.size_bytes > line.size_bytes
            return Presence.LARGER if larger else Presence.SMALLER
        return Presence.SAME if stamp.mtime_ns == line.mtime_ns else Presence.TOUCHED
    if stamp.annex is not None and stamp.annex == (line.size_bytes, line.md5):
        return Presence.SAME
    return Presence.OCCUPIED


def stamp_of(status: os.stat_result, target: str = "") -> FileStamp:
    """The stamp of a file from its status; `target` is what a symbolic link holds."""
    return FileStamp(
        status.st_size,
        status.st_mtime_ns,
        S_ISLNK(status.st_mode),
        S_ISREG(status.st_mode),
        annex_key(target) if target else None,
    )


def stamps_below(root_fd: int, paths: Iterable[str]) -> dict[str, FileStamp | None]:
    """What stands at each path below an open folder, no link followed; None where nothing can be.

    Each folder is opened once for all files in it.
    """
    found: dict[str, FileStamp | None] = {}
    in_folder: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for path in paths:
        folders, name = split_path(path)
        in_folder.setdefault(folders, []).append((path, name))
    for folders, files in in_folder.items():
        try:
            folder_fd, _ = open_below(root_fd, folders)
        except OSError:
            found |= dict.fromkeys((path for path, _ in files), None)
            continue
        try:
            for path, name in files:
                found[path] = _stamp_in(folder_fd, name)
        finally:
            os.close(folder_fd)
    return found


def _stamp_in(folder_fd: int, name: str) -> FileStamp | None:
    try:
        status = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
        is_link = S_ISLNK(status.st_mode)
        return stamp_of(status, os.readlink(name, dir_fd=folder_fd) if is_link else "")
    except OSError:
        return None


def scan_tree(root: str) -> DiskView:
    """Walk a folder without following links; folders that cannot be read are named."""
    files: dict[str, FileStamp] = {}
    folders: list[str] = []
    unreadable: list[str] = []
    waiting = [(root, "")]
    new = tuple.__new__
    while waiting:
        folder, prefix = waiting.pop()
        try:
            entries = os.scandir(folder)
        except OSError:
            unreadable.append(prefix.rstrip("/") or ".")
            continue
        with entries:
            for entry in entries:
                name = entry.name
                path = intern(prefix + name)  # the ledger and the plan hold it, too
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if name not in _SKIPPED:
                            folders.append(path)
                            waiting.append((entry.path, path + "/"))
                        continue
                    status = entry.stat(follow_symlinks=False)
                    if S_ISREG(status.st_mode):
                        fields = (status.st_size, status.st_mtime_ns, False, True, None)
                        files[path] = new(FileStamp, fields)
                    else:
                        target = os.readlink(entry.path) if entry.is_symlink() else ""
                        files[path] = stamp_of(status, target)
                except OSError:  # removed while we look
                    continue
    return DiskView(files, frozenset(folders), tuple(unreadable), _folds_case(root), *_limits(root))


def _limits(root: str) -> tuple[int, int]:
    """The longest name, and the longest path below the folder, in bytes."""
    root_bytes = len(os.fsencode(os.path.abspath(root)))
    try:
        name = os.statvfs(root).f_namemax or _NAME_BYTES
        path = os.pathconf(root, "PC_PATH_MAX")
    except (OSError, ValueError):
        return _NAME_BYTES, _PATH_BYTES - 2 - root_bytes
    return name, path - 2 - root_bytes  # the slash between, and the zero at the end


def _folds_case(root: str) -> bool:
    """Whether our folder answers to its name in capitals, too."""
    try:
        return os.path.samestat(os.lstat(f"{root}/{META}"), os.lstat(f"{root}/{META.upper()}"))
    except OSError:
        return False
