"""What the user chose: rules (`core.rules`), changed by ticks.

A tick must hold whatever was done before it. So it drops the rules inside its region, which it
overrules altogether, and adds its overlap with each opposite rule that would overrule it.

There may be thousands of rules for cells and images (`fine` ones), which only broader rules
overlap, and these altogether; so only the few others (`loose`) need to be compared with each other.
"""

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from preventad_tui.core.cover import cover
from preventad_tui.core.design import Design
from preventad_tui.core.filters import Filters
from preventad_tui.core.history import History
from preventad_tui.core.regions import (
    EVERYTHING,
    NOBODY,
    Mask,
    Region,
    RegionMap,
    mask_and,
    mask_minus,
    paint,
)
from preventad_tui.core.release_tree import TABLES
from preventad_tui.core.rules import Rules, base_mask, resolve

if TYPE_CHECKING:
    from preventad_tui.core.catalogue import CatalogueIndex
    from preventad_tui.core.query import Query


class Tick(Enum):
    """How much of a region is selected."""

    NONE = " "
    SOME = "-"
    ALL = "x"


class _State(NamedTuple):
    loose: dict[Region, bool]
    fine: dict[Region, bool]
    filters: Filters
    design: Design
    wanted_tables: frozenset[str]
    selected: bytes | None
    """None: to be found from the rules, in a catalogue that is not the one they were made in."""


class Selection:
    """The selected images of one catalogue: `selected` holds 1 for each, in catalogue order.

    The tables of the data releases are selected one by one (`tables`): no rule means new ones.
    `version` grows with every change, for whoever keeps counts.
    """

    def __init__(self, index: "CatalogueIndex", rules: Rules | None = None) -> None:
        rules = rules or Rules()
        self.regions: RegionMap = index.regions
        self.version = 0
        self._history: History[_State] = History()
        self._loose, self._fine = _verdicts(rules)
        self._filters = rules.filters
        self._design = rules.design
        self._tree = index.tables
        self._wanted_tables = frozenset(rules.tables)
        self.selected = resolve(self.regions, rules)

    @property
    def rules(self) -> Rules:
        """The selection as chosen."""
        verdicts = self._loose | self._fine
        return Rules(
            tuple(region for region, on in verdicts.items() if on),
            tuple(region for region, on in verdicts.items() if not on),
            self._filters,
            self._design,
            tuple(sorted(self._wanted_tables)),
        )

    @property
    def count(self) -> int:
        """How many images are selected."""
        return self.selected.count(1)

    @property
    def tables(self) -> frozenset[str]:
        """The selected tables that the catalogue has, as `VERSION/FILE`."""
        return self._tree.known(self._wanted_tables)

    @property
    def is_empty(self) -> bool:
        """Whether neither an image nor a table is selected."""
        return 1 not in self.selected and not self.tables

    def state(self, region: Region) -> Tick:
        """Whether none, some or all images of a region are selected."""
        members = self.regions.members(region)
        chosen = members.chosen(self.selected)
        if not chosen:
            return Tick.NONE
        return Tick.ALL if chosen == members.count else Tick.SOME

    def tick(self, region: Region, on: bool, shown: "Query | None" = None) -> int:
        """Select or unselect a region, or what a filter shows of it.

        Returns how many images and tables changed.
        """
        named = self._tree.names_in(region)
        if named and shown is not None:
            named &= shown.tables
        tables = self._wanted_tables | named if on else self._wanted_tables - named
        if region.is_inside(TABLES):
            return self._change([], tables)
        if shown is None:
            return self._change([(region, on)], tables)
        if shown.regions is not None:
            parts = (region.intersection(part) for part in shown.regions)
            return self._change([(part, on) for part in parts if part is not None], tables)
        target = mask_and(self.regions.mask(region), shown.matches)
        changes = [(part, on) for part in cover(self.regions, target, region)]
        return self._change(changes, tables)

    def tick_images(self, indices: Iterable[int], on: bool) -> int:
        """Select or unselect some images; returns how many changed."""
        target = bytearray(self.regions.count)
        for index in indices:
            target[index] = 1
        return self._change([(part, on) for part in cover(self.regions, target)])

    def invert(self, shown: "Query | None" = None) -> int:
        """Select what is not, unselect what is, of everything or of what a filter shows."""
        target: Mask = b"\1" * self.regions.count if shown is None else shown.matches
        to_select = mask_minus(target, self.selected)
        to_unselect = mask_and(target, self.selected)
        changes = [(part, True) for part in cover(self.regions, to_select)]
        changes += [(part, False) for part in cover(self.regions, to_unselect)]
        shown_tables = self._tree.names_in(TABLES) if shown is None else shown.tables
        return self._change(changes, self._wanted_tables ^ shown_tables)

    def clear(self) -> int:
        """Unselect everything; returns how many images and tables."""
        return self._change([(EVERYTHING, False)], frozenset())

    def replace(self, rules: Rules) -> None:
        """Take other rules, as one change that can be undone."""
        self._history.keep(self._state())
        selected = bytes(resolve(self.regions, rules))
        tables = frozenset(rules.tables)
        self._restore(_State(*_verdicts(rules), rules.filters, rules.design, tables, selected))

    def undo(self) -> bool:
        """Take the last change back; False where there is none left."""
        state = self._history.undo(self._state())
        if state is not None:
            self._restore(state)
        return state is not None

    def redo(self) -> bool:
        """Make the change again that was undone last; False where there is none."""
        state = self._history.redo(self._state())
        if state is not None:
            self._restore(state)
        return state is not None

    def with_history_of(self, other: "Selection") -> "Selection":
        """Take over what can be undone and redone of a selection of another catalogue."""
        self._history = other._history.map(lambda state: state._replace(selected=None))
        return self

    def _state(self) -> _State:
        return _State(
            self._loose,
            self._fine,
            self._filters,
            self._design,
            self._wanted_tables,
            bytes(self.selected),
        )

    def _restore(self, state: _State) -> None:
        self._loose, self._fine, self._filters, self._design, tables, selected = state
        self._wanted_tables = tables
        self.selected = (
            resolve(self.regions, self.rules) if selected is None else bytearray(selected)
        )
        self.version += 1

    def _change(
        self, changes: list[tuple[Region, bool]], tables: frozenset[str] | None = None
    ) -> int:
        before, was = self._state(), int.from_bytes(self.selected)
        self._loose, self._fine = dict(self._loose), dict(self._fine)
        self._drop_fine_rules(region for region, _ in changes)
        for region, on in changes:
            members = self.regions.members(region)
            if members.count:
                self._apply(region, on)
                paint(self.selected, members, on)
        if changes and 1 not in self.selected:
            self._loose, self._fine, self._filters, self._design = {}, {}, Filters(), Design()
        if tables is not None:
            self._wanted_tables = tables
        changed = (was ^ int.from_bytes(self.selected)).bit_count()
        changed += len(before.wanted_tables ^ self._wanted_tables)
        if changed or (self._loose, self._fine) != before[:2]:
            self._history.keep(before)
            self.version += 1
        return changed

    def _drop_fine_rules(self, regions: Iterable[Region]) -> None:
        """Forget the fine rules inside some regions, in one pass for all of them."""
        if self._fine:
            touched = self.regions.covered_by(regions)
            members = self.regions.members
            self._fine = {
                rule: on
                for rule, on in self._fine.items()
                if (found := members(rule)) == NOBODY or 0 in touched[found.start : found.stop]
            }

    def _apply(self, region: Region, on: bool) -> None:
        """Make the rules say `on` of all of `region`; fine rules inside it are dropped before."""
        if region == EVERYTHING:
            self._filters, self._design = Filters(), Design()
            self._loose = {EVERYTHING: True} if on else {}
        elif _is_fine(region):
            if self._verdict(region, on) is not on:
                self._fine[region] = on
        else:
            self._overrule(region, on)

    def _overrule(self, region: Region, on: bool) -> None:
        kept = {rule: yes for rule, yes in self._loose.items() if not rule.is_inside(region)}
        self._loose = kept
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
            (self._fine if _is_fine(added) else kept)[added] = on

    def _verdict(self, region: Region, wanted: bool) -> bool | None:
        """What the rules say of a whole region: selected, not selected, or None: undecided.

        No rule lies inside the region when this is asked; `wanted` is the answer hoped for, only
        its opposite need be looked for among the rules that overlap the region partly.
        """
        if region.image is not None:
            of_cell = self._fine.get(region._replace(image=None))
            if of_cell is not None:
                return of_cell
        best_rank, verdict = -1, self._base_verdict(region)
        opposite_rank = -1
        for rule, yes in self._loose.items():
            if region.is_inside(rule):
                if rule.rank > best_rank or (rule.rank == best_rank and not yes):
                    best_rank, verdict = rule.rank, yes
            elif yes is not wanted and rule.rank > opposite_rank and rule.intersection(region):
                opposite_rank = rule.rank
        if opposite_rank >= 0 and _overrules(opposite_rank, not wanted, best_rank):
            return None
        return verdict

    def _base_verdict(self, region: Region) -> bool | None:
        base = base_mask(self.regions, self._filters, self._design)
        if base is None:
            return False
        members = self.regions.members(region)
        chosen = members.chosen(base)
        return None if 0 < chosen < members.count else chosen > 0


def _is_fine(region: Region) -> bool:
    """Whether it is a cell or an image: no other region but an image overlaps it only partly."""
    return region.rank >= 3


def _verdicts(rules: Rules) -> tuple[dict[Region, bool], dict[Region, bool]]:
    """The loose rules and the fine ones."""
    verdicts = dict.fromkeys(rules.include, True) | dict.fromkeys(rules.exclude, False)
    return (
        {rule: on for rule, on in verdicts.items() if not _is_fine(rule)},
        {rule: on for rule, on in verdicts.items() if _is_fine(rule)},
    )


def _overrules(rank: int, include: bool, other_rank: int) -> bool:
    """Whether a rule of this rank decides against an opposite one of the other rank."""
    return rank > other_rank or (rank == other_rank and not include)
