"""What the engine says: facts as events, the moment as a snapshot. All can be serialised.

Commands to the engine are in `core.commands`. Nothing here holds a callback, a widget or a lock.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from preventad_tui.core.errors import ExitCode
from preventad_tui.core.states import FileState


class RunState(StrEnum):
    """What the engine as a whole does."""

    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    STOPPING = "stopping"
    FINISHED = "finished"


class PauseReason(StrEnum):
    """Why nothing moves; the sentence for people is in the event and the snapshot."""

    NONE = ""
    USER = "user"
    OFFLINE = "offline"
    SIGN_IN_PAGE = "sign_in_page"
    TLS = "tls"
    PROXY = "proxy"
    RATE_LIMIT = "rate_limit"
    LOGGED_OUT = "logged_out"
    LOCKED_OUT = "locked_out"
    NO_PERMISSION = "no_permission"
    DISK_FULL = "disk_full"
    STORAGE = "storage"
    FOLDER_GONE = "folder_gone"


@dataclass(frozen=True, slots=True)
class FileEnded:
    """One file came to an end of this run, good or bad: the line of the log."""

    path: str
    state: FileState
    reason: str = ""
    message: str = ""
    size_bytes: int | None = None
    md5: str = ""
    seconds: float = 0.0
    attempts: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class FileRetried:
    """An attempt failed; another follows in `wait_s` seconds (attempt `attempt` of `of`)."""

    path: str
    reason: str
    message: str
    attempt: int
    of: int
    wait_s: float
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Paused:
    """All transfers stopped; `sentence` says why and what to do."""

    reason: PauseReason
    sentence: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Resumed:
    """Transfers go on."""

    at: float = 0.0


@dataclass(frozen=True, slots=True)
class AuthNeeded:
    """The token ended and the engine cannot renew it alone; `NewToken` goes on."""

    sentence: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth a line in the log that is not about one file."""

    sentence: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    """How a run ended; the counts add up to the plan."""

    exit_code: ExitCode
    on_disk: int = 0
    verified: int = 0
    unchanged: int = 0
    outdated: int = 0
    changed: int = 0
    missing: int = 0
    failed: int = 0
    gone: int = 0
    forbidden: int = 0
    cancelled: int = 0
    not_done: int = 0
    size_bytes: int = 0
    fetched_files: int = 0
    fetched_bytes: int = 0
    seconds: float = 0.0
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over."""

    summary: Summary
    at: float = 0.0


Event = FileEnded | FileRetried | Paused | Resumed | AuthNeeded | Notice | Finished


@dataclass(frozen=True, slots=True)
class ActiveFile:
    """A file on its way; `size_bytes` is the server's Content-Length, None where it gave none."""

    path: str
    state: FileState
    received_bytes: int
    size_bytes: int | None
    attempt: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The engine at one moment; read by a timer, never pushed.

    `files_*` count this run's plan: `files_total = files_skipped + files_ended + files_queued +
    len(active)`. `files_skipped` were on disk before (no request); `files_delayed` are those of the
    queued that wait for another try; `bytes_*` are of this run only;
    `bytes_unknown`: some sizes cannot even be estimated yet, so `bytes_total` says nothing;
    `waits_since`: when what holds everything up began, seconds since 1970; None where nothing does.
    """

    state: RunState = RunState.RUNNING
    pause_reason: PauseReason = PauseReason.NONE
    sentence: str = ""
    jobs: int = 4
    rate_limit: int | None = None
    files_total: int = 0
    files_skipped: int = 0
    files_ended: int = 0
    files_queued: int = 0
    files_delayed: int = 0
    files_failed: int = 0
    bytes_total: int = 0
    bytes_estimated: bool = False
    bytes_unknown: bool = False
    bytes_done: int = 0
    rate_bytes_per_s: float = 0.0
    left_s: float | None = None
    next_try_s: float | None = None
    waits_since: float | None = None
    elapsed_s: float = 0.0
    active: tuple[ActiveFile, ...] = ()
    counts: dict[FileState, int] = field(default_factory=dict)

    @property
    def files_cancelled(self) -> int:
        """Files that a person took out of this run."""
        return self.counts.get(FileState.CANCELLED, 0)

    @property
    def files_done(self) -> int:
        """Files that this run has brought or found good: ended, but not failed or cancelled."""
        return self.files_ended - self.files_failed - self.files_cancelled
