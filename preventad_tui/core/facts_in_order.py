"""What is known of each image's files, in the order of one of the browser's trees."""

from typing import TYPE_CHECKING

from preventad_tui.core.arrangement import Arrangement
from preventad_tui.core.facts import ImageFacts
from preventad_tui.core.regions import Mask, mask_and
from preventad_tui.core.states import FileState, rank

if TYPE_CHECKING:
    from preventad_tui.core.catalogue import CatalogueIndex

_ONES_TO_FULL = bytes([0, 255]) + bytes(254)
_FEW = 8
"""One in so many changed: from there on all are put in order anew."""


class FactsInOrder:
    """`ImageFacts` by position: the images, and behind them the tables of the data releases.

    `shown_states` are the states of what the filter shows, the best state elsewhere. A download
    changes a few images at a time, so only those are taken over.
    """

    def __init__(
        self, facts: ImageFacts | None, index: "CatalogueIndex", arrangement: Arrangement
    ) -> None:
        self._facts = facts
        self._tables = index.tables
        self._images = index.regions.count
        self._arrangement = arrangement
        self._version = 0
        self._shown: Mask = b""
        self.shown_states = bytearray()
        self._arrange()

    def _arrange(self) -> None:
        facts = self._facts
        count = self._images + len(self._tables)
        if facts is None:
            self.states = bytearray([rank(FileState.NEW)]) * count
            return
        arrange, more = self._arrangement.arrange, bytes(len(self._tables))
        self.states = bytearray(arrange(facts.states)) + more
        self.estimated = bytearray(arrange(facts.estimated)) + more
        self.unknown = bytearray(arrange(facts.unknown)) + more
        self.sizes = [*self._arrangement.arrange_values(facts.sizes), *more]
        self._take_tables(facts)
        self._version = facts.version

    def show(self, shown: Mask) -> None:
        """Show what this mask of the filter says, from now on."""
        self._shown = shown
        self.shown_states = bytearray(mask_and(self.states, shown.translate(_ONES_TO_FULL)))

    def catch_up(self) -> None:
        """Take over what has changed since."""
        facts = self._facts
        if facts is None or facts.version == self._version:
            return
        owners = facts.owners_since(self._version)
        if len(owners) * _FEW > self._images:
            self._arrange()
            self.show(self._shown)
            return
        self._version = facts.version
        for owner in owners:
            if owner < self._images:
                at = self._arrangement.position_of(owner)
                self.estimated[at] = facts.estimated[owner]
                self.unknown[at] = facts.unknown[owner]
                self.sizes[at] = facts.sizes[owner]
                self._set_state(at, facts.states[owner])
        if max(owners) >= self._images:
            self._take_tables(facts)

    def _take_tables(self, facts: ImageFacts) -> None:
        for at, file in enumerate(self._tables.files, self._images):
            amount = facts.beside("", file.path)
            self.estimated[at] = amount.estimated_files > 0
            self.unknown[at] = amount.unknown_files > 0
            self.sizes[at] = amount.size_bytes
            self._set_state(at, rank(facts.table_state(file.path)))

    def _set_state(self, at: int, state: int) -> None:
        self.states[at] = state
        if self._shown and self._shown[at]:
            self.shown_states[at] = state
