"""What `--plain` says before a start: the folder, the time, the login, and what may cost days."""

import os
import time
from typing import TYPE_CHECKING

from preventad_tui.core.advice import (
    OUTLASTS_LOGIN,
    advice,
    expected_s,
    missing_since,
    outlasts_login,
)
from preventad_tui.core.errors import NotWritable
from preventad_tui.core.last_rate import load_rate, save_rate
from preventad_tui.core.paths import state_dir
from preventad_tui.core.text import human_duration, human_size
from preventad_tui.headless import plain_login

if TYPE_CHECKING:
    from preventad_tui.core.folder_look import FolderLook
    from preventad_tui.core.plan import Plan
    from preventad_tui.headless.plain_questions import Questions
    from preventad_tui.headless.session import Session

_LEAST_S = 1.0


async def say_outlook(
    session: "Session", ask: "Questions", plan: "Plan", look: "FolderLook"
) -> None:
    """How long it will take, and what speaks against it. Raises Left."""
    workspace, output = session.workspace, session.output
    if since := missing_since(plan, look.view):
        output.say(f"What was removed was still there on {since}.")
    rate = load_rate(workspace.identity, state_dir())
    seconds = expected_s(plan.totals, rate)
    if seconds is not None and plan.totals.to_fetch_files:
        output.say(f"About {human_duration(seconds)} at the last rate ({human_size(rate)}/s).")
    left_s = workspace.tokens.left_s(time.time())
    if left_s is not None:
        then = ", then it is renewed by itself" if workspace.can_renew else ""
        output.say(f"The login lasts {human_duration(left_s)} more{then}.")
    name = workspace.server.name if workspace.server else ""
    days = session.settings.purge_days
    for sentence in advice(look, server_name=name, purge_days=days, environ=os.environ):
        output.tell(sentence)
    if outlasts_login(seconds, left_s, renews=workspace.can_renew):
        output.tell(f"{OUTLASTS_LOGIN} Without the password it stops then, all state kept.")
        if ask.yes("Type it now, so that the program logs in again by itself?", default=False):
            await plain_login.sign_in(session, ask, again=True, keep_password=True)


def keep_rate(server: str, before: "Plan", after: "Plan", seconds: float) -> None:
    """Keep what a download came to for the next plan; a fault costs only the hint."""
    size = after.totals.on_disk_bytes - before.totals.on_disk_bytes
    if seconds >= _LEAST_S and size > 0:
        try:
            save_rate(server, size / seconds, state_dir())
        except NotWritable:
            return
