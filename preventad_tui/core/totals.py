"""What a selection adds up to while it is being made; the plan's numbers, without its list."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress

from preventad_tui.core.facts import Amount, ImageFacts
from preventad_tui.core.model import PlannedFile
from preventad_tui.core.regions import Mask, RegionMap


@dataclass(frozen=True, slots=True)
class SelectionTotals:
    """Counts and bytes of the selected images with all the files they bring, and of tables."""

    candidates: int = 0
    sessions: int = 0
    images: int = 0
    files: int = 0
    size_bytes: int = 0
    estimated: bool = False
    unknown_files: int = 0
    on_disk_files: int = 0
    on_disk_bytes: int = 0

    @property
    def to_fetch_files(self) -> int:
        """How many files are not on disk."""
        return self.files - self.on_disk_files

    @property
    def to_fetch_bytes(self) -> int:
        """How many bytes are not on disk, as far as sizes are known."""
        return self.size_bytes - self.on_disk_bytes


_Sums = tuple[int, ...]
"""Sessions, images, then the fields of an Amount."""


class TotalsCounter:
    """Counts candidate by candidate and remembers, so that one more tick costs one candidate."""

    def __init__(self, regions: RegionMap, facts: ImageFacts) -> None:
        self._regions = regions
        self._facts = facts
        self._known: dict[str, tuple[bytes, int, _Sums]] = {}
        self._whole: dict[str, tuple[int, _Sums]] = {}
        self._sessions: dict[str, list[tuple[str, int, int]]] = {}
        for (candidate, visit), span in regions.session_spans.items():
            self._sessions.setdefault(candidate, []).append((visit, *span))

    def count(self, selected: Mask, tables: Iterable[PlannedFile] = ()) -> SelectionTotals:
        """The totals of a mask of selected images, and of tables of the data releases."""
        candidates = 0
        sums = []
        for candidate, (start, stop) in self._regions.candidate_spans.items():
            if selected.find(1, start, stop) < 0:
                continue
            candidates += 1
            sums.append(self._of_candidate(candidate, bytes(selected[start:stop]), start))
        if candidates:
            sums.append((0, 0, *self._facts.beside("")))
        sums.extend((0, 0, *self._facts.beside("", table.path)) for table in tables)
        if not sums:
            return SelectionTotals()
        sessions, images, *amount = map(sum, zip(*sums, strict=True))
        total = Amount(*amount)
        return SelectionTotals(
            candidates,
            sessions,
            images,
            total.files,
            total.size_bytes,
            bool(total.estimated_files),
            total.unknown_files,
            total.on_disk_files,
            total.on_disk_bytes,
        )

    def _of_candidate(self, candidate: str, here: bytes, start: int) -> _Sums:
        version = self._facts.candidate_versions[candidate]
        whole = 0 not in here
        if whole and candidate in self._whole and self._whole[candidate][0] == version:
            return self._whole[candidate][1]
        known = self._known.get(candidate)
        if known is not None and known[:2] == (here, version):
            return known[2]
        amounts = self._facts.amounts[start : start + len(here)]
        rows: list[Amount] = list(compress(amounts, here))
        sessions = 0
        for visit, first, stop in self._sessions[candidate]:
            if here.find(1, first - start, stop - start) >= 0:
                sessions += 1
                rows.append(self._facts.beside(candidate, visit))
        rows.append(self._facts.beside(candidate))
        sums = (sessions, here.count(1), *map(sum, zip(*rows, strict=True)))
        self._known[candidate] = (here, version, sums)
        if whole:
            self._whole[candidate] = (version, sums)
        return sums
