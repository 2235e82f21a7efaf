"""What an attempt brought, and the ledger line and event that tell of it."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from preventad_tui import __version__
from preventad_tui.core.engine.jobs import Job
from preventad_tui.core.events import FileEnded
from preventad_tui.core.ledger import LedgerLine
from preventad_tui.core.long_names import NAME_TOO_LONG
from preventad_tui.core.partial import Partial
from preventad_tui.core.plan import Action, Plan
from preventad_tui.core.states import FileState
from preventad_tui.core.twins import SAME_NAME


@dataclass(frozen=True, slots=True)
class Outcome:
    """One file's end, not yet in the ledger.

    `partial` holds the bytes that become the file; without one only the ledger is written.
    `replace`, `present` and `keep_old` say what it may replace (see `commit.Finished`); `replaced`
    is that version's MD5.
    `fetched_bytes` is what crossed the network for a file that is kept.
    """

    state: FileState
    reason: str = ""
    message: str = ""
    size_bytes: int = 0
    mtime_ns: int = 0
    md5: str = ""
    etag: str = ""
    replaced: str = ""
    note: str = ""
    partial: Partial | None = None
    replace: bool = False
    present: tuple[int, int] | None = None
    keep_old: bool = False
    fetched_bytes: int = 0


def fault_outcome(error: Exception) -> Outcome:
    """The end of a file at which this program failed."""
    message = f"a fault of this program ({type(error).__name__})"
    return Outcome(FileState.FAILED, "internal", message)


def ledger_line(outcome: Outcome, job: Job, server: str) -> LedgerLine:
    """The outcome as the ledger keeps it."""
    return LedgerLine(
        path=job.path,
        link=job.link,
        server=server,
        size_bytes=outcome.size_bytes,
        mtime_ns=outcome.mtime_ns,
        md5=outcome.md5,
        etag=outcome.etag,
        state=outcome.state,
        reason=outcome.reason,
        attempts=job.attempts + 1,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        replaced=outcome.replaced,
        version=__version__,
        note=outcome.note,
    )


def file_ended(outcome: Outcome, job: Job) -> FileEnded:
    """The outcome as people and scripts are told."""
    return FileEnded(
        path=job.path,
        state=outcome.state,
        reason=outcome.reason,
        message=outcome.message,
        size_bytes=outcome.size_bytes if outcome.md5 else None,
        md5=outcome.md5,
        seconds=time.monotonic() - job.started,
        attempts=job.attempts + 1,
        at=time.time(),
    )


_LEFT = {
    "changed": "altered on disk; kept",
    "missing": "removed from disk since",
    NAME_TOO_LONG: "its name or whole path is too long for this disk",
    SAME_NAME: "this disk takes its name for another file's, which is kept",
}


def left_alone(plan: Plan) -> list[FileEnded]:
    """The ends of files that the plan leaves alone though they are not as they should be."""
    ends = []
    for item in plan.items:
        if item.action is Action.LEAVE:
            reason = item.reason or ("changed" if item.state is FileState.CHANGED else "missing")
            message = _LEFT[reason]
            ends.append(FileEnded(item.file.path, item.state, reason, message, at=time.time()))
    return ends
