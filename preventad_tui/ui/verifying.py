"""What verifying found, as states and as a sentence."""

from preventad_tui.core.states import FileState
from preventad_tui.core.text import plural
from preventad_tui.core.verify import BROKEN, Verdict, VerifyCounts

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
