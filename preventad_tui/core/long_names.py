"""Planned files whose names or whole paths are longer than their disk or system allows."""

import os
from collections.abc import Iterable

from preventad_tui.core.disk_view import DiskView
from preventad_tui.core.model import PlannedFile
from preventad_tui.core.text import clean, plural

NAME_TOO_LONG = "name-too-long"
"""The reason of a file that is left out because its name or path is too long for its disk."""


def too_long(files: Iterable[PlannedFile], disk: DiskView) -> tuple[frozenset[str], str]:
    """The planned paths that this disk has no room for, and a sentence; "" where there are none.

    A file that could be written, but not be opened by its whole path, is of no use to anybody.
    """
    most = min(disk.longest_name_bytes, disk.longest_path_bytes)
    suspects = [file.path for file in files if len(file.path) > most]  # nearly always none
    found = [path for path in suspects if not _fits(path, disk)]
    if not found:
        return frozenset(), ""
    return frozenset(found), (
        f"{plural(len(found), 'file')} left out and counted as failed: the name or the whole path "
        f"is too long for this disk ({clean(found[0])}); choose a folder with a shorter path, or "
        "on another disk"
    )


def _fits(path: str, disk: DiskView) -> bool:
    longest = max(map(len, map(os.fsencode, path.split("/"))))
    whole = len(os.fsencode(path))
    return longest <= disk.longest_name_bytes and whole <= disk.longest_path_bytes
