"""The offer to go on where the last session ended."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from preventad_tui.core.last_session import LastSession
from preventad_tui.core.text import clean, human_size, human_time, plural
from preventad_tui.ui.actions import Place
from preventad_tui.ui.screens.base import Modal, modal_bindings
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.line_list import Line, LineList, line
from preventad_tui.ui.widgets.row_list import Cell


class ResumeScreen(Modal[bool]):
    """Name, date, counts, what is left; enter goes on, escape starts anew."""

    DEFAULT_CSS: ClassVar[str] = """
    ResumeScreen { align: center middle; }
    ResumeScreen > Vertical {
        width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 1 2;
        border: solid $primary; background: $surface;
    }
    ResumeScreen LineList { height: auto; }
    ResumeScreen HintLine { dock: none; padding: 0; margin-top: 1; }
    """
    PLACES = (Place.RESUME, Place.LIST)
    HINTS = ("resume.accept", "resume.decline", "app.help")
    BINDINGS: ClassVar[list[BindingType]] = modal_bindings(Place.RESUME)

    def __init__(self, session: LastSession, shown_name: str) -> None:
        super().__init__()
        self._session = session
        self._shown_name = shown_name

    def compose(self) -> ComposeResult:
        """The facts and the keys."""
        with Vertical():
            yield LineList(id="resume-lines")
            yield HintLine(self.HINTS)

    def on_mount(self) -> None:
        """Show what there is to go on with."""
        lines = resume_lines(self._session, self._shown_name)
        table = self.query_one(LineList)
        table.styles.height = len(lines)
        table.show_lines(lines)
        table.focus()

    def action_accept(self) -> None:
        """Go on."""
        self.dismiss(True)

    def action_decline(self) -> None:
        """Start anew; nothing is deleted."""
        self.dismiss(False)


def resume_lines(session: LastSession, name: str) -> list[Line]:
    """What the offer says; the selection's name as it is shown."""
    selection = session.selection
    left = "nothing"
    if session.left_files:
        size = f", about {human_size(session.left_bytes)}" if session.left_bytes else ""
        left = f"{plural(session.left_files, 'file')}{size}"
    facts = [
        ("date", human_time(session.date)),
        ("server", f"{session.server} · {selection.type.value.upper()}"),
        ("selection", name or "without a name"),
        ("selected", selection.counted),
        ("to fetch", left),
        ("folder", clean(selection.outputdir) or "none yet"),
    ]
    lines = [line("Go on where you left?", "row--strong")]
    lines += [(Cell(f"{label:<12}", "row--muted"), Cell(value)) for label, value in facts]
    if session.goes_on_at_once:
        lines.append(line("The download was under way; it goes on at once."))
    return lines
