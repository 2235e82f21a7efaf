"""One file of the run: where it lies, whence it comes, its sums, how it ended."""

import textwrap
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from preventad_tui.core.events import FileEnded, FileRetried
from preventad_tui.core.text import clean, human_duration, human_size
from preventad_tui.ui.actions import Place
from preventad_tui.ui.failures import FAILURES, what_to_do
from preventad_tui.ui.screens.base import Modal, modal_bindings
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.line_list import Line, LineList
from preventad_tui.ui.widgets.log_rows import shown_seconds
from preventad_tui.ui.widgets.row_list import Cell

if TYPE_CHECKING:
    from preventad_tui.ui.one_run import Run

_LABEL_WIDTH = 10
_VALUE_LIMIT = 2000


class FileDetailsModal(Modal[None]):
    """Everything known of one file; escape goes back."""

    DEFAULT_CSS: ClassVar[str] = """
    FileDetailsModal { align: center middle; }
    FileDetailsModal > Vertical {
        width: 100; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        border: solid $primary; background: $surface;
    }
    FileDetailsModal LineList { height: auto; max-height: 100%; }
    FileDetailsModal HintLine { dock: none; padding: 0; margin-top: 1; }
    """
    PLACES = (Place.DETAILS, Place.LIST)
    HINTS = ("details.back", "app.help")
    BINDINGS: ClassVar[list[BindingType]] = modal_bindings(Place.DETAILS)

    def __init__(self, run: "Run", path: str) -> None:
        super().__init__()
        self._run = run
        self._path = path

    def compose(self) -> ComposeResult:
        """A table of two columns."""
        with Vertical():
            yield Static("File", classes="title", markup=False)
            yield LineList(id="file-details")
            yield HintLine(self.HINTS)

    def on_mount(self) -> None:
        """Fill the table."""
        width = min(100, self.app.size.width) - 6 - _LABEL_WIDTH
        lines: list[Line] = []
        for label, value in self._facts():
            parts = textwrap.wrap(value, width, break_on_hyphens=False) or [""]
            for number, part in enumerate(parts):
                shown = "" if number else label
                lines.append((Cell(f"{shown:<{_LABEL_WIDTH}}", "row--muted"), Cell(part)))
        table = self.query_one(LineList)
        table.show_lines(lines)
        table.styles.height = len(lines)
        table.focus()

    def _facts(self) -> list[tuple[str, str]]:
        file = next((i.file for i in self._run.plan.items if i.file.path == self._path), None)
        end = self._run.ends.get(self._path)
        active = next((a for a in self._run.snapshot.active if a.path == self._path), None)
        state = end.state.label if end else active.state.label if active else "queued"
        facts = [("path", clean(self._path, _VALUE_LIMIT)), ("state", state)]
        if file and file.link:
            facts.append(("link", clean(file.link, _VALUE_LIMIT)))
        if end:
            facts += [("size", _size(end.size_bytes)), *self._sums(end)]
            facts.append(("ended", time.strftime("%d %b %H:%M:%S", time.localtime(end.at))))
            if took := shown_seconds(end.seconds):
                facts.append(("took", took))
            facts.append(("attempts", str(end.attempts)))
            if reason := clean(end.message or end.reason, _VALUE_LIMIT):
                facts.append(("reason", reason))
            if end.state in FAILURES:
                facts.append(("to do", what_to_do(end.state, end.reason)))
        elif active:
            facts.append(("attempt", str(active.attempt)))
        facts += [("tried", tried) for tried in self._tries()]
        return facts

    def _sums(self, end: FileEnded) -> Iterator[tuple[str, str]]:
        """The bytes' MD5, and what the server called them, as the folder's ledger has it."""
        if not end.md5:
            return
        yield "MD5", end.md5
        folder = self.tui.workspace.folder
        known = folder.ledger.lines.get(self._path) if folder else None
        if known and known.md5 == end.md5 and known.etag:
            yield "ETag", clean(known.etag, _VALUE_LIMIT)

    def _tries(self) -> Iterator[str]:
        """What was tried in this run and came to nothing."""
        for event in self._run.log:
            if isinstance(event, FileRetried) and event.path == self._path:
                clock = time.strftime("%H:%M:%S", time.localtime(event.at))
                message = clean(event.message or event.reason, _VALUE_LIMIT).rstrip(".")
                yield f"{clock} {message}; again after {human_duration(event.wait_s)}"

    def action_back(self) -> None:
        """Back to the transfers."""
        self.dismiss(None)


def _size(size_bytes: int | None) -> str:
    """`31.0 MB (31,012,345 bytes)`; below 1000 bytes the number says it all."""
    short = human_size(size_bytes)
    return f"{short} ({size_bytes:,} bytes)" if size_bytes and size_bytes >= 1000 else short
