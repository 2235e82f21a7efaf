"""What a plan is made of."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from preventad_tui.core.model import PlannedFile
from preventad_tui.core.states import FileState


class Action(StrEnum):
    """What a run does about a file."""

    FETCH = "fetch"
    """Not on disk, or cut: a request."""
    KEEP = "keep"
    """On disk as recorded: no request."""
    CHECK = "check"
    """Another time stamp, or larger than recorded: its MD5 decides."""
    ADOPT = "adopt"
    """There, but not in the ledger: taken over if it is what the server has."""
    ASK = "ask"
    """On disk as recorded, but the user wants to know if the server has a newer one."""
    LEAVE = "leave"
    """Removed or altered by the user, who wants it so."""


class PlanItem(NamedTuple):
    """One file of the plan; `state` is where it stands before the run.

    `size_bytes` is exact where the file is or was on disk, else an estimate, else None. `reason`
    says why a file is left that the user did not leave (`twins.SAME_NAME`,
    `long_names.NAME_TOO_LONG`).
    """

    file: PlannedFile
    action: Action
    state: FileState
    size_bytes: int | None
    estimated: bool
    etag: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PlanTotals:
    """The plan in numbers: `files` are those on disk, found, left and to be fetched.

    `known_bytes` and `estimated_bytes` are apart; files of unknown size are only counted. Found
    files stand where planned ones belong and are not in the ledger; `missing` ones were on disk.
    Settled ones need nothing from a run: on disk as recorded, or removed by the user and left so.
    `free_bytes` is of the output folder's file system, None where it is not known.
    """

    candidates: int = 0
    sessions: int = 0
    images: int = 0
    files: int = 0
    known_bytes: int = 0
    estimated_bytes: int = 0
    unknown_files: int = 0
    on_disk_files: int = 0
    on_disk_bytes: int = 0
    found_files: int = 0
    found_bytes: int = 0
    left_files: int = 0
    left_bytes: int = 0
    missing_files: int = 0
    missing_bytes: int = 0
    settled_files: int = 0
    to_fetch_files: int = 0
    to_fetch_bytes: int = 0
    to_fetch_unknown_files: int = 0
    to_fetch_estimated: bool = False
    free_bytes: int | None = None

    @property
    def needs_run(self) -> bool:
        """Whether a run would fetch, check, ask about or report any file."""
        return self.files > self.settled_files

    @property
    def fits(self) -> bool:
        """Whether what is to be fetched has room, as far as can be told (quotas cannot)."""
        return self.free_bytes is None or self.to_fetch_bytes <= self.free_bytes


@dataclass(frozen=True, slots=True)
class PlanPart:
    """The files of one visit and modality; scans files have no modality, study files neither."""

    visit: str
    modality: str
    images: int = 0
    files: int = 0
    size_bytes: int = 0
    estimated: bool = False
    unknown_files: int = 0
    on_disk_files: int = 0
    to_fetch_files: int = 0
    to_fetch_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The exact files of a run, in the order they are fetched, and what they add up to.

    `left_out_fieldmaps` are image indices that selected bold images would need. `folder_notes`
    are those of the notes that are about what lies in the folder.
    """

    items: tuple[PlanItem, ...]
    totals: PlanTotals
    parts: tuple[PlanPart, ...]
    notes: tuple[str, ...] = ()
    left_out_fieldmaps: tuple[int, ...] = ()
    folder_notes: tuple[str, ...] = ()
