"""The catalogue arranged as one of the browser's trees, so that each branch is one range.

Positions are places in an arrangement, indices are places in the catalogue.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from itertools import accumulate, chain, product
from operator import itemgetter
from typing import Any

from preventad_tui.core.regions import Cell, Mask, Region, RegionMap
from preventad_tui.core.release_tree import TABLES, ReleaseTree

_CANDIDATE, _VISIT, _MODALITY = 0, 1, 2
_SHORT_RUN = 8
"""Runs of fewer images than this are faster picked one by one than sliced."""


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

    `depth` is 0 to 2; below depth 2 are the images themselves. Versions of tables have depth 2
    too, since the tables themselves are below them.
    """

    __slots__ = ("depth", "first", "last", "region", "start", "stop")

    def __init__(self, region: Region, depth: int, first: int, last: int, span: tuple[int, int]):
        self.region = region
        self.depth = depth
        self.first = first
        self.last = last
        self.start, self.stop = span


class Arrangement:
    """The images in one order, made when that order is first shown.

    The tables of the data releases follow them: their positions are those after the last image.
    """

    def __init__(self, regions: RegionMap, order: Order, tables: ReleaseTree) -> None:
        self.order = order
        self.count = regions.count
        self._tables = tables
        cells = regions.cells
        self._cells: Sequence[Cell] = cells if order is Order.CANDIDATE else _sorted(regions, order)
        self._runs = list(_runs(self._cells))
        self._pick: Callable[[Any], Any] | None = None
        if len(self._runs) * _SHORT_RUN > regions.count > 1:
            self._pick = itemgetter(*chain.from_iterable(range(*run) for run in self._runs))
        self._starts = [0, *accumulate(cell[4] - cell[3] for cell in self._cells)]
        self._catalogue_starts = [cell[3] for cell in cells]
        first = (cell[3] for cell in self._cells)
        self._position_of_cell = dict(zip(first, self._starts, strict=False))
        self.tops = self._branches(0, len(self._cells), 0, Region())
        if tables:
            whole = (self.count, self.count + len(tables))
            self.tops.append(Branch(TABLES, 0, 0, 0, whole))

    def arrange(self, mask: Mask) -> Mask:
        """One byte an image, from catalogue order into this order."""
        runs = self._runs
        if self._pick is not None:
            return bytes(self._pick(mask))
        return mask if len(runs) == 1 else b"".join([mask[start:stop] for start, stop in runs])

    def arrange_values(self, values: Sequence[int]) -> Sequence[int]:
        """One number an image, likewise."""
        runs = self._runs
        if self._pick is not None:
            return tuple(self._pick(values))
        if len(runs) == 1:
            return values
        return [*chain.from_iterable([values[start:stop] for start, stop in runs])]

    def index_at(self, position: int) -> int:
        """The catalogue index of the image at a position."""
        at = bisect_right(self._starts, position) - 1
        return self._cells[at].start + position - self._starts[at]

    def position_of(self, index: int) -> int:
        """The position of the image with this catalogue index."""
        start = self._catalogue_starts[bisect_right(self._catalogue_starts, index) - 1]
        return self._position_of_cell[start] + index - start

    def children(self, branch: Branch) -> list[Branch]:
        """The branches directly below one of depth 0 or 1; of the tables their versions."""
        if branch.start >= self.count:
            return [
                Branch(version, 2, 0, 0, (self.count + first, self.count + last))
                for version, first, last in self._tables.versions
            ]
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


def _runs(cells: Iterable[Cell]) -> Iterator[tuple[int, int]]:
    """What of the catalogue's images follows each other here too: `start, stop` of each run."""
    first = end = 0
    for _, _, _, start, stop in cells:
        if start != end:
            yield first, end
            first = start
        end = stop
    yield first, end


def _sorted(regions: RegionMap, order: Order) -> list[Cell]:
    """The cells by visit, or by modality (in their list's order) and visit; then as they are."""
    groups: dict[tuple[str, ...], list[Cell]] = {}
    if order is Order.VISIT:
        for cell in regions.cells:
            groups.setdefault((cell.visit,), []).append(cell)
        wanted: Iterable[tuple[str, ...]] = ((visit,) for visit in regions.visits)
    else:
        for cell in regions.cells:
            groups.setdefault((cell.modality, cell.visit), []).append(cell)
        wanted = product(regions.modalities, regions.visits)
    return [cell for key in wanted for cell in groups.get(key, ())]
