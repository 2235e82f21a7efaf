"""Which files of a run are left out by the user's word, told before the engine has answered.

The engine's word for leaving a file out takes it back when it is sent again (`CancelFile`). What
it does with it shows some tenths of a second later, so a key pressed twice must not be a guess.
"""

from preventad_tui.core.commands import CancelFile
from preventad_tui.core.events import FileEnded
from preventad_tui.core.states import FileState
from preventad_tui.ui.one_run import Run


class LeavingOut:
    """The user's words about files of one run; each counts until the file ends another time."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[FileEnded | None, bool]] = {}

    def toggle(self, run: Run, path: str) -> tuple[CancelFile | None, str]:
        """What to send for this file, if anything, and what to say of it after its name."""
        end, asked = run.ends.get(path), self._asked.get(path)
        leaves_out = True
        if asked is not None and asked[0] is end:  # not answered yet
            if asked[1]:
                return None, "is being cancelled; x on its line takes it back"
        elif end is not None:
            if end.state is not FileState.CANCELLED:
                return None, f"did not come ({end.state.label}): r tries it again"
            leaves_out = False
        self._asked[path] = end, leaves_out
        if leaves_out:
            return CancelFile(path), "is cancelled; x on its line takes it back"
        return CancelFile(path), "is taken back"

    def retried(self, run: Run) -> None:
        """What failed or was left out is queued again."""
        for path, end in run.ends.items():
            if not end.state.is_good:
                self._asked[path] = end, False
