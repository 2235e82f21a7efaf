"""Paths of one plan that some disks cannot tell apart: upper and lower case, ways to write é."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from unicodedata import normalize

from preventad_tui.core.disk_view import DiskView
from preventad_tui.core.ledger_line import LedgerLine
from preventad_tui.core.model import PlannedFile
from preventad_tui.core.text import clean, plural

SAME_NAME = "same-name"
"""The reason of a file that is left out because its disk takes its name for another's."""


def twins_of(paths: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The paths that are one name on a disk that folds case and normalises, each group in order."""
    known = list(dict.fromkeys(paths))
    if all(map(str.isascii, known)) and len(set(map(str.casefold, known))) == len(known):
        return ()  # nearly always
    groups: dict[str, list[str]] = {}
    for path in known:
        groups.setdefault(_folded(path), []).append(path)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _folded(path: str) -> str:
    return normalize("NFC", normalize("NFC", path).casefold())


def by_known_names(view: DiskView, known: Iterable[str]) -> DiskView:
    """A view of a disk that folds case, with the files under the names the ledger has for them.

    Such a disk keeps the first way in which a folder's name was written, for all that come later.
    """
    names = {_folded(path): path for path in known}
    files = {names.get(_folded(path), path): stamp for path, stamp in view.files.items()}
    return replace(view, files=files)


def beside_twins(
    files: Iterable[PlannedFile], lines: Mapping[str, LedgerLine], disk: DiskView
) -> tuple[frozenset[str], str]:
    """Which files have no room beside their twins on this disk, and a sentence about it.

    Of each group the one that is on disk already stays, else the first of the plan. On a disk
    that tells them apart nothing is left out, but it is said; "" where there are no twins.
    """
    groups = twins_of(file.path for file in files)
    if not groups:
        return frozenset(), ""
    kept = {
        next((path for path in group if path in lines and path in disk.files), group[0])
        for group in groups
    }
    others = [path for group in groups for path in group if path not in kept]
    example = f"{clean(groups[0][0])} and {clean(groups[0][1])}"
    if not disk.folds_case:
        return frozenset(), (
            f"{plural(len(others), 'file')} differ from others in upper and lower case only "
            f"({example}): do not copy the folder to a disk that ignores case"
        )
    return frozenset(others), (
        f"{plural(len(others), 'file')} left out and counted as failed: this disk ignores case "
        f"and takes the names for others' ({example})"
    )
