"""Coverage: how many sessions have which modality, and where to look for what is missing."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from preventad_tui.core.cell_filter import filter_of_cell
from preventad_tui.core.coverage import (
    Coverage,
    HasAll,
    Measure,
    coverage_by_candidate,
    coverage_by_visit,
    has_all,
    measured,
    of_candidates,
)
from preventad_tui.core.design import DesignTable
from preventad_tui.core.errors import PreventADError
from preventad_tui.core.model import DataType
from preventad_tui.core.regions import Region
from preventad_tui.core.text import clean, plural
from preventad_tui.core.verify_report import write_report
from preventad_tui.ui.actions import Place
from preventad_tui.ui.choice import Choice
from preventad_tui.ui.coverage_text import LEGEND, has_all_lines
from preventad_tui.ui.screens.base import Modal, modal_bindings
from preventad_tui.ui.screens.fields import Field, FieldsModal
from preventad_tui.ui.widgets.coverage_grid import CoverageGrid, CoverageHeading
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.rule_line import RuleLine


@dataclass(frozen=True, slots=True)
class CoverageOutcome:
    """Where to go from the table: to the tree with a filter, or to the design."""

    filter_text: str = ""
    region: Region | None = None
    opens_design: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be counted."""

    measure: Measure = Measure.SERVER
    by_visit: bool = True
    only_shown: bool = False


class CoverageScreen(Modal[CoverageOutcome | None]):
    """Visits, or candidates, by modalities; the modalities marked are those of `has all of`."""

    DEFAULT_CSS: ClassVar[str] = """
    CoverageScreen { background: $background; }
    CoverageScreen > #coverage-top { height: 1; padding: 0 1; }
    CoverageScreen #coverage-title { width: 1fr; }
    CoverageScreen #coverage-measure { width: auto; text-style: bold; }
    CoverageScreen > #coverage-has-all { height: 3; padding: 0 1; }
    CoverageScreen > #coverage-legend { height: 1; padding: 0 1; color: $text-muted; }
    CoverageScreen.-short > #coverage-legend { display: none; }
    """
    PLACES = (Place.COVERAGE, Place.TABLE, Place.LIST)
    BINDINGS: ClassVar[list[BindingType]] = modal_bindings(Place.COVERAGE)

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self._choice = choice
        self._asked = _Asked(only_shown=choice.query is not None)
        self._table: DesignTable | None = None

    def hints(self) -> tuple[str, ...]:
        """The keys; the other scope only where a filter makes one."""
        scope = ("coverage.scope",) if self._choice.query is not None else ()
        other = "" if self._asked.by_visit else "=Visits"
        return (
            "coverage.to_tree",
            "coverage.measure",
            f"coverage.view{other}",
            *scope,
            "coverage.design",
            "coverage.export",
            "coverage.back",
            "app.help",
        )

    def compose(self) -> ComposeResult:
        """What is counted, the table, who has all of what is marked, the keys."""
        bids = self._choice.data_type is DataType.BIDS
        grid = CoverageGrid(prefixes=("sub-", "") if bids else ("", ""), id="coverage-grid")
        with Horizontal(id="coverage-top"):
            yield Static("", id="coverage-title", markup=False)
            yield Static("", id="coverage-measure", markup=False)
        yield CoverageHeading(grid, id="coverage-heading")
        yield grid
        yield RuleLine()
        yield Static("", id="coverage-has-all", markup=False)
        yield Static(LEGEND, id="coverage-legend", markup=False)
        yield HintLine(self.hints())

    def on_mount(self) -> None:
        """Count at once."""
        self.grid.focus()
        self._show_marked()
        self._recount()

    @property
    def grid(self) -> CoverageGrid:
        """The table."""
        return self.query_one(CoverageGrid)

    # Counting

    def _ask(self, asked: _Asked) -> None:
        self._asked = asked
        self.query_one(HintLine).show(self.hints())
        self._recount()

    def _recount(self) -> None:
        self._table = None
        self._count(self._asked)

    @work(thread=True, exclusive=True, group="coverage")
    def _count(self, asked: _Asked) -> None:
        choice = self._choice
        regions = choice.index.regions
        counted = measured(regions, asked.measure, choice.selection, choice.facts)
        shown = choice.query.matches if asked.only_shown and choice.query else None
        count: Callable[..., Coverage] = (
            coverage_by_visit if asked.by_visit else coverage_by_candidate
        )
        coverage = count(regions, counted, shown)
        self.app.call_from_thread(self._counted, asked, coverage)
        within = counted if shown is None else of_candidates(regions, counted, shown)
        table, marked = DesignTable(regions, within), choice.marked
        found = has_all(table, marked)
        self.app.call_from_thread(self._has_all_counted, asked, table, marked, found)

    def _counted(self, asked: _Asked, coverage: Coverage) -> None:
        if not self.stands or asked != self._asked:
            return
        self.grid.show(coverage if coverage.candidates else coverage.without_rows())
        people = plural(coverage.candidates, "candidate")
        shown = " shown by the filter" if asked.only_shown else ""
        title = f"Coverage   {people}{shown}, sessions with it"
        self.query_one("#coverage-title", Static).update(Text(title, no_wrap=True))
        self.query_one("#coverage-measure", Static).update(Text(asked.measure.value))

    def _has_all_counted(
        self, asked: _Asked, table: DesignTable, marked: tuple[str, ...], found: HasAll
    ) -> None:
        if self.stands and asked == self._asked:
            self._table = table
            if marked == self._choice.marked:
                self._show_has_all(found)
            else:
                self._show_marked()

    def _show_marked(self) -> None:
        marked = self._choice.marked
        self.grid.show_marks(frozenset(marked))
        self._show_has_all(None)
        if self._table is not None:
            self._count_has_all(self._asked, self._table, marked)

    @work(thread=True, exclusive=True, group="coverage-marks")
    def _count_has_all(self, asked: _Asked, table: DesignTable, marked: tuple[str, ...]) -> None:
        found = has_all(table, marked)
        self.app.call_from_thread(self._has_all_counted, asked, table, marked, found)

    def _show_has_all(self, found: HasAll | None) -> None:
        lines = has_all_lines(self._choice.marked, found)
        self.query_one("#coverage-has-all", Static).update(Text("\n".join(lines), no_wrap=True))

    # Keys

    def action_measure(self) -> None:
        """On the server, selected, on disk."""
        self._ask(replace(self._asked, measure=self._asked.measure.next))

    def action_view(self) -> None:
        """Candidates instead of visits, and back."""
        self._ask(replace(self._asked, by_visit=not self._asked.by_visit))

    def action_scope(self) -> None:
        """All candidates, or those that the filter shows."""
        if self._choice.query is None:
            self.tui.tell("No filter is on: all candidates are shown.")
        else:
            self._ask(replace(self._asked, only_shown=not self._asked.only_shown))

    def action_mark(self) -> None:
        """Count the modality among those of `has all of`, or do not."""
        if self.grid.cell is not None:
            self._choice.mark(self.grid.cell[1])
            self._show_marked()

    def action_design(self) -> None:
        """Choose by study design, with the modalities marked."""
        self.dismiss(CoverageOutcome(opens_design=True))

    def action_to_tree(self) -> None:
        """Show the cell's images in the tree; the filter that made the table stays."""
        if self.grid.cell is None:
            return
        row, modality = self.grid.cell
        by_visit = self._asked.by_visit
        region = Region(None if by_visit else row, row if by_visit else None, modality)
        query = self._choice.query if self._asked.only_shown else None
        text = filter_of_cell(self._choice.index, region, query)
        if not text:
            who = "None of the candidates shown" if query else "No candidate"
            self.tui.tell(
                f"{who} has {modality} at {row}." if by_visit else f"{row} has no {modality}."
            )
            return
        self.dismiss(CoverageOutcome(text, region))

    def action_back(self) -> None:
        """Back to the browser."""
        self.dismiss(None)

    def action_export(self) -> None:
        """Ask where to, then write the table there."""
        table = self.grid.table
        if table is None:
            return
        if not table.rows:
            self.tui.tell("There is nothing to export: the filter shows no candidate.")
            return
        rows = "visits" if table.by_visit else "candidates"
        name = f"coverage-{rows}-{self._asked.measure.value.replace(' ', '-')}.tsv"
        fields = [Field("File", str(Path.cwd() / name), is_file=True)]

        def take(answer: tuple[str, ...] | None) -> None:
            if not answer or not answer[0]:
                return
            path = Path(os.path.abspath(os.path.expanduser(answer[0])))
            if path.exists():
                question = f"{clean(str(path))} is there already. Replace it?"
                self.tui.ask(question, lambda yes: self._write(path, table) if yes else None)
            else:
                self._write(path, table)

        self.app.push_screen(FieldsModal("Write the table as TSV", fields), take)

    def _write(self, path: Path, table: Coverage) -> None:
        rows = (table.columns_of_table, *table.rows_of_table)
        try:
            write_report(path, ("\t".join(map(str, row)) for row in rows))
        except PreventADError as error:
            self.tui.tell(str(error))
        else:
            self.tui.tell(f"Written to {clean(str(path))}.")
