"""The login by questions: server, user, password, and what is kept of them."""

from typing import TYPE_CHECKING

from preventad_tui.core.credentials import CredentialSource
from preventad_tui.core.errors import LoginRefused
from preventad_tui.core.keyrings import off_loop
from preventad_tui.core.server import parse_server

if TYPE_CHECKING:
    from preventad_tui.headless.plain_questions import Questions
    from preventad_tui.headless.session import Session

_ASKED = "open"
_SERVERS = ("open", "registered")


async def connect(session: "Session", ask: "Questions") -> None:
    """Find the server; where none but the default is named, ask which. Raises Left.

    With `--catalogue` and nothing to log in with, the published list may stand in for it.
    """
    workspace = session.workspace
    if (
        session.settings.catalogue is not None
        and not await workspace.has_login()
        and ask.yes("Choose in the published list first, without an account?", default=True)
    ):
        workspace.stay_without_account()
        return
    server = session.settings.server
    if server == _ASKED:
        options = [
            f"open, {parse_server('open').origin.host}, anyone with a free account",
            f"registered, {parse_server('registered').origin.host}, reviewed researchers",
            "demo, on this machine, synthetic images, no account",
        ]
        server = (*_SERVERS, "demo")[ask.one("Server:", options)]
    patience_s = session.workspace.limits.give_up_at_start_s
    await session.connect(server=server, patience_s=patience_s, downloads=True)


async def sign_in(
    session: "Session", ask: "Questions", *, again: bool = False, keep_password: bool = False
) -> None:
    """Log in by what was given or kept, else by asking, as often as the person wants.

    `again` asks at once: what was kept has been refused, or will not last. `keep_password`: it is
    kept in memory without asking.

    Raises:
        Left: the person has left.
        NoCredentials: nobody to ask, or an empty answer.
    """
    workspace, output = session.workspace, session.output
    if workspace.is_without_account:
        return
    refused = False
    while True:
        try:
            if not again and await workspace.try_stored_tokens():
                if workspace.source is not CredentialSource.QUESTION:
                    output.say(f"Logged in with {workspace.source}.")
                return
            await _ask_and_log_in(session, ask, another=refused, keep=keep_password)
            return
        except LoginRefused as error:
            output.tell(str(error))
            if not ask.yes("Try again with another user or password?", default=True):
                raise
            again = refused = True


async def _ask_and_log_in(
    session: "Session", ask: "Questions", *, another: bool, keep: bool
) -> None:
    workspace = session.workspace
    remember = False
    state = await off_loop(workspace.credentials.keyring_state)
    if state.usable:
        remember = ask.yes(f"Stay logged in for 24 hours, by {state.label}?", default=True)
    keep = keep or ask.yes(
        "Log in again by itself while this program runs? The password is then kept in memory, "
        "never on disk.",
        default=False,
    )
    username, password = session.ask_login(another=another)
    await workspace.login(username, password, remember=remember, keep_password=keep)
    session.output.say("Logged in.")
