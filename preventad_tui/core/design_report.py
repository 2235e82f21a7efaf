"""How the counts of a study design fall, by both ways of counting time points side by side."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from preventad_tui.core.design import (
    Design,
    DesignResult,
    DesignTable,
    Step,
    TimePoints,
    design_population,
)
from preventad_tui.core.filters import Filters
from preventad_tui.core.regions import RegionMap
from preventad_tui.core.text import plural


class BothWays(NamedTuple):
    """One design with merged time points, and by visit; the same conditions in both."""

    design: Design
    merged: DesignResult
    by_visit: DesignResult

    @property
    def chosen(self) -> DesignResult:
        """The result of the way that the design asks for."""
        return self.merged if self.design.timepoints is TimePoints.MERGED else self.by_visit

    @property
    def steps(self) -> Iterator[tuple[str, Step, Step]]:
        """Each condition, with its counts merged and by visit."""
        for said, merged, by_visit in zip(
            self.chosen.steps, self.merged.steps, self.by_visit.steps, strict=True
        ):
            yield said.sentence, merged, by_visit


def both_ways(table: DesignTable, design: Design) -> BothWays:
    """Apply a design with merged time points and by visit."""
    merged, by_visit = (table.apply(replace(design, timepoints=way)) for way in TimePoints)
    return BothWays(design, merged, by_visit)


def design_sentences(regions: RegionMap, design: Design, filters: Filters) -> Iterator[str]:
    """A sentence for each condition: how many are left, and how many the other way."""
    table = DesignTable(regions, design_population(regions, filters))
    both = both_ways(table, design)
    for sentence, *counts in both.steps:
        here, there = counts if both.chosen is both.merged else reversed(counts)
        yield (
            f"{sentence[0].upper()}{sentence[1:]}: {_counted(here, design.timepoints)} "
            f"({design.timepoints.other}: {_counted(there, design.timepoints.other)})."
        )
    if both.chosen.candidates and design.baseline_and_follow_up and not design.same_arm:
        same = table.apply(replace(design, same_arm=True))
        yield f"In the same arm: {plural(len(same.candidates), 'candidate')} of these."


def _counted(step: Step, way: TimePoints) -> str:
    return f"{plural(step.candidates, 'candidate')}, {plural(step.time_points, way.noun)}"
