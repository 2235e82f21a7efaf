"""What the user chose: rules (`core.rules`), changed by ticks.

A tick must hold whatever was done before it. So it drops the rules inside its region, which it
overrules altogether, and adds its overlap with each opposite rule that would overrule it.

There may be many rules for cells and images (`fine` ones), which only broader rules overlap, and
these altogether; so only the few others (`loose`) need to be compared with each other. A change
that would make more than `MOST_CHANGES` rules at once (what a part of a name matches, inverted) is
not made into rules: from then on the images themselves are kept, and rules found when asked for.
"""

from collections.abc import Iterable
from enum import Enum
from itertools import islice
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
    mask_or,
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


MOST_CHANGES = 300
"""How many regions one change may have before the selection is kept by its images."""


class _State(NamedTuple):
    loose: dict[Region, bool]
    fine: dict[Region, bool]
    filters: Filters
    design: Design
    wanted_tables: frozenset[str]
    selected: bytes | None
    """None: to be found from the rules, in a catalogue that is not the one they were made in."""
    by_images: bool = False
    """Whether `selected` alone counts: the rules do not say it."""


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
        self._by_images = False
        self._found: tuple[int, Rules] | None = None

    @property
    def rules(self) -> Rules:
        """The selection as chosen."""
        if self._by_images:
            if self._found is None or self._found[0] != self.version:
                self._found = self.version, self._rules_of_images()
            return self._found[1]
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
        return self._change_images(target, on, region, tables)

    def tick_images(self, indices: Iterable[int], on: bool) -> int:
        """Select or unselect some images; returns how many changed."""
        target = bytearray(self.regions.count)
        for index in indices:
            target[index] = 1
        return self._change_images(target, on)

    def invert(self, shown: "Query | None" = None) -> int:
        """Select what is not, unselect what is, of everything or of what a filter shows."""
        target: Mask = b"\1" * self.regions.count if shown is None else shown.matches
        shown_tables = self._tree.names_in(TABLES) if shown is None else shown.tables
        return self._change_images(target, None, EVERYTHING, self._wanted_tables ^ shown_tables)

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
        self._history = other._history.map(other._without_images)
        return self

    def _without_images(self, state: _State) -> _State:
        """A state by its rules alone, which mean something in another catalogue too."""
        if state.by_images and state.selected is not None:
            loose, fine = _verdicts(Rules(include=tuple(cover(self.regions, state.selected))))
            tables = state.wanted_tables
            return _State(loose, fine, Filters(), Design(), tables, None)
        return state._replace(selected=None)

    def _rules_of_images(self) -> Rules:
        include = tuple(cover(self.regions, self.selected))
        return Rules(include, tables=tuple(sorted(self._wanted_tables)))

    def _state(self) -> _State:
        return _State(
            self._loose,
            self._fine,
            self._filters,
            self._design,
            self._wanted_tables,
            bytes(self.selected),
            self._by_images,
        )

    def _restore(self, state: _State) -> None:
        self._loose, self._fine, self._filters, self._design, tables, selected, by_images = state
        self._wanted_tables = tables
        self._by_images = by_images
        self.selected = (
            resolve(self.regions, self.rules) if selected is None else bytearray(selected)
        )
        self.version += 1

    def _change_images(
        self,
        target: Mask,
        on: bool | None,
        within: Region = EVERYTHING,
        tables: frozenset[str] | None = None,
    ) -> int:
        """Select or unselect (`on` None: invert) the images of a mask that lies in `within`."""
        off_part = mask_and(target, self.selected) if on is None else target
        on_part = mask_minus(target, self.selected) if on is None else target
        changes: list[tuple[Region, bool]] = []
        for mask, part_on in ((on_part, True), (off_part, False)):
            if on in (None, part_on) and len(changes) <= MOST_CHANGES:
                some = islice(cover(self.regions, mask, within), MOST_CHANGES + 1)
                changes += [(part, part_on) for part in some]
        if len(changes) <= MOST_CHANGES:
            return self._change(changes, tables)
        before = self._state()
        selected = mask_minus(self.selected, off_part) if on is not True else self.selected
        self.selected = bytearray(selected if on is False else mask_or(selected, on_part))
        self._by_images = True
        return self._changed_from(before, tables)

    def _change(
        self, changes: list[tuple[Region, bool]], tables: frozenset[str] | None = None
    ) -> int:
        before = self._state()
        if self._by_images and any(region == EVERYTHING for region, _ in changes):
            self._loose, self._fine, self._by_images = {}, {}, False
        self._loose, self._fine = dict(self._loose), dict(self._fine)
        if not self._by_images:
            self._drop_fine_rules(region for region, _ in changes)
        for region, on in changes:
            members = self.regions.members(region)
            if members.count:
                if not self._by_images:
                    self._apply(region, on)
                paint(self.selected, members, on)
        return self._changed_from(before, tables, is_change=bool(changes))

    def _changed_from(
        self, before: _State, tables: frozenset[str] | None, *, is_change: bool = True
    ) -> int:
        """Keep the state before a change, where it is one; how many images and tables changed."""
        if is_change and 1 not in self.selected:
            self._loose, self._fine, self._filters, self._design = {}, {}, Filters(), Design()
            self._by_images = False
        if tables is not None:
            self._wanted_tables = tables
        was = int.from_bytes(before.selected or b"")
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
