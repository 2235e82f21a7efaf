"""The rules of a selection as ticks change them, so that the last tick always holds.

A tick must hold whatever was done before it. So it drops the rules inside its region, which it
overrules altogether, and adds its overlap with each opposite rule that would overrule it.

There may be many rules for cells and images (`fine` ones), which only broader rules overlap, and
these altogether; so only the few others (`loose`) need to be compared with each other.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from preventad_tui.core.design import Design
from preventad_tui.core.filters import Filters
from preventad_tui.core.regions import EVERYTHING, NOBODY, Region, RegionMap
from preventad_tui.core.rules import Rules, base_mask


class TickRules(NamedTuple):
    """Rules, sorted for ticking: what each region's says. Never changed, but made anew."""

    loose: dict[Region, bool]
    fine: dict[Region, bool]
    filters: Filters
    design: Design

    @classmethod
    def of(cls, rules: Rules) -> "TickRules":
        """The same rules; their tables are left out."""
        verdicts = dict.fromkeys(rules.include, True) | dict.fromkeys(rules.exclude, False)
        return cls(
            {rule: on for rule, on in verdicts.items() if not _is_fine(rule)},
            {rule: on for rule, on in verdicts.items() if _is_fine(rule)},
            rules.filters,
            rules.design,
        )

    def listed(self, tables: Iterable[str]) -> Rules:
        """As the user chose them, with these tables."""
        verdicts = self.loose | self.fine
        return Rules(
            tuple(region for region, on in verdicts.items() if on),
            tuple(region for region, on in verdicts.items() if not on),
            self.filters,
            self.design,
            tuple(sorted(tables)),
        )

    def ticked(self, regions: RegionMap, changes: Sequence[tuple[Region, bool]]) -> "TickRules":
        """What the rules become when regions are selected or unselected, one after the other."""
        ticking = _Ticking(regions, self)
        ticking.drop_fine_rules(region for region, _ in changes)
        for region, on in changes:
            if regions.members(region).count:
                ticking.apply(region, on)
        return TickRules(ticking.loose, ticking.fine, ticking.filters, ticking.design)


NO_RULES = TickRules({}, {}, Filters(), Design())


class _Ticking:
    """Rules while they are being changed."""

    def __init__(self, regions: RegionMap, rules: TickRules) -> None:
        self._regions = regions
        self.loose, self.fine = dict(rules.loose), dict(rules.fine)
        self.filters, self.design = rules.filters, rules.design

    def drop_fine_rules(self, regions: Iterable[Region]) -> None:
        """Forget the fine rules inside some regions, in one pass for all of them."""
        if self.fine:
            touched = self._regions.covered_by(regions)
            members = self._regions.members
            self.fine = {
                rule: on
                for rule, on in self.fine.items()
                if (found := members(rule)) == NOBODY or 0 in touched[found.start : found.stop]
            }

    def apply(self, region: Region, on: bool) -> None:
        """Make the rules say `on` of all of `region`; fine rules inside it are dropped before."""
        if region == EVERYTHING:
            self.filters, self.design = Filters(), Design()
            self.loose = {EVERYTHING: True} if on else {}
        elif _is_fine(region):
            if self._verdict(region, on) is not on:
                self.fine[region] = on
        else:
            self._overrule(region, on)

    def _overrule(self, region: Region, on: bool) -> None:
        kept = {rule: yes for rule, yes in self.loose.items() if not rule.is_inside(region)}
        self.loose = kept
        if self._verdict(region, on) is on:
            return
        overlaps = [
            overlap
            for rule, yes in kept.items()
            if yes is not on
            and _overrules(rule.rank, yes, region.rank)
            and (overlap := rule.intersection(region))
        ]
        for added in (region, *overlaps):
            (self.fine if _is_fine(added) else kept)[added] = on

    def _verdict(self, region: Region, wanted: bool) -> bool | None:
        """What the rules say of a whole region: selected, not selected, or None: undecided.

        No rule lies inside the region when this is asked; `wanted` is the answer hoped for, only
        its opposite need be looked for among the rules that overlap the region partly.
        """
        if region.image is not None:
            of_cell = self.fine.get(region._replace(image=None))
            if of_cell is not None:
                return of_cell
        best_rank, verdict = -1, self._base_verdict(region)
        opposite_rank = -1
        for rule, yes in self.loose.items():
            if region.is_inside(rule):
                if rule.rank > best_rank or (rule.rank == best_rank and not yes):
                    best_rank, verdict = rule.rank, yes
            elif yes is not wanted and rule.rank > opposite_rank and rule.intersection(region):
                opposite_rank = rule.rank
        if opposite_rank >= 0 and _overrules(opposite_rank, not wanted, best_rank):
            return None
        return verdict

    def _base_verdict(self, region: Region) -> bool | None:
        base = base_mask(self._regions, self.filters, self.design)
        if base is None:
            return False
        members = self._regions.members(region)
        chosen = members.chosen(base)
        return None if 0 < chosen < members.count else chosen > 0


def _is_fine(region: Region) -> bool:
    """Whether it is a cell or an image: no other region but an image overlaps it only partly."""
    return region.rank >= 3


def _overrules(rank: int, include: bool, other_rank: int) -> bool:
    """Whether a rule of this rank decides against an opposite one of the other rank."""
    return rank > other_rank or (rank == other_rank and not include)
