"""How a run ended: counts that add up to the plan, and the exit code that they mean."""

from preventad_tui.core.engine.board import Board
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import Summary
from preventad_tui.core.model import FileRole
from preventad_tui.core.plan import Plan
from preventad_tui.core.states import FileState
from preventad_tui.core.text import plural

_BAD = (
    FileState.FAILED,
    FileState.GONE,
    FileState.FORBIDDEN,
    FileState.CHANGED,
    FileState.CANCELLED,
)
NOT_ALLOWED = (
    "The server forbids every file: this account may not download these data. "
    "Ask for access, or log in with another account."
)
_LEFT = (FileState.NEW, FileState.QUEUED, FileState.ACTIVE, FileState.CHECKING)


def summarise(
    plan: Plan, board: Board, ended: tuple[ExitCode, str] | None, seconds: float
) -> Summary:
    """The summary of a run; `ended` is why it was ended early, if it was."""
    counts = board.counts
    not_done = sum(counts[state] for state in _LEFT)
    exit_code, sentence = _natural_end(plan, board)
    if ended is not None and (not_done or ended[0] not in _STOPS):
        exit_code, sentence = ended
        sentence = sentence or f"Stopped; {plural(not_done, 'file')} left. Run again to go on."
    return Summary(
        exit_code=exit_code,
        on_disk=counts[FileState.ON_DISK],
        verified=counts[FileState.VERIFIED],
        unchanged=counts[FileState.UNCHANGED],
        outdated=counts[FileState.OUTDATED],
        changed=counts[FileState.CHANGED],
        missing=counts[FileState.MISSING],
        failed=counts[FileState.FAILED],
        gone=counts[FileState.GONE],
        forbidden=counts[FileState.FORBIDDEN],
        cancelled=counts[FileState.CANCELLED],
        not_done=not_done,
        size_bytes=board.good_bytes,
        fetched_files=board.fetched_files,
        fetched_bytes=board.fetched_bytes,
        seconds=seconds,
        sentence=sentence,
    )


_STOPS = frozenset(
    {ExitCode.LEFT, ExitCode.SIGHUP, ExitCode.SIGINT, ExitCode.SIGTERM, ExitCode.SIGXCPU}
)


def _is_all_forbidden(plan: Plan, board: Board) -> bool:
    """Whether nothing of the server's is to be had; files written here do not count."""
    states = {
        board.state(index)
        for index, item in enumerate(plan.items)
        if item.file.content is None and item.file.role is not FileRole.STUDY
    }
    return states == {FileState.FORBIDDEN}


def _natural_end(plan: Plan, board: Board) -> tuple[ExitCode, str]:
    """What the files' ends mean; a study file that the server does not have changes nothing."""
    bad = board.indices(*_BAD)
    counted = [
        index
        for index in bad
        if not (
            board.state(index) is FileState.GONE and plan.items[index].file.role is FileRole.STUDY
        )
    ]
    good = plural(sum(n for state, n in board.counts.items() if state.is_good), "file")
    if not counted:
        return ExitCode.OK, f"{good} on disk."
    if _is_all_forbidden(plan, board):
        return ExitCode.AUTH, NOT_ALLOWED
    return ExitCode.SOME_FAILED, f"{good} on disk, {plural(len(counted), 'file')} not."
