"""How the counts of a study design fall, as a table with both ways of counting side by side."""

import textwrap

from preventad_tui.core.design import Step, TimePoints
from preventad_tui.core.design_report import BothWays
from preventad_tui.ui.widgets.line_list import Line, line
from preventad_tui.ui.widgets.row_list import Cell, fit
from preventad_tui.ui.widgets.totals import first_that_fits

_PEOPLE = 11
_POINTS = 8
_GAP = 2
_WAY = _PEOPLE + _POINTS
_NARROWEST = 28
_STAR = (
    "* decides what is selected; merged: BL00 and EN00 are one time point",
    "* chosen; merged: BL00+EN00 as one",
    "* chosen",
)
"""What the star at one of the ways means, in as many words as there is room for."""
_SHORT_HEADING = ("candidates after each step, * chosen", "candidates after each step")


def step_lines(both: BothWays, width: int) -> list[Line]:
    """A heading of two lines, then the conditions; the way chosen stands out.

    A condition that is longer than its column has its counts on its last line.
    """
    merged = both.design.timepoints is TimePoints.MERGED
    label = width - 2 * (_WAY + _GAP)
    if label < _NARROWEST:
        return _short_lines(both, width, merged)
    star = first_that_fits(_STAR, label)
    lines = [
        _line(star, label, "merged" + " *" * merged, "by visit" + " *" * (not merged), merged),
        _line("left after each step", label, _names("points"), _names("visits"), merged),
    ]
    for sentence, here, there in both.steps:
        *above, last = textwrap.wrap(sentence, label, subsequent_indent="  ") or [""]
        lines += [line(text) for text in above]
        lines.append(_line(last, label, _counts(here), _counts(there), merged))
    return lines


def _short_lines(both: BothWays, width: int, merged: bool) -> list[Line]:
    """The candidates alone, where there is no room for more."""
    way = _PEOPLE - _GAP
    label = width - 2 * (way + _GAP)
    heading = "merged" + " *" * merged, "by visit" + " *" * (not merged)
    lines = [_line(first_that_fits(_SHORT_HEADING, label), label, *heading, merged, way)]
    for sentence, here, there in both.steps:
        counts = f"{here.candidates:,}", f"{there.candidates:,}"
        lines.append(_line(sentence, label, *counts, merged, way))
    return lines


def _line(text: str, label: int, left: str, right: str, merged: bool, way: int = _WAY) -> Line:
    chosen, other = "row--strong", "row--muted"
    gap = " " * _GAP
    return (
        Cell(fit(text, label)),
        Cell(f"{gap}{left:>{way}}", chosen if merged else other),
        Cell(f"{gap}{right:>{way}}", other if merged else chosen),
    )


def _names(noun: str) -> str:
    return f"{'candidates':>{_PEOPLE}}{noun:>{_POINTS}}"


def _counts(step: Step) -> str:
    return f"{step.candidates:>{_PEOPLE},}{step.time_points:>{_POINTS},}"


def waiting_lines() -> list[Line]:
    """While it is counted."""
    return [line("counting ...", "row--muted")]
