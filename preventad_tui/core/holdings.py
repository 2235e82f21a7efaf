"""What an output folder holds, told from its ledger and its disk alone, offline."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from preventad_tui.core.ledger_line import LedgerLine
from preventad_tui.core.modality import modality_of
from preventad_tui.core.releases import FOLDER
from preventad_tui.core.states import FileState

_PLACE = re.compile(r"/candidates/(\d+)(?:/([^/]+))?(?:/images/[^/]*?_([^/_]+)_\d+\.\w+(?:/|$))?")
_SCANS = re.compile(r"sub-([^/]+)/ses-([^/]+)/[^/]+_scans\.")


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Whose a file is; `""` where that does not apply (study files have none of them)."""

    candidate: str = ""
    visit: str = ""
    modality: str = ""


@dataclass(slots=True)
class Holding:
    """The files of one candidate and modality, counted by state."""

    candidate: str
    modality: str
    on_disk: int = 0
    verified: int = 0
    failed: int = 0
    gone: int = 0
    missing: int = 0
    size_bytes: int = 0


def place_of(line: LedgerLine) -> FilePlace:
    """Candidate, visit and modality, from the link, which names the MINC file in both types."""
    match = _PLACE.match(line.link)
    if match is None:
        return _place_by_path(line.path)
    candidate, visit, scan_type = match.groups()
    if scan_type and line.path.endswith("_bold_events.txt"):
        scan_type = f"{scan_type.removesuffix('-events').removesuffix('-bold')}-bold"
    return FilePlace(candidate, visit or "", modality_of(scan_type) if scan_type else "")


def _place_by_path(path: str) -> FilePlace:
    """The place of a file without an image: a table, or one that was written here."""
    if path.startswith(f"{FOLDER}/"):
        return FilePlace(modality=FOLDER)
    if scans := _SCANS.match(path):
        return FilePlace(*scans.groups())
    candidate = path.partition("/candidate.json")[0]
    return FilePlace(candidate if candidate.isdecimal() else "")


def holdings(
    lines: Mapping[str, LedgerLine], ends: Iterable[LedgerLine], present: Iterable[str]
) -> list[Holding]:
    """Count a folder's files by candidate and modality, sorted.

    `lines` say what should be on disk, `ends` how each file ended last, `present` what stands
    there: a file of `lines` that does not is missing.
    """
    there = frozenset(present)
    found: dict[tuple[str, str], Holding] = {}

    def holding(line: LedgerLine) -> Holding:
        place = place_of(line)
        key = place.candidate, place.modality
        return found.setdefault(key, Holding(*key))

    for line in lines.values():
        one = holding(line)
        if line.path not in there:
            one.missing += 1
            continue
        one.size_bytes += line.size_bytes
        if line.state is FileState.VERIFIED:
            one.verified += 1
        else:
            one.on_disk += 1
    for line in ends:
        if line.path not in lines:
            one = holding(line)
            one.gone += line.state is FileState.GONE
            one.failed += line.state in (FileState.FAILED, FileState.FORBIDDEN)
    return [found[key] for key in sorted(found)]
