"""What the user chose: rules, changed by ticks (`core.tick_rules`), and the images they say.

A change that would make more than `MOST_CHANGES` rules at once (what a part of a name matches,
inverted) is not made into rules: from then on the images themselves are kept, and rules found when
asked for.
"""

from collections.abc import Iterable
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from preventad_tui.core.cover import cover
from preventad_tui.core.history import History
from preventad_tui.core.regions import (
    EVERYTHING,
    Mask,
    Region,
    RegionMap,
    mask_and,
    mask_minus,
    mask_or,
    paint,
)
from preventad_tui.core.release_tree import TABLES
from preventad_tui.core.rules import Rules, resolve
from preventad_tui.core.tick_rules import NO_RULES, TickRules

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
    rules: TickRules
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
        self._rules = TickRules.of(rules)
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
        return self._rules.listed(self._wanted_tables)

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
        self._restore(_State(TickRules.of(rules), tables, selected))

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
            include = tuple(cover(self.regions, state.selected))
            return _State(TickRules.of(Rules(include)), state.wanted_tables, None)
        return state._replace(selected=None)

    def _rules_of_images(self) -> Rules:
        include = tuple(cover(self.regions, self.selected))
        return Rules(include, tables=tuple(sorted(self._wanted_tables)))

    def _state(self) -> _State:
        return _State(self._rules, self._wanted_tables, bytes(self.selected), self._by_images)

    def _restore(self, state: _State) -> None:
        self._rules, self._wanted_tables, selected, self._by_images = state
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
            self._rules, self._by_images = NO_RULES, False
        if not self._by_images:
            self._rules = self._rules.ticked(self.regions, changes)
        for region, on in changes:
            paint(self.selected, self.regions.members(region), on)
        return self._changed_from(before, tables, is_change=bool(changes))

    def _changed_from(
        self, before: _State, tables: frozenset[str] | None, *, is_change: bool = True
    ) -> int:
        """Keep the state before a change, where it is one; how many images and tables changed."""
        if is_change and 1 not in self.selected:
            self._rules, self._by_images = NO_RULES, False
        if tables is not None:
            self._wanted_tables = tables
        was = int.from_bytes(before.selected or b"")
        changed = (was ^ int.from_bytes(self.selected)).bit_count()
        changed += len(before.wanted_tables ^ self._wanted_tables)
        if changed or self._rules[:2] != before.rules[:2]:
            self._history.keep(before)
            self.version += 1
        return changed
