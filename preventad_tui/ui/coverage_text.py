"""The coverage table as text: its columns, numbers, and signs that repeat what the numbers say."""

from dataclasses import dataclass

from preventad_tui.core.coverage import Coverage, HasAll
from preventad_tui.core.modality import modality_label
from preventad_tui.core.text import plural
from preventad_tui.ui.widgets.row_list import fit

_SESSIONS = 4
_DIGITS = 3
_SIGN = 2
_LONG_NAME = 11
LEGEND = "of a row's sessions (“all”) have it:   ## all   :: half or more   .. fewer"


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns (`first` to before `last`) are on the screen; all widths are in cells.

    Before them stand the row's name and how many sessions it has in all.
    """

    name: int
    widths: tuple[int, ...]
    first: int
    last: int

    def sign_at(self, column: int) -> int:
        """Where the last digit of a column on the screen stands, counted from the name."""
        return self.name + sum(self.widths[self.first : column + 1]) - _SIGN - 2


def lay_out(
    table: Coverage, width: int, column: int, first: int, prefix: str, marked: frozenset[str]
) -> Layout:
    """The columns that `width` has room for, moved from `first` as little as shows `column`.

    Long names are cut where not all columns fit.
    """
    name = max((len(prefix) + len(row) for row in table.rows), default=0) + 2 + _SESSIONS
    digits = max((len(f"{cell:,}") for row in table.cells for cell in row), default=0)
    digits = max(digits, _DIGITS)
    labels = [len(modality_label(modality)) for modality in table.columns]
    marks = [modality in marked for modality in table.columns]
    if name + sum(_widths(labels, marks, digits)) > width:
        labels = [min(label, _LONG_NAME) for label in labels]
    widths = _widths(labels, marks, digits)
    width -= name + sum(widths) > width  # one cell says that there is more
    first = min(first, column)
    while first < column and name + sum(widths[first : column + 1]) > width:
        first += 1
    last = first
    while last < len(widths) and name + sum(widths[first : last + 1]) <= width:
        last += 1
    return Layout(name, widths, first, last)


def _widths(labels: list[int], marks: list[bool], digits: int) -> tuple[int, ...]:
    return tuple(
        1 + max(label + mark, digits + 1 + _SIGN) for label, mark in zip(labels, marks, strict=True)
    )


def shade(count: int, of: int) -> str:
    """How much of `of` a count is: nothing, `..` under half, `::` half or more, `##` all."""
    if not count:
        return " " * _SIGN
    sign = "#" if count >= of else ":" if count * 2 >= of else "."
    return sign * _SIGN


def cell_text(count: int, of: int, width: int) -> str:
    """`   141 ##`."""
    return f"{count:>{width - _SIGN - 1},} {shade(count, of)}"


def name_text(table: Coverage, row: int, layout: Layout, prefix: str) -> str:
    """`NAPBL00  141`: a row's name and all its sessions."""
    width = layout.name - _SESSIONS - 1
    return f"{fit(prefix + table.rows[row], width)}{table.row_sessions[row]:>{_SESSIONS}} "


def heading_cells(
    table: Coverage, layout: Layout, marked: frozenset[str]
) -> list[tuple[str, bool]]:
    """The heading's cells, and which are of marked modalities (`*` before the name)."""
    what = "visit" if table.by_visit else "candidate"
    cells = [(f"{fit(what, layout.name - _SESSIONS - 1)}{'all':>{_SESSIONS}} ", False)]
    for modality, width in list(zip(table.columns, layout.widths, strict=True))[
        layout.first : layout.last
    ]:
        label = modality_label(modality)
        sign = "*" if modality in marked else ""
        if len(sign + label) >= width:
            label = f"{label[: width - len(sign) - 2]}…"  # modalities differ at their beginning
        cells.append((f"{sign + label:>{width}}", bool(sign)))
    return cells


def has_all_lines(marked: tuple[str, ...], counts: HasAll | None) -> list[str]:
    """What the sessions and candidates are that have all of the marked modalities."""
    if not marked:
        return ["has all of   space marks the column's modality", "", ""]
    names = " + ".join(map(modality_label, marked))
    if counts is None:
        return [f"has all of   {names}   (space marks)", "counting ...", ""]
    return [
        f"has all of   {names}   (space marks)",
        f"{plural(counts.sessions, 'session')}   {plural(counts.time_points, 'time point')} "
        "(BL00 + EN00 as one)",
        f"{plural(counts.candidates_with_follow_up, 'candidate')} at baseline and follow-up "
        f"({counts.candidates_with_follow_up_by_visits:,} by visit)",
    ]
