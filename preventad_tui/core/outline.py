"""The browser's tree, without a toolkit: which rows there are, and where the cursor is.

Only open branches have rows. What a row says (`core.outline_rows`) is asked for a window, and
remembered until the selection, the filter or the facts change. The cursor is kept by what it
stands on, so that it survives filter, order, refresh and restart.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING

from preventad_tui.core.arrangement import Branch, Order
from preventad_tui.core.facts import ImageFacts
from preventad_tui.core.outline_rows import IMAGE_DEPTH, Jump, Row, RowMaker
from preventad_tui.core.query import Query
from preventad_tui.core.regions import Region
from preventad_tui.core.release_tree import TABLES
from preventad_tui.core.selection import Selection

if TYPE_CHECKING:
    from preventad_tui.core.catalogue import CatalogueIndex

__all__ = ["Jump", "Order", "Outline", "Row"]


class Outline:
    """The visible rows of a catalogue; `len` and `row` for the window, verbs for the keys."""

    def __init__(
        self,
        index: "CatalogueIndex",
        selection: Selection,
        facts: ImageFacts | None = None,
        order: Order = Order.CANDIDATE,
        open_keys: Iterable[Region] = (),
        cursor_key: Region | None = None,
    ) -> None:
        self.query: Query | None = None
        self.cursor = 0
        self._open = set(open_keys)
        self._cursor_key = cursor_key
        self._order = order
        self.replace(index, selection, facts)

    # What it stands on

    def replace(
        self, index: "CatalogueIndex", selection: Selection, facts: ImageFacts | None
    ) -> None:
        """Take another catalogue, selection or facts; cursor and open branches stay by key."""
        self._index = index
        self._selection = selection
        self._facts = facts
        self._makers: dict[Order, RowMaker] = {}
        self._arrange()

    @property
    def order(self) -> Order:
        """The order of the tree's levels."""
        return self._order

    def set_order(self, order: Order) -> None:
        """Another order; the branches above the cursor's place in it are opened."""
        self._order = order
        self._arrange(reveal=True)

    def set_query(self, query: Query | None) -> None:
        """Show only what a filter matches; None or an empty one shows everything."""
        self.query = query or None
        self._rebuild()

    # The window

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, at: int) -> Row:
        """The row at a place in the window."""
        self._refresh()
        row = self._made.get(at)
        if row is None:
            thing = self._rows[at]
            if isinstance(thing, int):
                row = self._maker.leaf_row(thing)
            else:
                row = self._maker.branch_row(thing, is_open=thing.region in self._open)
            self._made[at] = row
        return row

    @property
    def shown_images(self) -> int:
        """How many images the filter shows."""
        return len(self._index.images) if self.query is None else self.query.count

    @property
    def shown_tables(self) -> int:
        """How many tables of the data releases the filter shows."""
        return len(self._index.tables if self.query is None else self.query.tables)

    # The cursor

    @property
    def cursor_key(self) -> Region | None:
        """What the cursor stands on, or stood on before a filter hid it."""
        return self._cursor_key

    @property
    def open_keys(self) -> frozenset[Region]:
        """The open branches, in every order."""
        return frozenset(self._open)

    def move_to(self, at: int) -> None:
        """Put the cursor on a row, the nearest there is."""
        self.cursor = max(0, min(at, len(self._rows) - 1))
        self._cursor_key = self._key_at(self.cursor) if self._rows else None

    def go_to(self, key: Region) -> bool:
        """Put the cursor on a region, opening what hides it; False where there is no such row."""
        position = self._first_position(key)
        if position is None:
            return False
        self._reveal(position, key)
        self._cursor_key = key
        self._rebuild()
        return True

    def parent(self, at: int) -> int | None:
        """The row of the branch around a row."""
        depth = self._depth(at)
        return next((up for up in range(at - 1, -1, -1) if self._depth(up) < depth), None)

    # Opening and closing

    def open(self, at: int) -> bool:
        """Show what is below a branch; False where it is open or no branch."""
        branch = self._rows[at]
        if isinstance(branch, int) or branch.region in self._open:
            return False
        self._open.add(branch.region)
        self._rows[at + 1 : at + 1] = self._below(branch)
        self._moved(at)
        return True

    def close(self, at: int) -> bool:
        """Hide what is below a branch; False where it is not open."""
        branch = self._rows[at]
        if isinstance(branch, int) or branch.region not in self._open:
            return False
        self._open.discard(branch.region)
        end = at + 1
        while end < len(self._rows) and self._depth(end) > branch.depth:
            end += 1
        del self._rows[at + 1 : end]
        self._moved(at)
        return True

    def toggle(self, at: int) -> bool:
        """Open or close a branch; False for an image or a table."""
        return self.open(at) or self.close(at)

    def collapse_all(self) -> None:
        """Close every branch; the cursor goes to the top branch that it was in."""
        if self._rows:
            top = self._top_of(self.cursor)
            self._cursor_key = top.region
        self._open.clear()
        self._rebuild()

    def expand_top(self, at: int) -> None:
        """Open the whole top branch that a row is in, down to its last level of branches."""
        top = self._top_of(at)
        self._open.add(top.region)
        self._open.update(child.region for child in self._arrangement.children(top))
        self._rebuild()

    # Finding

    def next_match(self, jump: Jump, step: int = 1) -> bool:
        """Go to the next (`step` 1) or previous (-1) image of a kind, round the end.

        A closed branch that holds it is opened. False where there is none.
        """
        self._refresh()
        if not self._rows:
            return False
        here = self._rows[self.cursor]
        after = here + 1 if isinstance(here, int) else here.start
        found = self._maker.find(jump, _start(here), after, step)
        return False if found is None else self.go_to(self._maker.key_at(found))

    # Within

    def _arrange(self, reveal: bool = False) -> None:
        if self._order not in self._makers:
            arrangement = self._index.arrangement(self._order)
            maker = RowMaker(self._index, self._selection, self._facts, arrangement)
            self._makers[self._order] = maker
        self._maker = self._makers[self._order]
        self._arrangement = self._maker.arrangement
        if reveal and self._cursor_key is not None:
            position = self._first_position(self._cursor_key)
            if position is not None:
                self._cursor_key = self._reveal(position, self._cursor_key)
        self._rebuild()

    def _rebuild(self) -> None:
        """Make the list of rows anew, and find the cursor's row in it."""
        self._maker.set_query(self.query)
        self._rows: list[Branch | int] = []
        for top in self._arrangement.tops:
            if self._maker.is_shown(top):
                self._rows.append(top)
                if top.region in self._open:
                    self._rows.extend(self._below(top))
        self._made: dict[int, Row] = {}
        self.cursor = self._find_cursor()
        if self._cursor_key is None and self._rows:
            self._cursor_key = self._key_at(self.cursor)

    def _moved(self, at: int) -> None:
        """Rows after `at` came or went."""
        self._made = {place: row for place, row in self._made.items() if place < at}
        if self.cursor > at:
            self.cursor = self._find_cursor()
            self._cursor_key = self._key_at(self.cursor)

    def _below(self, branch: Branch) -> list[Branch | int]:
        """The rows below an open branch."""
        if branch.depth == IMAGE_DEPTH - 1:
            shown = self._maker.shown
            return [at for at in range(branch.start, branch.stop) if shown[at]]
        rows: list[Branch | int] = []
        for child in self._arrangement.children(branch):
            if self._maker.is_shown(child):
                rows.append(child)
                if child.region in self._open:
                    rows.extend(self._below(child))
        return rows

    def _depth(self, at: int) -> int:
        thing = self._rows[at]
        return IMAGE_DEPTH if isinstance(thing, int) else thing.depth

    def _key_at(self, at: int) -> Region:
        thing = self._rows[at]
        if isinstance(thing, int):
            return self._maker.key_at(thing)
        return thing.region

    def _top_of(self, at: int) -> Branch:
        return self._arrangement.path_to(_start(self._rows[at]))[0]

    def _first_position(self, key: Region) -> int | None:
        """Where in this order the first image or table of a region stands."""
        if key.is_inside(TABLES):
            tables = self._index.tables.inside(key)
            return self._index.regions.count + tables[0] if tables else None
        members = self._index.regions.members(key)
        if not members.count:
            return None
        first = members.start if members.mask is None else members.start + members.mask.find(1)
        return self._arrangement.position_of(first)

    def _reveal(self, position: int, key: Region) -> Region:
        """Open what is above the row for `key`; returns the key of that row in this order."""
        for branch in self._arrangement.path_to(position):
            if branch.region.is_inside(key):
                return branch.region
            self._open.add(branch.region)
        return key

    def _find_cursor(self) -> int:
        """The row of the cursor's key, else the innermost row around it, else the next one."""
        key = self._cursor_key
        position = None if key is None else self._first_position(key)
        if position is None or not self._rows:
            return min(self.cursor, max(0, len(self._rows) - 1))
        after = bisect_right(self._rows, position, key=_start)
        at = after - 1
        while at >= 0 and _start(self._rows[at]) == position:
            if self._key_at(at) == key:
                return at
            at -= 1
        for at in range(after - 1, -1, -1):
            thing = self._rows[at]
            if isinstance(thing, int):
                continue
            if thing.stop > position:
                return at
            if thing.depth == 0:
                break
        return min(after, len(self._rows) - 1)

    def _refresh(self) -> None:
        """Forget the rows made before selection or facts changed."""
        if self._maker.refresh():
            self._made = {}


def _start(thing: Branch | int) -> int:
    return thing if isinstance(thing, int) else thing.start
