"""Where one chooses: filter, tree, facets and totals, with the keys that change the selection."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer

from preventad_tui.core.outline import Jump, Row
from preventad_tui.core.regions import EVERYTHING, Region
from preventad_tui.ui.actions import Place, bindings_of
from preventad_tui.ui.app_type import tui_of
from preventad_tui.ui.choice import Choice
from preventad_tui.ui.widgets.facets import Facets
from preventad_tui.ui.widgets.filter_bar import FilterBar
from preventad_tui.ui.widgets.outline_tree import OutlineHeading, OutlineTree
from preventad_tui.ui.widgets.rule_line import RuleLine
from preventad_tui.ui.widgets.totals import DiskTotals, Totals

SUMS_AFTER_S = 0.03
NOTHING_SHOWN = "Nothing matches the filter; escape empties it."


class ChoicePane(Vertical):
    """Shows a choice and changes it; what else follows from a change is the screen's."""

    DEFAULT_CSS = """
    ChoicePane { height: 1fr; }
    ChoicePane > #choice-body { height: 1fr; }
    ChoicePane Facets { display: none; margin-left: 1; }
    .-wide ChoicePane Facets { display: block; }
    ChoicePane.-facets Facets { display: block; }
    .-narrow ChoicePane.-facets Facets { width: 1fr; margin-left: 0; }
    .-narrow ChoicePane.-facets #choice-outline { display: none; }
    """
    SCOPED_CSS = False  # whether it is wide or narrow is said by a class of the screen
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.BROWSER)

    class SelectionChanged(Message):
        """Other images are selected than before."""

    class SumsShown(Message):
        """What can be summed up at once is shown; the files are to be counted."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._choice: Choice | None = None
        self._sums: Timer | None = None

    def compose(self) -> ComposeResult:
        """Filter, tree and facets, totals."""
        yield FilterBar(id="choice-filter")
        yield RuleLine()
        with Horizontal(id="choice-body"):
            with Vertical(id="choice-outline"):
                yield OutlineHeading(id="choice-heading")
                yield OutlineTree(id="choice-tree")
            yield Facets(id="choice-facets")
        yield RuleLine()
        yield Totals(id="choice-totals")

    @property
    def outline_tree(self) -> OutlineTree:
        """The tree."""
        return self.query_one(OutlineTree)

    @property
    def facets(self) -> Facets:
        """The facets."""
        return self.query_one(Facets)

    @property
    def row(self) -> Row | None:
        """The tree's row under the cursor."""
        return self.outline_tree.row

    # What is shown

    def show_choice(self, choice: Choice) -> None:
        """Show this choice from now on."""
        self._choice = choice
        self.query_one(OutlineHeading).show(choice.outline.order)
        self.query_one(FilterBar).put_text(choice.filter_text)
        self._show_filter()
        self.selection_changed()

    def show_sentence(self, sentence: str) -> None:
        """Say in the tree's place why there is no choice yet."""
        if self._choice is None:
            self.outline_tree.show(None, sentence)

    def show_disk(self, totals: DiskTotals | None) -> None:
        """Show the numbers that needed counting."""
        self.query_one(Totals).show_disk(totals)

    def selection_changed(self) -> None:
        """Draw what hangs on the selection, and tell the screen."""
        if self._choice is not None:
            self.outline_tree.show(self._choice.outline, NOTHING_SHOWN)
            self.post_message(self.SelectionChanged())
            # The tree is painted first: with 250,000 images the sums take longer than a key may.
            self._sums = self._sums or self.set_timer(SUMS_AFTER_S, self._show_sums)

    @property
    def is_summed(self) -> bool:
        """Whether the sums shown are those of the selection."""
        return self._sums is None

    def _show_sums(self) -> None:
        self._sums = None
        # The timer may come while the screen is taken down, when its widgets are gone already.
        for totals in self.query(Totals):
            if self._choice is not None:
                self._show_facets()
                totals.show_selected(self._choice.selected_totals())
                self.post_message(self.SumsShown())

    def _show_facets(self) -> None:
        for facets in self.query(Facets):
            if self._choice is not None and facets.display:
                facets.show_rows(self._choice.facet_rows())

    def on_resize(self) -> None:
        """The facets may have come into sight."""
        self._show_facets()

    # The selection

    def on_outline_tree_ticked(self, message: OutlineTree.Ticked) -> None:
        """Tick or untick a row and what the filter shows below it."""
        self._tick(message.region, message.on)

    def on_facets_ticked(self, message: Facets.Ticked) -> None:
        """Tick or untick a visit or modality in every candidate shown."""
        self._tick(message.region, message.on)

    def _tick(self, region: Region, on: bool) -> int:
        if self._choice is None:
            return 0
        count = self._choice.selection.tick(region, on, self._choice.query)
        self._changed_by_key()
        return count

    def _changed_by_key(self) -> None:
        """What was said of the change before (`u takes it back`) is no longer true."""
        self.app.clear_notifications()
        self.selection_changed()

    def action_tick_all(self) -> None:
        """Tick all that is shown, and say how much that was."""
        if self._choice is not None:
            added = self._tick(EVERYTHING, True)
            shown = self._choice.outline.shown_images + self._choice.outline.shown_tables
            more = f", {added:,} more than before" if added != shown else ""
            tui_of(self.app).tell(f"{self._choice.shown_counted} ticked{more}. u takes it back.")

    def action_clear(self) -> None:
        """Clear all ticks."""
        if self._choice is not None:
            ticked = self._choice.ticked_counted
            self._choice.selection.clear()
            self._changed_by_key()
            tui_of(self.app).tell(f"{ticked} unticked. u brings them back.")

    def action_invert(self) -> None:
        """Invert the ticks of all that is shown."""
        if self._choice is not None:
            self._choice.selection.invert(self._choice.query)
            self._changed_by_key()

    def action_undo(self) -> None:
        """Take back the last change of the selection."""
        if self._choice is not None:
            if self._choice.selection.undo():
                self._changed_by_key()
            else:
                tui_of(self.app).tell("Nothing to undo.")

    def action_redo(self) -> None:
        """Make the change again that was taken back."""
        if self._choice is not None:
            if self._choice.selection.redo():
                self._changed_by_key()
            else:
                tui_of(self.app).tell("Nothing to redo.")

    # Filter and facets

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).focus_field()

    def action_clear_filter(self) -> None:
        """Empty the filter."""
        self.query_one(FilterBar).set_text("")

    def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        """Show what the words match."""
        if self._choice is not None and message.text != self._choice.filter_text:
            self._choice.set_filter(message.text)
            self._show_filter()
            self.outline_tree.show(self._choice.outline, NOTHING_SHOWN)
            self._show_facets()

    def show_filtered(self, text: str, region: Region | None) -> None:
        """Filter by these words, with the cursor on a region and the focus in the tree."""
        if self._choice is not None:
            self._choice.set_filter(text)
            if region is not None:
                self._choice.outline.go_to(region)
            self.show_choice(self._choice)
            self._to_tree()

    def _show_filter(self) -> None:
        choice = self._choice
        if choice is not None:
            read = choice.query.sentence if choice.query else ""
            self.query_one(FilterBar).show_result(read, choice.shown_counted)

    def on_filter_bar_left(self, _message: FilterBar.Left) -> None:
        """To the tree, the filter stays."""
        self._to_tree()

    def action_facets(self) -> None:
        """Go to the facets; below 100 columns they take the tree's place."""
        self.add_class("-facets")
        self._show_facets()
        self.facets.focus()

    def on_facets_left(self, _message: Facets.Left) -> None:
        """Back to the tree."""
        self._to_tree()

    def _to_tree(self) -> None:
        """Focus the tree, also where the facets have taken its place."""
        self.remove_class("-facets")
        self.outline_tree.focus()

    # The tree

    def action_next_order(self) -> None:
        """Another order of the tree's levels."""
        if self._choice is not None:
            outline = self._choice.outline
            outline.set_order(outline.order.next)
            self.query_one(OutlineHeading).show(outline.order)
            self.outline_tree.show(outline, NOTHING_SHOWN)

    def on_outline_tree_match_wanted(self, message: OutlineTree.MatchWanted) -> None:
        """Go to the next failure; where nothing failed, to the next match of the filter."""
        jumped = self.outline_tree.jump(Jump.FAILED, message.step)
        if not jumped and self._choice is not None and self._choice.query is not None:
            jumped = self.outline_tree.jump(Jump.SHOWN, message.step)
        if not jumped:
            tui_of(self.app).tell("Nothing failed, and no filter is on.")

    def action_next_unticked(self) -> None:
        """Go to the next image that is not ticked."""
        if not self.outline_tree.jump(Jump.UNSELECTED, 1):
            tui_of(self.app).tell("All that is shown is ticked.")
