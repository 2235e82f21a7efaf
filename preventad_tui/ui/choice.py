"""What is being chosen: one catalogue, its selection, its outline, what is known of its files."""

import copy
from collections.abc import Collection, Iterable, Mapping
from itertools import compress
from typing import TYPE_CHECKING

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.facts import ImageFacts, read_facts
from preventad_tui.core.last_session import View
from preventad_tui.core.modality import modality_label
from preventad_tui.core.model import DataType, PlannedFile
from preventad_tui.core.outline import Order, Outline
from preventad_tui.core.query import Query, read_query
from preventad_tui.core.regions import Mask, Region, indices_of, mask_and
from preventad_tui.core.release_tree import counted
from preventad_tui.core.rules import Rules
from preventad_tui.core.selection import Selection
from preventad_tui.core.totals import TotalsCounter
from preventad_tui.ui.widgets.facets import FacetRow
from preventad_tui.ui.widgets.totals import DiskTotals, SelectedTotals

if TYPE_CHECKING:
    from preventad_tui.core.folder_view import FolderView
    from preventad_tui.core.plan import Plan, PlanOptions

_TOGETHER = ("t1w", "bold", "dwi65")
"""What coverage and design ask to be there together, until something else is asked."""


class Choice:
    """The browser's model; the widgets draw it, the keys change it.

    `published_sizes` are bytes by path of a published list (`SizeBook`).
    """

    def __init__(
        self,
        index: CatalogueIndex,
        *,
        known_sizes: bool,
        published_sizes: Mapping[str, int] | None = None,
        rules: Rules | None = None,
        order: Order = Order.CANDIDATE,
        open_keys: Iterable[Region] = (),
        cursor_key: Region | None = None,
    ) -> None:
        self.index = index
        self.known_sizes = known_sizes
        self.published_sizes = published_sizes or {}
        self.selection = Selection(index, rules)
        self.query: Query | None = None
        self.filter_text = ""
        self.facts: ImageFacts | None = None
        self._counter: TotalsCounter | None = None
        self._sizes = self._size_book()
        self.outline = Outline(index, self.selection, None, order, open_keys, cursor_key)
        wanted = self.selection.rules.design.has_all or _TOGETHER
        self.marked = tuple(name for name in index.regions.modalities if name in wanted)

    @property
    def data_type(self) -> DataType:
        """BIDS or MINC."""
        return self.index.catalogue.type

    def with_index(self, index: CatalogueIndex) -> "Choice":
        """The same choice over another catalogue: rules, filter, cursor and open branches stay."""
        other = Choice(
            index,
            known_sizes=self.known_sizes,
            published_sizes=self.published_sizes,
            rules=self.selection.rules,
            order=self.outline.order,
            open_keys=self.outline.open_keys,
            cursor_key=self.outline.cursor_key,
        )
        other.selection.with_history_of(self.selection)
        other.set_filter(self.filter_text)
        return other

    def with_view(self, rules: Rules, view: View) -> "Choice":
        """Other rules over the same catalogue, shown as they were when they were left."""
        other = Choice(
            self.index,
            known_sizes=self.known_sizes,
            published_sizes=self.published_sizes,
            rules=rules,
            order=view.order,
            open_keys=view.open_keys,
            cursor_key=view.cursor_key,
        )
        other.set_filter(view.filter_text)
        return other

    def view(self, screen: str) -> View:
        """What is shown, to be kept; `screen` is the one in front."""
        outline = self.outline
        return View(
            tuple(outline.open_keys), outline.order, outline.cursor_key, self.filter_text, screen
        )

    def set_filter(self, text: str) -> None:
        """Filter by these words; empty text shows everything."""
        self.filter_text = text
        self.query = read_query(text, self.index) or None
        self.outline.set_query(self.query)

    def mark(self, modality: str) -> None:
        """Take a modality into those that coverage asks for together, or out of them."""
        wanted = {*self.marked} ^ {modality}
        self.marked = tuple(name for name in self.index.regions.modalities if name in wanted)

    # What is known of the files

    def read_facts(self, view: "FolderView") -> tuple[ImageFacts, SizeBook]:
        """Compare every file with a folder; takes a second, call it in a thread."""
        sizes = self._size_book()
        self.index.prepare()
        return read_facts(self.index, view, sizes), sizes

    def _size_book(self) -> SizeBook:
        return SizeBook(known=self.known_sizes, published=self.published_sizes)

    def take_facts(self, facts: ImageFacts, sizes: SizeBook) -> None:
        """Show these facts from now on."""
        self.facts, self._sizes = facts, sizes
        self._counter = TotalsCounter(self.index.regions, facts)
        self.outline.replace(self.index, self.selection, facts)

    @property
    def selected(self) -> list[int]:
        """The indices of the selected images."""
        return list(indices_of(bytes(self.selection.selected)))

    def plan(
        self, view: "FolderView", options: "PlanOptions", index: CatalogueIndex | None = None
    ) -> "Plan":
        """The plan of what is selected, in this catalogue or in `index`, the same with settled
        names; call it in a thread."""
        from preventad_tui.core.plan import make_plan

        sizes = copy.deepcopy(self._sizes)
        chosen = self.selection.tables
        return make_plan(index or self.index, self.selected, view, sizes, options, chosen)

    def bytes_of(self, indices: Iterable[int]) -> int | None:
        """The bytes of some images; None where that is not known."""
        if self.facts is None:
            return None
        return sum(self.facts.sizes[index] for index in indices) or None

    # Sums

    @property
    def shown_counted(self) -> str:
        """What the filter shows: `12 images and 3 tables`."""
        return counted(self.outline.shown_images, self.outline.shown_tables)

    @property
    def ticked_counted(self) -> str:
        """What is ticked, likewise."""
        return counted(self.selection.count, len(self.selection.tables))

    def selected_totals(self) -> SelectedTotals:
        """What is selected, at once after a tick; files are counted by `disk_totals`."""
        return self.totals_of(self.selection.selected, self._chosen_tables())

    def _chosen_tables(self) -> list[PlannedFile]:
        return list(self.index.tables.files_of(self.selection.tables))

    def totals_of(self, selected: Mask, tables: Collection[PlannedFile] = ()) -> SelectedTotals:
        """What some images and tables add up to, without the images' files."""
        regions = self.index.regions
        spans = regions.candidate_spans.values(), regions.session_spans.values()
        candidates, sessions = (
            sum(selected.find(1, start, stop) >= 0 for start, stop in some) for some in spans
        )
        images = selected.count(1)
        if self.facts is None:
            return SelectedTotals(candidates, sessions, images, None, None, tables=len(tables))
        known = [self.facts.beside("", table.path) for table in tables]
        return SelectedTotals(
            candidates,
            sessions,
            images,
            None,
            sum(compress(self.facts.sizes, selected)) + sum(one.size_bytes for one in known),
            estimated=mask_and(self.facts.estimated, selected).find(1) >= 0
            or any(one.estimated_files for one in known),
            unknown_images=mask_and(self.facts.unknown, selected).count(1)
            + sum(one.unknown_files for one in known),
            tables=len(tables),
        )

    def disk_totals(self, free_bytes: int | None) -> DiskTotals | None:
        """Files selected, on disk and to fetch; may take a moment, call it in a thread."""
        tables = self._chosen_tables()
        return self._files_of(self._counter, self.selection.selected, free_bytes, tables)

    def files_totals(self, images: Mask) -> DiskTotals | None:
        """The same of any images, without disturbing what is remembered of the selection."""
        counter = TotalsCounter(self.index.regions, self.facts) if self.facts else None
        return self._files_of(counter, images, None)

    @staticmethod
    def _files_of(
        counter: TotalsCounter | None,
        images: Mask,
        free_bytes: int | None,
        tables: Collection[PlannedFile] = (),
    ) -> DiskTotals | None:
        if counter is None:
            return None
        totals = counter.count(bytes(images), tables)
        return DiskTotals(
            files=totals.files,
            size_bytes=totals.size_bytes,
            on_disk_files=totals.on_disk_files,
            on_disk_bytes=totals.on_disk_bytes,
            to_fetch_files=totals.to_fetch_files,
            to_fetch_bytes=totals.to_fetch_bytes,
            estimated=totals.estimated,
            unknown_files=totals.unknown_files,
            free_bytes=free_bytes,
        )

    def facet_rows(self) -> list[FacetRow]:
        """Visits and modalities with how many of the shown images are selected."""
        regions = self.index.regions
        shown = int.from_bytes(self.query.matches if self.query else b"\1" * regions.count)
        chosen = shown & int.from_bytes(self.selection.selected)
        rows = [FacetRow("visits")]
        for visit, mask in regions.visit_numbers.items():
            counts = (mask & chosen).bit_count(), (mask & shown).bit_count()
            rows.append(FacetRow(visit, Region(visit=visit), *counts))
        rows.append(FacetRow("modalities"))
        for modality, mask in regions.modality_numbers.items():
            counts = (mask & chosen).bit_count(), (mask & shown).bit_count()
            label = modality_label(modality)
            rows.append(FacetRow(label, Region(modality=modality), *counts))
        return rows
