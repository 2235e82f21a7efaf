"""The failures of a run by their reasons, each with what to do about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from preventad_tui.core.events import FileEnded
from preventad_tui.core.states import BAD, FileState
from preventad_tui.core.text import plural

FAILURES = BAD - {FileState.CANCELLED}

_NETWORK = "The way to the server is bad: r tries again, fewer at once (<) may help."
_BROKEN = "What came is not such a file: r tries once more; if it stays, tell the study's people."
_DISK = "The disk or its rights: see to the folder, then r."

_BY_STATE: Mapping[FileState, str] = {
    FileState.GONE: "The server lists it all the same: r tries again; if it stays, tell the "
    "study's people.",
    FileState.FORBIDDEN: "This account may not have it: ask for access, or log in with another one "
    "(: log in again), then r.",
    FileState.CHANGED: "Altered here since it came, and kept: preventad-tui verify --repair "
    "fetches the server's.",
    FileState.MISSING: "It was here and is not any more: m in the plan fetches it again.",
}
_BY_REASON: Mapping[str, str] = {
    "occupied": "A file that is not this program's stands there: move it away, then r.",
    "server-error": "The server has trouble with it: r tries again, later may be better; if it "
    "stays, tell the study's people.",
    "internal": "A fault of this program: the log file says more; please report it.",
    "other-device": "A part of the folder lies on another disk: choose a folder of one disk.",
    "same-name": "This disk ignores upper and lower case: download into a folder on another one.",
    "name-too-long": "Too long for this disk: download into a folder with a shorter path, or on "
    "another disk.",
    "redirect": "The server points elsewhere, which is not followed: tell the study's people.",
    "encoding": "The server or a proxy alters what it sends: r tries again; if it stays, ask the "
    "people of your network.",
} | dict.fromkeys(
    ("cut", "stalled", "slow", "reset", "dropped", "network", "refused", "dns",
     "connect-timeout", "no-route", "header-timeout", "bad-http", "unequal"),
    _NETWORK,
) | dict.fromkeys(
    ("empty", "html", "json-error", "too-large", "truncated", "gzip", "nifti-header", "nifti-size",
     "minc", "minc-size", "not-json", "tsv", "bval", "bvec", "nul", "corrupt-at-source"),
    _BROKEN,
) | dict.fromkeys(
    ("disk-full", "no-inodes", "quota", "file-too-large", "read-only", "no-permission", "io",
     "storage", "folder-gone"),
    _DISK,
)  # fmt: skip


def is_failure(event: object) -> bool:
    """Whether a file did not make it, for another reason than the user's word."""
    return isinstance(event, FileEnded) and event.state in FAILURES


def what_to_do(state: FileState, reason: str) -> str:
    """One sentence about a failure of this kind."""
    return _BY_STATE.get(state) or _BY_REASON.get(reason) or "r tries again; i says what is known."


@dataclass
class FailureGroup:
    """Files that failed for one reason, oldest first, by path."""

    state: FileState
    reason: str
    files: dict[str, FileEnded] = field(default_factory=dict)

    @property
    def heading(self) -> str:
        """`12 files gone`; `3 files failed (cut)`."""
        why = f" ({self.reason})" if self.reason not in ("", self.state.value) else ""
        return f"{plural(len(self.files), 'file')} {self.state.label}{why}"

    @property
    def advice(self) -> str:
        """What to do about them."""
        return what_to_do(self.state, self.reason)


class Failures:
    """What has failed and not come right since; each event costs the same, however many there are.

    `version` grows with every change.
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[FileState, str], FailureGroup] = {}
        self._group_of: dict[str, FailureGroup] = {}
        self.version = 0

    def take(self, event: FileEnded) -> None:
        """A file came to an end: it fails, or what failed before came right."""
        before = self._group_of.pop(event.path, None)
        if before is not None:
            del before.files[event.path]
            self.version += 1
        if is_failure(event):
            key = (event.state, event.reason)
            group = self._groups.setdefault(key, FailureGroup(*key))
            group.files[event.path] = event
            self._group_of[event.path] = group
            self.version += 1

    def __len__(self) -> int:
        return len(self._group_of)

    def __iter__(self) -> Iterator[FailureGroup]:
        """The groups that have files, the largest first."""
        groups = [group for group in self._groups.values() if group.files]
        return iter(sorted(groups, key=lambda group: -len(group.files)))
