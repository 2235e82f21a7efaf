"""Coverage: how many sessions have which modality, by visit or by candidate."""

from dataclasses import dataclass, replace
from enum import StrEnum

from preventad_tui.core.design import Design, DesignTable, TimePoints
from preventad_tui.core.facts import ImageFacts
from preventad_tui.core.regions import Mask, Region, RegionMap, mask_and
from preventad_tui.core.selection import Selection
from preventad_tui.core.states import GOOD, rank

_GOOD_RANKS = bytes(value in {rank(state) for state in GOOD} for value in range(256))


class Measure(StrEnum):
    """Which images count."""

    SERVER = "on the server"
    SELECTED = "selected"
    ON_DISK = "on disk"

    @property
    def next(self) -> "Measure":
        """The measure that follows in the round."""
        measures = list(Measure)
        return measures[(measures.index(self) + 1) % len(measures)]


@dataclass(frozen=True, slots=True)
class Coverage:
    """A table of session counts: `rows` (visits, or candidates) by `columns` (modalities).

    `row_sessions` is how many sessions each row has on the server: what its cells are full at.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[int, ...], ...]
    row_sessions: tuple[int, ...]
    candidates: int
    by_visit: bool

    @property
    def columns_of_table(self) -> tuple[str, ...]:
        """The heading of the table as TSV."""
        return ("visit" if self.by_visit else "candidate", *self.columns, "sessions")

    @property
    def rows_of_table(self) -> list[tuple[str | int, ...]]:
        """The rows as TSV: a name, the sessions that have each modality, all sessions."""
        return [
            (name, *cells, sessions)
            for name, cells, sessions in zip(self.rows, self.cells, self.row_sessions, strict=True)
        ]

    def without_rows(self) -> "Coverage":
        """The same columns over nothing."""
        return replace(self, rows=(), cells=(), row_sessions=())

    def without_empty(self) -> "Coverage":
        """The same table without rows and columns that count nothing."""
        rows = [at for at, cells in enumerate(self.cells) if any(cells)]
        columns = [at for at in range(len(self.columns)) if any(row[at] for row in self.cells)]
        return replace(
            self,
            rows=tuple(self.rows[at] for at in rows),
            columns=tuple(self.columns[at] for at in columns),
            cells=tuple(tuple(self.cells[at][column] for column in columns) for at in rows),
            row_sessions=tuple(self.row_sessions[at] for at in rows),
        )


@dataclass(frozen=True, slots=True)
class HasAll:
    """How many have all of some modalities; the last two count candidates, merged time points."""

    sessions: int
    time_points: int
    candidates_with_follow_up: int
    candidates_with_follow_up_by_visits: int


def measured(
    regions: RegionMap, measure: Measure, selection: Selection, facts: ImageFacts | None
) -> Mask:
    """The images that count under a measure; on disk means all of an image's files."""
    if measure is Measure.SELECTED:
        return selection.selected
    if measure is Measure.ON_DISK:
        return facts.states.translate(_GOOD_RANKS) if facts else bytes(regions.count)
    return b"\1" * regions.count


def coverage_by_visit(regions: RegionMap, counted: Mask, shown: Mask | None = None) -> Coverage:
    """Visits by modalities, of the candidates with an image in `shown` (all without it)."""
    return _coverage(regions, counted, shown, by_visit=True)


def coverage_by_candidate(regions: RegionMap, counted: Mask, shown: Mask | None = None) -> Coverage:
    """Candidates by modalities."""
    return _coverage(regions, counted, shown, by_visit=False)


def has_all(table: DesignTable, modalities: tuple[str, ...]) -> HasAll:
    """Sessions, merged time points, and candidates with a baseline and a follow-up."""
    both = Design(modalities, baseline_and_follow_up=True)
    return HasAll(
        len(table.apply(Design(modalities, TimePoints.VISITS)).sessions),
        len(table.apply(Design(modalities)).time_points),
        len(table.apply(both).candidates),
        len(table.apply(replace(both, timepoints=TimePoints.VISITS)).candidates),
    )


def of_candidates(regions: RegionMap, counted: Mask, shown: Mask) -> Mask:
    """The counted images of the candidates that have an image in `shown`."""
    return mask_and(counted, regions.covered_by(map(Region, _people(regions, shown))))


def _people(regions: RegionMap, shown: Mask | None) -> tuple[str, ...]:
    return tuple(
        candidate
        for candidate, (start, stop) in regions.candidate_spans.items()
        if shown is None or shown.find(1, start, stop) >= 0
    )


def _coverage(regions: RegionMap, counted: Mask, shown: Mask | None, *, by_visit: bool) -> Coverage:
    people = _people(regions, shown)
    wanted = set(people)
    rows = regions.visits if by_visit else people
    row_at = {name: at for at, name in enumerate(rows)}
    column_at = {name: at for at, name in enumerate(regions.modalities)}
    table = [[0] * len(column_at) for _ in rows]
    sessions = [0] * len(rows)
    for candidate, visit in regions.session_spans:
        if candidate in wanted:
            sessions[row_at[visit if by_visit else candidate]] += 1
    for cell in regions.cells:
        if cell.candidate in wanted and counted.find(1, cell.start, cell.stop) >= 0:
            row = row_at[cell.visit if by_visit else cell.candidate]
            table[row][column_at[cell.modality]] += 1
    return Coverage(
        rows, regions.modalities, tuple(map(tuple, table)), tuple(sessions), len(people), by_visit
    )
