"""What the plan's screen counts in a thread, and the warnings that follow from it."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from preventad_tui.core.advice import (
    OUTLASTS_LOGIN,
    advice,
    expected_s,
    missing_since,
    outlasts_login,
)
from preventad_tui.core.folder import FolderIdentity
from preventad_tui.core.folder_look import FolderLook, look_at_folder, read_quota
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.plan import Plan, PlanOptions
from preventad_tui.core.text import Clean
from preventad_tui.ui.choice import Choice
from preventad_tui.ui.plan_text import PlanSheet

if TYPE_CHECKING:
    from preventad_tui.core.workspace import Workspace

_TYPE_NOW = (
    "p: type the password now, then it logs in again by itself; without it, it pauses and asks."
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A plan without its items (they weigh as much as the ledger), and what it was made of.

    `missing_since` is the day when the last of the missing files was still known to be there.
    """

    plan: Plan
    look: FolderLook | None
    quota: tuple[Clean, ...]
    fieldmap_bytes: int | None
    missing_since: str


def count_plan(
    workspace: "Workspace",
    choice: Choice,
    folder: Path | None,
    options: PlanOptions,
    look: FolderLook | None = None,
    quota: tuple[Clean, ...] | None = None,
) -> Counted:
    """Plan what is selected; folder and quota are looked at where they are not given."""
    if look is None and folder is not None:
        identity = FolderIdentity(workspace.identity, workspace.project, choice.data_type)
        look = look_at_folder(folder, identity)
    if quota is None:
        quota = read_quota(workspace.settings.quota_command)
    view = look.view if look else FolderView()
    plan = choice.plan(view, options)
    fieldmap_bytes = choice.bytes_of(plan.left_out_fieldmaps)
    since = missing_since(plan, view)
    return Counted(replace(plan, items=()), look, quota, fieldmap_bytes, since)


def warnings_of(
    sheet: PlanSheet, plan: Plan, look: FolderLook, workspace: "Workspace"
) -> tuple[str, ...]:
    """The warnings that are true of this plan, in this folder, on this machine."""
    name = workspace.server.name if workspace.server else ""
    days = workspace.settings.purge_days
    said = advice(look, server_name=name, purge_days=days, environ=os.environ)
    seconds = expected_s(plan.totals, sheet.rate_bytes_per_s)
    if outlasts_login(seconds, sheet.login_left_s, renews=workspace.can_renew):
        return (f"{OUTLASTS_LOGIN} {_TYPE_NOW}", *said)
    return said
