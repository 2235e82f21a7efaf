"""What is worth a warning before a download starts."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from preventad_tui.core.paths import open_to_all
from preventad_tui.core.plan import FolderView, Plan
from preventad_tui.core.secret import Secret
from preventad_tui.core.states import FileState
from preventad_tui.core.text import human_duration
from preventad_tui.core.token import token_expiry
from preventad_tui.ui import clock
from preventad_tui.ui.folder_look import FolderLook
from preventad_tui.ui.plan_text import PlanSheet, duration_s

if TYPE_CHECKING:
    from preventad_tui.core.workspace import Workspace

_DAY_S = 86400.0


def login_left_s(token: Secret | None) -> float | None:
    """How long the token still lasts by this machine's clock; None where it does not say."""
    expiry = token_expiry(token) if token else None
    return max(0.0, expiry[1] - clock.now().timestamp()) if expiry else None


def missing_since(plan: Plan, view: FolderView) -> str:
    """The day (`2026-09-12`) when the last of the missing files was still known to be there."""
    days = [
        view.lines[item.file.path].when[:10]
        for item in plan.items
        if item.state is FileState.MISSING and item.file.path in view.lines
    ]
    return max(days, default="")


def advice(
    sheet: PlanSheet, look: FolderLook, workspace: "Workspace", environ: Mapping[str, str]
) -> tuple[str, ...]:
    """The warnings that are true of this plan, in this folder, on this machine."""
    sentences = []
    seconds = duration_s(sheet)
    left_s = sheet.login_left_s
    if left_s is not None and seconds is not None and seconds > left_s and not workspace.can_renew:
        sentences.append(
            "The download outlasts the login. p: type the password now, then it logs in again by "
            "itself; without it, it pauses and asks."
        )
    if not environ.get("TMUX") and not environ.get("STY"):
        sentences.append(
            "Not inside tmux or screen: a dropped connection stops it (it goes on at the next "
            "start)."
        )
    if look.path.is_relative_to(Path.home()):
        sentences.append("In your home folder: on shared machines its quota is often small.")
    if look.others_can_read and workspace.server and workspace.server.name == "registered":
        sentences.append(
            "Others on this machine can read this folder; registered data must be yours alone: "
            "chmod o-rwx."
        )
    if warning := open_to_all(look.path):
        sentences.append(f"{warning}.")
    purge_days = workspace.settings.purge_days
    if purge_days and look.oldest_s is not None and look.oldest_s > 0.8 * purge_days * _DAY_S:
        sentences.append(
            f"The oldest file here is {human_duration(look.oldest_s)} old; this place removes "
            f"files after {purge_days} days."
        )
    return tuple(sentences)
