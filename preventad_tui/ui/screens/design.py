"""Selection by study design: conditions, how the counts fall, both ways of counting."""

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from preventad_tui.core.coverage import coverage_by_candidate
from preventad_tui.core.design import DesignTable, design_population, images_of_design
from preventad_tui.core.design_report import BothWays, both_ways
from preventad_tui.core.regions import Mask
from preventad_tui.core.rules import Rules
from preventad_tui.core.text import plural
from preventad_tui.ui.actions import Place
from preventad_tui.ui.choice import Choice
from preventad_tui.ui.design_draft import DesignDraft
from preventad_tui.ui.design_text import step_lines, waiting_lines
from preventad_tui.ui.screens.base import Modal, modal_bindings
from preventad_tui.ui.widgets.design_lists import ConditionRows, DesignList, ModalityRows
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.line_list import LineList
from preventad_tui.ui.widgets.row_list import fit
from preventad_tui.ui.widgets.rule_line import RuleLine
from preventad_tui.ui.widgets.totals import SelectedTotals, first_that_fits, sum_label


class DesignScreen(Modal[Rules | None]):
    """Answers with the rules of the selection that is to replace the present one."""

    DEFAULT_CSS: ClassVar[str] = """
    DesignScreen { background: $background; }
    DesignScreen > .title { padding: 0 1; height: 1; }
    DesignScreen > #design-heading { height: 1; color: $text-muted; }
    DesignScreen > #design-lists { height: 1fr; }
    DesignScreen ModalityRows { width: 45%; max-width: 34; margin-right: 2; }
    DesignScreen ConditionRows { width: 1fr; }
    DesignScreen > #design-steps { height: auto; max-height: 9; }
    DesignScreen.-short > #design-steps { max-height: 6; }
    DesignScreen > #design-selects { height: 1; padding: 0 1; }
    """
    PLACES = (Place.DESIGN, Place.TABLE, Place.LIST)
    HINTS = (
        "design.change",
        "design.less design.more",
        "design.apply",
        "design.clear",
        "design.back",
        "app.help",
    )
    BINDINGS: ClassVar[list[BindingType]] = modal_bindings(Place.DESIGN)

    def __init__(self, choice: Choice, has_all: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._choice = choice
        self._draft = DesignDraft.of_rules(choice.selection.rules, has_all)
        self._tables: dict[Mask | None, DesignTable] = {}
        self._candidates: Mapping[str, int] = {}
        self._both: BothWays | None = None
        self._totals: SelectedTotals | None = None

    def compose(self) -> ComposeResult:
        """Modalities and conditions, then what they leave, then the keys."""
        yield Static("Study design", classes="title", markup=False)
        yield Static("", id="design-heading", markup=False)
        with Horizontal(id="design-lists"):
            yield ModalityRows(self._choice.index.regions.modalities, id="design-modalities")
            yield ConditionRows(id="design-conditions")
        yield RuleLine()
        yield LineList(id="design-steps")
        yield Static("", id="design-selects", markup=False)
        yield HintLine(self.HINTS)

    def on_mount(self) -> None:
        """Start in the modalities."""
        self._modalities.focus()
        self._recount()

    @property
    def _modalities(self) -> ModalityRows:
        return self.query_one(ModalityRows)

    @property
    def _conditions(self) -> ConditionRows:
        return self.query_one(ConditionRows)

    # Counting

    def _change(self, draft: DesignDraft) -> None:
        self._draft = draft
        self._recount()

    def _recount(self) -> None:
        self._totals = None
        self._show()
        self._count(self._draft)

    @work(thread=True, exclusive=True, group="design")
    def _count(self, draft: DesignDraft) -> None:
        regions = self._choice.index.regions
        if not self._candidates:
            everybody = coverage_by_candidate(regions, b"\1" * regions.count)
            numbers = (sum(map(bool, cells)) for cells in zip(*everybody.cells, strict=True))
            self._candidates = dict(zip(everybody.columns, numbers, strict=True))
        within = design_population(regions, draft.filters)
        if within not in self._tables:
            self._tables[within] = DesignTable(regions, within)
        both = both_ways(self._tables[within], draft.design)
        images = images_of_design(regions, both.chosen, draft.design, draft.filters)
        self.app.call_from_thread(self._counted, draft, both, self._choice.totals_of(images))

    def _counted(self, draft: DesignDraft, both: BothWays, totals: SelectedTotals) -> None:
        if self.stands and draft == self._draft:
            self._both = both
            self._totals = totals
            self._show()

    def _show(self) -> None:
        draft = self._draft
        self.query_one("#design-heading", Static).update(Text(self._heading, no_wrap=True))
        self._modalities.show(draft.design.has_all, self._candidates)
        self._conditions.show(draft.conditions)
        if self._both is not None and self._both.design == draft.design:
            lines = step_lines(self._both, max(40, self.app.size.width - 2))
            self.query_one("#design-steps", LineList).show_lines(lines)
        elif self._both is None:
            self.query_one("#design-steps", LineList).show_lines(waiting_lines())
        self.query_one("#design-selects", Static).update(Text(self._selects, no_wrap=True))

    @property
    def _heading(self) -> str:
        left = self._modalities.size.width
        # The rows' text stands after the cursor's mark, and there is a gap of two.
        heading = f" {fit('all of these', left - 12)}candidates"
        return f"{fit(heading, left + 3)}conditions"

    @property
    def _selects(self) -> str:
        """What enter would do, in as many words as there is room for."""
        return first_that_fits(self._selects_at_length, self.app.size.width - 2)

    @property
    def _selects_at_length(self) -> tuple[str, ...]:
        if not self._draft.design:
            return (
                "Tick the modalities that must be there together, or set a condition.",
                "Tick the modalities that must be there together.",
            )
        totals = self._totals
        if totals is None:
            return ("counting ...",)
        if not totals.images:
            return (
                "Nothing is left: ask for less, or count BL00 and EN00 as one time point.",
                "Nothing is left: ask for less.",
            )
        size = sum_label(totals.size_bytes, totals.estimated, totals.unknown_images)
        size = "size not known yet" if size == "?" else size
        images, ticked = plural(totals.images, "image"), self._choice.selection.count
        return (
            f"selects {images}   {size}{f'   instead of the {ticked:,} ticked now' * bool(ticked)}",
            f"selects {images}, {size}{f', instead of {ticked:,}' * bool(ticked)}",
        )

    def on_resize(self) -> None:
        """Set headings and steps anew, once the lists have their new size."""
        self.call_after_refresh(self._show)

    # Keys

    def on_design_list_left(self, message: DesignList.Left) -> None:
        """To the other list."""
        target: DesignList = self._modalities if message.step < 0 else self._conditions
        target.focus()

    def action_change(self) -> None:
        """Tick or untick the modality, or take the condition's next value."""
        self._step(1)

    def action_more(self) -> None:
        """The next value."""
        self._step(1)

    def action_less(self) -> None:
        """The value before."""
        self._step(-1)

    def _step(self, step: int) -> None:
        modality = self._modalities.modality
        if self._conditions.has_focus:
            self._change(self._draft.changed(self._conditions.cursor, step))
        elif self._modalities.has_focus and modality is not None:
            order = self._choice.index.regions.modalities
            self._change(self._draft.toggle(modality, order))

    def action_clear(self) -> None:
        """Ask for nothing."""
        self._change(DesignDraft.of_rules(Rules(), ()))

    def action_apply(self) -> None:
        """Select what is left instead of what is ticked."""
        if not self._draft.design:
            self.tui.tell("Nothing is asked yet: space ticks a modality.")
        elif self._totals is not None and not self._totals.images:
            self.tui.tell("Nothing is left after the last step: ask for less.")
        else:
            self.dismiss(self._draft.rules)

    def action_back(self) -> None:
        """Back to the browser."""
        self.dismiss(None)
