"""`login`: one login, and the token where it is kept until it ends."""

import sys
import time
from datetime import UTC, datetime

from preventad_tui.core.credentials import UserPassword, write_token_file
from preventad_tui.core.errors import ExitCode, NoCredentials
from preventad_tui.core.text import clean, human_duration
from preventad_tui.headless.session import Session


async def run(session: Session) -> int:
    """Log in and store the token, never the password."""
    workspace, output, settings = session.workspace, session.output, session.settings
    await session.connect()
    given = workspace.filled_in or workspace.credentials.given or _asked(session)
    state = await workspace.login(
        given.username, given.password, remember=settings.token_file is None
    )
    token = workspace.tokens.token
    assert token is not None
    if settings.token_file is not None:
        write_token_file(settings.token_file, token)
        kept_in = "token_file"
        output.say(f"The token is in {clean(str(settings.token_file))}, for you alone (0600).")
    elif state is not None and state.usable:
        kept_in = "keyring"
        output.say(f"The token is in the keyring: {state.label}.")
    else:
        output.tell(
            "The login worked, but the token cannot be kept: "
            f"{state.reason if state else 'no keyring'}. For batch jobs name a file: "
            "preventad-tui login --token-file FILE"
        )
        return ExitCode.STORAGE
    now_s = time.time()
    left_s = workspace.tokens.left_s(now_s)
    if left_s is not None:
        output.say(f"It ends in {human_duration(left_s)}; then log in again.")
    if settings.json:
        ends = now_s + left_s if left_s is not None else None
        output.record(
            "login",
            server=workspace.identity,
            kept_in=kept_in,
            ends=None
            if ends is None
            else f"{datetime.fromtimestamp(ends, UTC):%Y-%m-%dT%H:%M:%SZ}",
        )
    return ExitCode.OK


def _asked(session: Session) -> UserPassword:
    if not sys.stdin.isatty() or not session.output.is_terminal:
        raise NoCredentials(
            "There is nobody to ask for user and password.",
            "Name the user with --username and give the password with --password-stdin, or set "
            "PREVENTAD_USERNAME and PREVENTAD_PASSWORD.",
        )
    return UserPassword(*session.ask_login())
