"""The catalogue arranged as one of the browser's trees, so that each branch is one range.

Positions are places in an arrangement, indices are places in the catalogue.
"""

from bisect import bisect_right
from collections.abc import Sequence
from enum import Enum
from itertools import accumulate
from operator import itemgetter
from typing import Any

from preventad_tui.core.regions import Cell, Mask, Region, RegionMap

_CANDIDATE, _VISIT, _MODALITY = 0, 1, 2


class Order(Enum):
    """The three orders of the browser's tree; the value names the cell's fields by depth."""

    CANDIDATE = (_CANDIDATE, _VISIT, _MODALITY)
    VISIT = (_VISIT, _CANDIDATE, _MODALITY)
    MODALITY = (_MODALITY, _VISIT, _CANDIDATE)

    @property
    def label(self) -> str:
        """`candidate  visit  modality`: the levels as a heading."""
        return "  ".join(("candidate", "visit", "modality")[field] for field in self.value)

    @property
    def next(self) -> "Order":
        """The order that follows in the round."""
        orders = list(Order)
        return orders[(orders.index(self) + 1) % len(orders)]


class Branch:
    """A row that can be opened: positions `start:stop`, cells `first:last` of the arrangement.

    `depth` is 0 to 2; below depth 2 are the images themselves.
    """

    __slots__ = ("depth", "first", "last", "region", "start", "stop")

    def __init__(self, region: Region, depth: int, first: int, last: int, span: tuple[int, int]):
        self.region = region
        self.depth = depth
        self.first = first
        self.last = last
        self.start, self.stop = span


class Arrangement:
    """The images in one order, made when that order is first shown."""

    def __init__(self, regions: RegionMap, order: Order) -> None:
        self.order = order
        cells = regions.cells
        if order is Order.CANDIDATE:
            self._cells: Sequence[Cell] = cells
            self._indices: Sequence[int] = range(regions.count)
            self._positions: Sequence[int] = self._indices
        else:
            self._cells = sorted(cells, key=_sort_key(regions, order))
            self._indices = [i for cell in self._cells for i in range(cell.start, cell.stop)]
            positions = [0] * regions.count
            for position, index in enumerate(self._indices):
                positions[index] = position
            self._positions = positions
        self._starts = [0, *accumulate(cell.stop - cell.start for cell in self._cells)]
        self.tops = self._branches(0, len(self._cells), 0, Region())

    def arrange(self, mask: Mask) -> Mask:
        """One byte an image, from catalogue order into this order."""
        if isinstance(self._indices, range) or len(mask) < 2:
            return mask
        return bytes(itemgetter(*self._indices)(mask))

    def arrange_values(self, values: Sequence[int]) -> Sequence[int]:
        """One number an image, likewise."""
        if isinstance(self._indices, range) or len(values) < 2:
            return values
        arranged: Any = itemgetter(*self._indices)(values)
        return tuple(arranged)

    def index_at(self, position: int) -> int:
        """The catalogue index of the image at a position."""
        return self._indices[position]

    def position_of(self, index: int) -> int:
        """The position of the image with this catalogue index."""
        return self._positions[index]

    def children(self, branch: Branch) -> list[Branch]:
        """The branches directly below one of depth 0 or 1."""
        return self._branches(branch.first, branch.last, branch.depth + 1, branch.region)

    def path_to(self, position: int) -> list[Branch]:
        """The branches from the top down that hold a position."""
        path: list[Branch] = []
        level = self.tops
        while level:
            at = bisect_right(level, position, key=lambda branch: branch.start) - 1
            path.append(level[at])
            level = self.children(level[at]) if level[at].depth < 2 else []
        return path

    def _branches(self, first: int, last: int, depth: int, above: Region) -> list[Branch]:
        field = self.order.value[depth]
        branches = []
        while first < last:
            name = str(self._cells[first][field])
            end = first + 1
            while end < last and self._cells[end][field] == name:
                end += 1
            names = [*above]
            names[field] = name
            region = Region(*names)
            span = (self._starts[first], self._starts[end])
            branches.append(Branch(region, depth, first, end, span))
            first = end
        return branches


def _sort_key(regions: RegionMap, order: Order) -> Any:
    """Modalities in the order of their list (case aside), the rest as in the catalogue."""
    places = {name: place for place, name in enumerate(regions.modalities)}
    if order is Order.VISIT:
        return lambda cell: (cell.visit, cell.start)
    return lambda cell: (places[cell.modality], cell.visit, cell.start)
