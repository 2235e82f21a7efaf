"""The states of a file: one spelling on screens, in the log, the ledger and JSON."""

from enum import StrEnum


class FileState(StrEnum):
    """Where a file stands. The value is the JSON and ledger spelling; `label` is the shown one."""

    NEW = "new"
    QUEUED = "queued"
    ACTIVE = "active"
    CHECKING = "checking"
    ON_DISK = "on_disk"
    VERIFIED = "verified"
    UNCHANGED = "unchanged"
    OUTDATED = "outdated"
    CHANGED = "changed"
    MISSING = "missing"
    FAILED = "failed"
    GONE = "gone"
    FORBIDDEN = "forbidden"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The state as people read it: `on disk`."""
        return self.value.replace("_", " ")

    @property
    def is_good(self) -> bool:
        """Whether the file is whole on disk."""
        return self in GOOD

    @property
    def is_end(self) -> bool:
        """Whether this run does nothing more for the file by itself."""
        return self in GOOD or self in BAD


GOOD = frozenset({FileState.ON_DISK, FileState.VERIFIED, FileState.UNCHANGED})
BAD = frozenset(
    {FileState.FAILED, FileState.GONE, FileState.FORBIDDEN, FileState.CHANGED, FileState.CANCELLED}
)

SEVERITY = (
    FileState.VERIFIED,
    FileState.UNCHANGED,
    FileState.ON_DISK,
    FileState.OUTDATED,
    FileState.NEW,
    FileState.QUEUED,
    FileState.CHECKING,
    FileState.ACTIVE,
    FileState.CANCELLED,
    FileState.MISSING,
    FileState.CHANGED,
    FileState.FORBIDDEN,
    FileState.GONE,
    FileState.FAILED,
)
"""From best to worst: a branch shows the worst state under it."""

_RANK = {state: rank for rank, state in enumerate(SEVERITY)}


def worst(states: "list[FileState] | set[FileState]") -> FileState:
    """The worst of some states; of none, `new`."""
    return max(states, key=_RANK.__getitem__, default=FileState.NEW)


def rank(state: FileState) -> int:
    """A state's place from best (0) to worst, for keeping states of many files in a bytearray."""
    return _RANK[state]
