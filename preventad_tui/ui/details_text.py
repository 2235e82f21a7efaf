"""What the details of an image say: its metadata, and each file's state, sum and history."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from preventad_tui.core.events import FileEnded
from preventad_tui.core.ledger import LedgerLine
from preventad_tui.core.modality import modality_label
from preventad_tui.core.model import Image, PlannedFile
from preventad_tui.core.quality import qc_label
from preventad_tui.core.states import FileState
from preventad_tui.core.text import clean, human_size
from preventad_tui.ui.failures import FAILURES, what_to_do
from preventad_tui.ui.widgets.line_list import Line, line
from preventad_tui.ui.widgets.row_list import Cell, fit
from preventad_tui.ui.widgets.signs import state_style

_LABEL = 12
_SIDECAR_KEY = 26


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of one file of an image; sizes in bytes, None where unknown."""

    path: str
    link: str
    state: FileState = FileState.NEW
    size_bytes: int | None = None
    estimated: bool = False
    line: LedgerLine | None = None
    end: FileEnded | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where facts come from: the plan's states and sizes, the ledger, the run of this session."""

    states: Mapping[str, FileState] = field(default_factory=dict)
    ledger: Mapping[str, LedgerLine] = field(default_factory=dict)
    ends: Mapping[str, FileEnded] = field(default_factory=dict)

    def facts(self, file: PlannedFile) -> FileFacts:
        """What is known of one file; what happened in this run counts most."""
        known, end = self.ledger.get(file.path), self.ends.get(file.path)
        state = self.states.get(file.path, known.state if known else FileState.NEW)
        size = known.size_bytes if known and known.is_good else None
        if end is not None:
            state, size = end.state, end.size_bytes or size
        return FileFacts(file.path, file.link, state, size, line=known, end=end)


def details_lines(image: Image, files: list[FileFacts]) -> list[Line]:
    """The whole text, line by line."""
    lines = [
        _pair("candidate", image.candidate),
        _pair("visit", image.visit),
        _pair("modality", modality_label(image.modality)),
        _pair("scan type", image.scan_type),
        _pair("name", image.name),
        _pair("MINC file", image.minc_name),
    ]
    if image.subfolder:
        lines.append(_pair("folder", image.subfolder))
    if quality := qc_label(image):
        lines.append(_pair("QC", clean(quality)))
    for file in files:
        lines.append(line())
        lines.extend(_file_lines(file))
    return lines


def table_lines(files: list[FileFacts]) -> list[Line]:
    """The same of tables of the data releases."""
    return [one for file in files for one in (*_file_lines(file), line())]


def _file_lines(file: FileFacts) -> Iterator[Line]:
    yield line(clean(file.path.rpartition("/")[2]), "row--strong")
    size = human_size(file.size_bytes, estimated=file.estimated)
    yield (
        Cell(f"  {'state':<{_LABEL}}"),
        Cell(file.state.label, state_style(file.state)),
        Cell(f"   {size}" if file.size_bytes is not None else ""),
    )
    yield from _why(file)
    if file.size_bytes is not None:
        yield _pair("  bytes", f"{file.size_bytes:,}")
    known = file.line
    if known is not None and known.is_good:
        yield _pair("  MD5", clean(known.md5))
        yield _pair("  ETag", clean(known.etag) or "none")
        yield _pair("  fetched", clean(known.when.replace("T", " ")))
        if known.replaced:
            yield _pair("  replaced", f"the older version {clean(known.replaced)}")
        if known.note:
            yield _pair("  note", clean(known.note))
    yield _pair("  path", clean(file.path, 400))
    if file.link:
        yield _pair("  link", clean(file.link, 400))


def _why(file: FileFacts) -> Iterator[Line]:
    """Why it is not on disk, and what was tried."""
    if file.state.is_good or file.state is FileState.NEW:
        return
    if file.end is not None:
        reason = file.end.message or file.end.reason
        tries = file.end.attempts
    elif file.line is not None and not file.line.is_good:
        reason, tries = file.line.reason, file.line.attempts
    else:
        return
    if reason:
        yield _pair("  why", clean(reason, 400))
    if tries:
        yield _pair("  tried", f"{tries} times" if tries > 1 else "once")
    code = file.end.reason if file.end else file.line.reason if file.line else ""
    if file.state in FAILURES:
        yield _pair("  what to do", what_to_do(file.state, code))


def sidecar_lines(name: str, said: Mapping[str, object]) -> list[Line]:
    """What a side file on disk says, a line for each of its keys."""
    lines = [line(), line(f"{name} says", "row--strong")]
    for key, value in said.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines.append(
            (Cell(f"  {fit(clean(key), _SIDECAR_KEY)}  ", "row--muted"), Cell(clean(text, 400)))
        )
    return lines


def _pair(label: str, value: str) -> Line:
    return (Cell(f"{label:<{_LABEL + 2}}", "row--muted"), Cell(value))
