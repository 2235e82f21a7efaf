"""The rules of a selection, and which images they mean.

A rule includes or excludes a region. Over an image the most specific rule that names it decides,
an exclusion where two are equally specific; where no rule names it, the filters and the study
design do. The order of the rules means nothing, so a saved selection can be read by eye.
"""

from dataclasses import dataclass, field

from preventad_tui.core.design import Design, design_mask
from preventad_tui.core.filters import Filters
from preventad_tui.core.regions import Mask, Region, RegionMap, paint


@dataclass(frozen=True, slots=True)
class Rules:
    """A selection as chosen; which images it means depends on the catalogue."""

    include: tuple[Region, ...] = ()
    exclude: tuple[Region, ...] = ()
    filters: Filters = field(default_factory=Filters)
    design: Design = field(default_factory=Design)
    tables: tuple[str, ...] = ()
    """`VERSION/FILE` of each table of the data releases."""

    def __bool__(self) -> bool:
        return bool(self.include or self.filters or self.design or self.tables)


def base_mask(regions: RegionMap, filters: Filters, design: Design) -> Mask | None:
    """What filters and study design select before any tick, None where there are neither."""
    if design:
        return design_mask(regions, design, filters)
    return filters.mask(regions) if filters else None


def resolve(regions: RegionMap, rules: Rules) -> bytearray:
    """The images that rules mean in a catalogue, as a mask."""
    selected = bytearray(base_mask(regions, rules.filters, rules.design) or bytes(regions.count))
    verdicts = [(rule, True) for rule in rules.include] + [(rule, False) for rule in rules.exclude]
    for rule, on in sorted(verdicts, key=lambda verdict: verdict[0].rank):
        paint(selected, regions.members(rule), on)
    return selected
