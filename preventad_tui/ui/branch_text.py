"""What the details of a branch say: its sums, its states, its modalities."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from preventad_tui.core.modality import modality_label
from preventad_tui.core.states import FileState
from preventad_tui.core.text import human_size, plural
from preventad_tui.ui.widgets.line_list import Line, line
from preventad_tui.ui.widgets.row_list import Cell, fit
from preventad_tui.ui.widgets.signs import state_style
from preventad_tui.ui.widgets.totals import DiskTotals, SelectedTotals, sum_label

_LABEL = 12
_WIDE = (24, 8, 10, 18, 14)
_NARROW = (17, 7, 9, 15, 10)


@dataclass(frozen=True, slots=True)
class BranchFacts:
    """All below a branch; `whole` and `selected` in files, None while the folder is looked at.

    `states` counts images by their worst file; `modalities` are name, images, selected, files.
    """

    images: SelectedTotals
    whole: DiskTotals | None
    selected: DiskTotals | None
    states: Mapping[FileState, int]
    modalities: tuple[tuple[str, int, int, DiskTotals | None], ...]


def branch_lines(facts: BranchFacts, width: int) -> list[Line]:
    """The whole text, line by line, its table in `width` cells."""
    images = facts.images
    lines = [
        _pair("holds", f"{plural(images.candidates, 'candidate')}, "
              f"{plural(images.sessions, 'session')}, {plural(images.images, 'image')}"),
    ]  # fmt: skip
    for label, totals in (("all of it", facts.whole), ("selected", facts.selected)):
        lines.extend(_totals(label, totals))
    lines.append(line())
    lines.append(line("images by state", "row--strong"))
    for state, count in sorted(facts.states.items(), key=lambda pair: -pair[1]):
        lines.append(
            (Cell(f"  {fit(state.label, _LABEL)}", state_style(state)), Cell(f"{count:>8,}"))
        )
    lines.append(line())
    widths = _WIDE if width >= sum(_WIDE) else _NARROW
    columns = _columns(widths, "", "images", "selected", "files on disk", "size")
    lines.append(line(columns, "row--muted"))
    for modality, count, chosen, totals in facts.modalities:
        disk = f"{totals.on_disk_files:,} of {totals.files:,}" if totals else "?"
        name, size = modality_label(modality), _size(totals)
        lines.append(line(_columns(widths, name, f"{count:,}", f"{chosen:,}", disk, size)))
    lines.append(line())
    lines.append(line("scans and study files are in the sums above only", "row--muted"))
    return lines


def _columns(widths: tuple[int, ...], label: str, *numbers: str) -> str:
    first, *others = widths
    cells = (f"{number:>{width}}" for number, width in zip(numbers, others, strict=True))
    return "".join((f"  {fit(label, first - 2)}", *cells))


def _totals(label: str, totals: DiskTotals | None) -> Iterator[Line]:
    if totals is None:
        yield _pair(label, "looking at what is on disk ...")
        return
    here = f"on disk {plural(totals.on_disk_files, 'file')} {human_size(totals.on_disk_bytes)}"
    size = "size not known" if _size(totals) == "?" else _size(totals)
    yield _pair(label, f"{plural(totals.files, 'file')}, {size}; {here}")


def _size(totals: DiskTotals | None) -> str:
    if totals is None:
        return "?"
    return sum_label(totals.size_bytes, totals.estimated, totals.unknown_files)


def _pair(label: str, value: str) -> Line:
    return (Cell(f"{label:<{_LABEL}}", "row--muted"), Cell(value))
