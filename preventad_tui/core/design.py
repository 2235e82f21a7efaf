"""Selection by study design: who has which modalities, at how many time points, when, in which arm.

In this study rest is scanned at BL and dwi at EN, so by single visits no baseline has T1w, rest and
dwi. A time point therefore merges BL00 and EN00 of one arm, unless visits are asked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from preventad_tui.core.filters import Filters
from preventad_tui.core.modality import arm_of, is_baseline, modality_label, time_point_of
from preventad_tui.core.regions import Mask, Region, RegionMap, mask_and
from preventad_tui.core.text import plural

if TYPE_CHECKING:
    from preventad_tui.core.catalogue import CatalogueIndex

ARMS = ("NAP", "PRE")
"""The INTREPAD naproxen trial and the observational cohort."""

NO_FILTERS = Filters()


class TimePoints(StrEnum):
    """What counts as one time point: BL00 and EN00 of one arm together, or each visit."""

    MERGED = "merged"
    VISITS = "visits"

    @property
    def other(self) -> "TimePoints":
        """The other way of counting."""
        return TimePoints.VISITS if self is TimePoints.MERGED else TimePoints.MERGED

    @property
    def noun(self) -> str:
        """What one of them is called."""
        return "time point" if self is TimePoints.MERGED else "visit"


@dataclass(frozen=True, slots=True)
class Design:
    """What a candidate's time points must have; what is left empty asks nothing.

    `same_arm` asks that baseline and follow-up are of one arm (12 candidates have visits in both).
    """

    has_all: tuple[str, ...] = ()
    timepoints: TimePoints = TimePoints.MERGED
    min_timepoints: int = 0
    baseline_and_follow_up: bool = False
    same_arm: bool = False
    arm: str = ""

    def __bool__(self) -> bool:
        return bool(self.has_all or self.min_timepoints or self.baseline_and_follow_up or self.arm)


@dataclass(frozen=True, slots=True)
class TimePoint:
    """One candidate at one time, `visits` of one arm."""

    candidate: str
    label: str
    visits: tuple[str, ...]

    @property
    def arm(self) -> str:
        """`NAP`, `PRE` or `""`."""
        return arm_of(self.label)

    @property
    def is_baseline(self) -> bool:
        """Whether it is at months 00."""
        return is_baseline(self.label)


@dataclass(frozen=True, slots=True)
class Step:
    """One line as in a methods section: how many are left after a condition."""

    sentence: str
    candidates: int
    time_points: int
    sessions: int


@dataclass(frozen=True, slots=True)
class DesignResult:
    """The time points that fulfil a design, and how the counts fell."""

    time_points: tuple[TimePoint, ...]
    steps: tuple[Step, ...]

    @property
    def candidates(self) -> tuple[str, ...]:
        """The candidates left, sorted."""
        return tuple(dict.fromkeys(point.candidate for point in self.time_points))

    @property
    def sessions(self) -> tuple[tuple[str, str], ...]:
        """Candidate and visit of the sessions left, sorted."""
        return tuple((p.candidate, visit) for p in self.time_points for visit in p.visits)


def resolve_design(index: "CatalogueIndex", design: Design) -> Design:
    """The design in the catalogue's own spelling (`rest` is `bold`).

    Raises:
        UsageError: a modality that the catalogue does not have.
    """
    names = tuple(dict.fromkeys(map(index.resolve_modality, design.has_all)))
    return replace(design, has_all=names, arm=design.arm.upper())


class DesignTable:
    """Who has which modality when, counted once for the designs that are tried on it.

    Only images in `within` count, all without it.
    """

    def __init__(self, regions: RegionMap, within: Mask | None = None) -> None:
        self._start = "in the catalogue" if within is None else "among what the filters leave"
        self._has: dict[tuple[str, str], set[str]] = {}
        for cell in regions.cells:
            if within is None or within.find(1, cell.start, cell.stop) >= 0:
                self._has.setdefault((cell.candidate, cell.visit), set()).add(cell.modality)
        self._points = {way: tuple(_time_points(self._has, way)) for way in TimePoints}

    def apply(self, design: Design) -> DesignResult:
        """Narrow to the time points of a design, counting after each condition."""
        points = list(self._points[design.timepoints])
        noun = design.timepoints.noun
        steps = [_step(self._start, points)]
        if design.arm:
            points = [point for point in points if point.arm == design.arm.upper()]
            steps.append(_step(f"with visits in arm {design.arm.upper()}", points))
        if design.has_all:
            wanted = set(design.has_all)
            points = [point for point in points if wanted <= self._modalities_of(point)]
            names = " + ".join(map(modality_label, design.has_all))
            steps.append(_step(f"with {names} at one {noun}", points))
        if design.min_timepoints:
            points = _of_candidates(points, lambda own: len(own) >= design.min_timepoints)
            steps.append(_step(f"at {plural(design.min_timepoints, noun)} or more", points))
        if design.baseline_and_follow_up:
            points = _of_candidates(points, lambda own: _has_follow_up(own, design.same_arm))
            same = " in one arm" if design.same_arm else ""
            steps.append(_step(f"at a baseline and at a follow-up{same}", points))
        return DesignResult(tuple(points), tuple(steps))

    def _modalities_of(self, point: TimePoint) -> set[str]:
        first, *others = (self._has[point.candidate, visit] for visit in point.visits)
        return first.union(*others) if others else first


def apply_design(regions: RegionMap, design: Design, within: Mask | None = None) -> DesignResult:
    """Narrow the catalogue (or the images of `within`) to the time points of a design."""
    return DesignTable(regions, within).apply(design)


def design_population(regions: RegionMap, filters: Filters) -> Mask | None:
    """The images that a design is judged by: all that the filters leave, of any modality.

    So what is selected fulfils the design also where visits, candidates or ratings are filtered;
    None where nothing is.
    """
    narrowing = replace(filters, modalities=(), all=False)
    return narrowing.mask(regions) if narrowing else None


def design_mask(regions: RegionMap, design: Design, filters: Filters = NO_FILTERS) -> Mask:
    """The images that a design selects at its time points, among those that filters leave.

    Of the filters' modalities, else of the design's own; every one with the filter `all`.
    """
    within = design_population(regions, filters)
    found = apply_design(regions, design, within)
    return images_of_design(regions, found, design, filters)


def images_of_design(
    regions: RegionMap, found: DesignResult, design: Design, filters: Filters
) -> Mask:
    """The images that are meant at the time points found."""
    mask: Mask = regions.covered_by(Region(*session) for session in found.sessions)
    within = design_population(regions, filters)
    if within is not None:
        mask = mask_and(mask, within)
    wanted = filters.modalities or (() if filters.all else design.has_all)
    if wanted:
        mask = mask_and(mask, regions.covered_by(Region(modality=name) for name in wanted))
    return mask


def _time_points(
    has: dict[tuple[str, str], set[str]], timepoints: TimePoints
) -> Iterator[TimePoint]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for candidate, visit in has:
        label = time_point_of(visit) if timepoints is TimePoints.MERGED else visit
        grouped.setdefault((candidate, label), []).append(visit)
    for (candidate, label), visits in grouped.items():
        yield TimePoint(candidate, label, tuple(visits))


def _of_candidates(
    points: list[TimePoint], is_fulfilled: Callable[[list[TimePoint]], bool]
) -> list[TimePoint]:
    own: dict[str, list[TimePoint]] = {}
    for point in points:
        own.setdefault(point.candidate, []).append(point)
    return [point for group in own.values() if is_fulfilled(group) for point in group]


def _has_follow_up(points: list[TimePoint], same_arm: bool) -> bool:
    baselines = {point.arm for point in points if point.is_baseline}
    follow_ups = {point.arm for point in points if not point.is_baseline}
    return bool(baselines & follow_ups) if same_arm else bool(baselines and follow_ups)


def _step(sentence: str, points: list[TimePoint]) -> Step:
    return Step(
        sentence,
        len({point.candidate for point in points}),
        len(points),
        sum(len(point.visits) for point in points),
    )
