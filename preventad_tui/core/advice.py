"""What is worth a word before a download starts: one rule and one sentence for every interface."""

from collections.abc import Mapping
from pathlib import Path

from preventad_tui.core.folder_look import FolderLook
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.paths import open_to_all
from preventad_tui.core.plan import Plan, PlanTotals
from preventad_tui.core.states import FileState
from preventad_tui.core.text import human_duration

OUTLASTS_LOGIN = "The download outlasts the login."
_DAY_S = 86400.0
_NEAR_PURGE = 0.8


def expected_s(totals: PlanTotals, rate_bytes_per_s: float) -> float | None:
    """How long a plan takes at a rate; None where the rate (0) or the sizes are not known."""
    if not rate_bytes_per_s or (totals.to_fetch_unknown_files and not totals.to_fetch_bytes):
        return None
    return totals.to_fetch_bytes / rate_bytes_per_s


def outlasts_login(duration_s: float | None, left_s: float | None, *, renews: bool) -> bool:
    """Whether the login ends before the download, as far as both are known."""
    return duration_s is not None and left_s is not None and duration_s > left_s and not renews


def missing_since(plan: Plan, view: FolderView) -> str:
    """The day (`2026-09-12`) when the last of the missing files was still known to be there."""
    days = [
        view.lines[item.file.path].when[:10]
        for item in plan.items
        if item.state is FileState.MISSING and item.file.path in view.lines
    ]
    return max(days, default="")


def advice(
    look: FolderLook, *, server_name: str, purge_days: int | None, environ: Mapping[str, str]
) -> tuple[str, ...]:
    """The sentences that are true of this folder, on this machine."""
    sentences = []
    if not environ.get("TMUX") and not environ.get("STY"):
        sentences.append(
            "Not inside tmux or screen: a dropped connection stops it (it goes on at the next "
            "start)."
        )
    if look.path.is_relative_to(Path.home()):
        sentences.append("In your home folder: on shared machines its quota is often small.")
    if look.others_can_read and server_name == "registered":
        sentences.append(
            "Others on this machine can read this folder; registered data must be yours alone: "
            "chmod o-rwx."
        )
    if warning := open_to_all(look.path):
        sentences.append(f"{warning}.")
    oldest_s = look.oldest_s or 0.0
    if purge_days and oldest_s > _NEAR_PURGE * purge_days * _DAY_S:
        sentences.append(
            f"The oldest file here is {human_duration(oldest_s)} old; this place removes files "
            f"after {purge_days} days."
        )
    return tuple(sentences)
