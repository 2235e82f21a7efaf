"""Checking what is on disk from the browser: how far it is, and what was found."""

from typing import TYPE_CHECKING

from preventad_tui.core.states import FileState
from preventad_tui.core.text import plural
from preventad_tui.core.verify import BROKEN, Verdict, VerifyCounts
from preventad_tui.ui.background import VerifyProgress
from preventad_tui.ui.widgets.top_line import TopLine

if TYPE_CHECKING:
    from preventad_tui.ui.screens.browser import BrowserScreen

_STATES = {
    Verdict.INTACT: FileState.ON_DISK,
    Verdict.MISSING: FileState.MISSING,
    Verdict.DAMAGED: FileState.FAILED,
    Verdict.CHANGED: FileState.CHANGED,
}


def state_of_verdict(verdict: Verdict) -> FileState:
    """How a file with this verdict is shown in the tree."""
    return _STATES.get(verdict, FileState.CHANGED)


def verified_sentence(counts: VerifyCounts) -> str:
    """`all 612 files are as recorded`, or how many are not and what to do."""
    if counts.is_all_well:
        return f"All {plural(counts.files_total, 'file')} on disk are as recorded."
    found = ", ".join(
        f"{counts.found[verdict]:,} {verdict.value}"
        for verdict in Verdict
        if verdict in BROKEN and counts.found[verdict]
    )
    return f"Not as recorded: {found}. n finds them; d fetches what is missing again."


class Verifying:
    """The browser's way to verify its folder."""

    def __init__(self, screen: "BrowserScreen") -> None:
        self._screen = screen

    def start(self) -> None:
        """Check what is on disk against the ledger."""
        screen = self._screen
        if screen.choice is None or screen.folder is None:
            screen.tui.tell("There is no output folder yet: d shows the plan, e chooses one.")
        elif screen.tui.bridge.is_running:
            screen.tui.tell(f"{screen.tui.bridge.standing}; verify when it is over.")
        else:
            screen.work.verify(screen.choice, screen.folder)

    def progress(self, message: VerifyProgress) -> None:
        """Show how far it is, and at the end what was found."""
        screen, counts = self._screen, message.counts
        if not message.is_over:
            done = f"verifying {counts.files_done:,} of {counts.files_total:,} files"
            screen.query_one(TopLine).show(right=done)
            return
        screen.news.show_top()
        screen.tui.tell(message.problem or verified_sentence(counts))
        if screen.choice is not None and screen.choice.facts is not None:
            for finding in message.broken:
                screen.choice.facts.set_state(finding.path, state_of_verdict(finding.verdict))
            screen.pane.selection_changed()
