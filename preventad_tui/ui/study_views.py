"""The browser's way to coverage and study design, and what it does with their answers.

They are imported when they are shown: the browser's first paint does not wait for them.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from preventad_tui.core.rules import Rules
from preventad_tui.core.text import plural

if TYPE_CHECKING:
    from preventad_tui.ui.screens.browser import BrowserScreen
    from preventad_tui.ui.screens.coverage import CoverageOutcome


class StudyViews:
    """Shows them over the browser."""

    def __init__(self, screen: "BrowserScreen") -> None:
        self._screen = screen

    def show_coverage(self) -> None:
        """Show who has what."""
        from preventad_tui.ui.screens.coverage import CoverageScreen

        if self._screen.choice is not None:
            self._screen.app.push_screen(CoverageScreen(self._screen.choice), self._coverage_left)

    def _coverage_left(self, outcome: "CoverageOutcome | None") -> None:
        choice = self._screen.choice
        if outcome is None or choice is None:
            return
        if outcome.opens_design:
            self.show_design(choice.marked)
        else:
            self._screen.pane.show_filtered(outcome.filter_text, outcome.region)

    def show_design(self, has_all: tuple[str, ...] = ()) -> None:
        """Show the study design, with these modalities asked for where any are given."""
        from preventad_tui.ui.screens.design import DesignScreen

        if self._screen.choice is not None:
            screen = DesignScreen(self._screen.choice, has_all)
            self._screen.app.push_screen(screen, self._design_left)

    def _design_left(self, rules: Rules | None) -> None:
        choice = self._screen.choice
        if rules is None or choice is None:
            return
        tables = choice.selection.rules.tables
        choice.selection.replace(replace(rules, tables=tables))
        self._screen.pane.selection_changed()
        self._screen.tui.tell(
            f"{plural(choice.selection.count, 'image')} ticked by the study design. "
            "u takes it back."
        )
