"""What the browser's rows say: names, ticks, sizes and states, counted over one range each.

Nothing is kept of rows that are not asked for. The arrays they are counted from are put into the
order shown when selection, filter or facts have changed, and not before a row is wanted.
"""

from enum import Enum
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from preventad_tui.core.arrangement import Arrangement, Branch
from preventad_tui.core.facts import ImageFacts
from preventad_tui.core.facts_in_order import FactsInOrder
from preventad_tui.core.modality import modality_label
from preventad_tui.core.model import DataType
from preventad_tui.core.query import Query
from preventad_tui.core.regions import Mask, Region, mask_and, mask_minus, region_of_image
from preventad_tui.core.release_tree import TABLES, table_label
from preventad_tui.core.selection import Selection, Tick
from preventad_tui.core.states import BAD, SEVERITY, FileState, rank

if TYPE_CHECKING:
    from preventad_tui.core.catalogue import CatalogueIndex

IMAGE_DEPTH = 3

_BAD_RANKS = bytes(value in {rank(state) for state in BAD} for value in range(256))
_MODALITY = 2


class Row(NamedTuple):
    """One line of the browser.

    `selected` of the `shown` images below it; `size_bytes` of the selected ones (of an image: its
    own), None where a size among them is unknown; `state` is the worst below it, that of
    `state_count` images. `qc` is the server's rating of an image, where it has one.
    """

    depth: int
    key: Region
    label: str
    is_branch: bool
    is_open: bool
    image_index: int | None
    selected: int
    shown: int
    tick: Tick
    size_bytes: int | None
    size_estimated: bool
    state: FileState
    state_count: int
    qc: str = ""

    @property
    def is_of_tables(self) -> bool:
        """Whether it is a table of the data releases, or a branch of them."""
        return self.key.is_inside(TABLES)


class Jump(Enum):
    """What one can jump to."""

    UNSELECTED = "unselected"
    FAILED = "failed"
    SHOWN = "shown"


class RowMaker:
    """Makes the rows of one arrangement; `shown` is the filter's mask in its order.

    Behind the images every mask has a place for each table of the data releases.
    """

    def __init__(
        self,
        index: "CatalogueIndex",
        selection: Selection,
        facts: ImageFacts | None,
        arrangement: Arrangement,
    ) -> None:
        self._index = index
        self._tables = index.tables
        self._selection = selection
        self._facts = facts
        self.arrangement = arrangement
        self._prefixes = ("sub-", "ses-") if index.catalogue.type is DataType.BIDS else ("", "")
        self._in_order: FactsInOrder | None = None
        self._stamp: tuple[int, int] | None = None
        self.shown: Mask = b""

    def set_query(self, query: Query | None) -> None:
        """Count only what the filter shows."""
        if query is None:
            self.shown = b"\1" * (self._index.regions.count + len(self._tables))
        else:
            images = self.arrangement.arrange(query.matches)
            self.shown = self._joined(images, self._tables.mask(query.tables))
        self._stamp = None

    def is_shown(self, branch: Branch) -> bool:
        """Whether the filter shows anything of a branch."""
        return self.shown.find(1, branch.start, branch.stop) >= 0

    def refresh(self) -> bool:
        """Take over what changed in selection and facts; whether rows made before are stale."""
        facts = self._facts
        stamp = (self._selection.version, facts.version if facts else 0)
        if stamp == self._stamp:
            return False
        if self._stamp is None or self._stamp[0] != self._selection.version:
            images = self.arrangement.arrange(self._selection.selected)
            tables = self._tables.mask(self._selection.tables)
            self._chosen = mask_and(self._joined(images, tables), self.shown)
        if self._in_order is None:
            self._in_order = FactsInOrder(facts, self._index, self.arrangement)
        self._in_order.catch_up()
        if self._stamp is None:
            self._in_order.show(self.shown)
        self._stamp = stamp
        return True

    @property
    def _known(self) -> FactsInOrder:
        assert self._in_order is not None, "refresh() comes first"
        return self._in_order

    def wanted(self, jump: Jump) -> Mask:
        """The images and tables of a kind that the filter shows, in this order."""
        if jump is Jump.UNSELECTED:
            return mask_minus(self.shown, self._chosen)
        if jump is Jump.FAILED:
            return mask_and(self.shown, bytes(self._known.states).translate(_BAD_RANKS))
        return bytes(self.shown)

    def find(self, jump: Jump, before: int, after: int, step: int) -> int | None:
        """The first position of a kind from `after` on, or the last before `before` (`step` -1).

        Round the end; None where there is none.
        """
        wanted = self.wanted(jump)
        if step > 0:
            at = wanted.find(1, after)
            at = wanted.find(1) if at < 0 else at
        else:
            at = wanted.rfind(1, 0, before)
            at = wanted.rfind(1) if at < 0 else at
        return None if at < 0 else at

    def key_at(self, position: int) -> Region:
        """The region of the image or table at a position."""
        table = self._table_at(position)
        if table is not None:
            return self._tables.region(table)
        return region_of_image(self._index.images[self.arrangement.index_at(position)])

    def branch_row(self, branch: Branch, *, is_open: bool) -> Row:
        """The row of a branch."""
        start, stop = branch.start, branch.stop
        shown = self.shown.count(1, start, stop)
        selected = self._chosen.count(1, start, stop)
        size, estimated = self._size(start, stop)
        state = _worst(self._known.shown_states, start, stop)
        is_version = branch.depth == IMAGE_DEPTH - 1 and branch.region.is_inside(TABLES)
        return Row(
            1 if is_version else branch.depth,
            branch.region,
            self._label(branch),
            True,
            is_open,
            None,
            selected,
            shown,
            Tick.NONE if not selected else Tick.ALL if selected == shown else Tick.SOME,
            size,
            estimated,
            state,
            self._known.shown_states.count(rank(state), start, stop) if rank(state) else shown,
        )

    def leaf_row(self, position: int) -> Row:
        """The row of the image or table at a position."""
        table = self._table_at(position)
        return self._image_row(position) if table is None else self._table_row(position, table)

    def _table_row(self, position: int, table: int) -> Row:
        selected = self._chosen[position]
        is_known = self._facts is not None and not self._known.unknown[position]
        key = self._tables.region(table)
        return Row(
            IMAGE_DEPTH - 1,
            key,
            table_label(key),
            False,
            False,
            None,
            selected,
            1,
            Tick.ALL if selected else Tick.NONE,
            self._known.sizes[position] if is_known else None,
            is_known and self._known.estimated[position] > 0,
            SEVERITY[self._known.states[position]],
            1,
        )

    def _image_row(self, position: int) -> Row:
        index = self.arrangement.index_at(position)
        image = self._index.images[index]
        selected = self._chosen[position]
        amount = self._facts.amounts[index] if self._facts else None
        return Row(
            IMAGE_DEPTH,
            region_of_image(image),
            image.name,
            False,
            False,
            index,
            selected,
            1,
            Tick.ALL if selected else Tick.NONE,
            None if amount is None or amount.unknown_files else amount.size_bytes,
            amount is not None and amount.estimated_files > 0,
            SEVERITY[self._known.states[position]],
            1,
            image.qc_status,
        )

    def _size(self, start: int, stop: int) -> tuple[int | None, bool]:
        """Bytes of the selected images of a range, and whether an estimate is among them."""
        if self._facts is None:
            return None, False
        chosen = self._chosen[start:stop]
        if 1 in mask_and(chosen, self._known.unknown[start:stop]):
            return None, False
        size = sum(compress(self._known.sizes[start:stop], chosen))
        return size, 1 in mask_and(chosen, self._known.estimated[start:stop])

    def _table_at(self, position: int) -> int | None:
        count = self._index.regions.count
        return position - count if position >= count else None

    def _joined(self, images: Mask, tables: bytes) -> Mask:
        return bytes(images) + tables if tables else images

    def _label(self, branch: Branch) -> str:
        if branch.region.is_inside(TABLES):
            return table_label(branch.region)
        field = self.arrangement.order.value[branch.depth]
        name = branch.region[field] or ""
        return modality_label(name) if field == _MODALITY else self._prefixes[field] + name


def _worst(states: Mask, start: int, stop: int) -> FileState:
    """The worst state in a range; images that are not shown count as the best."""
    for value in range(len(SEVERITY) - 1, 0, -1):
        if states.find(value, start, stop) >= 0:
            return SEVERITY[value]
    return SEVERITY[0]
