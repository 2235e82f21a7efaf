"""`logout`: remove the stored token; nothing to remove is no error."""

from preventad_tui.core.credentials import delete_token_file
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.server import Origin, parse_server
from preventad_tui.core.text import clean, plural
from preventad_tui.headless.session import Session


async def run(session: Session) -> int:
    """Empty the keyring of the server's tokens, and remove the token file that was named."""
    settings, output = session.settings, session.output
    credentials = session.workspace.credentials
    count = sum(
        credentials.forget(identity, settings.username) for identity in _identities(settings.server)
    )
    if settings.token_file is not None and delete_token_file(settings.token_file):
        output.say(f"The token file {clean(str(settings.token_file))} is removed.")
    state = credentials.keyring_state()
    if count:
        output.say(f"{plural(count, 'token')} removed from the keyring.")
    elif state.usable:
        output.say("No token was in the keyring.")
    else:
        output.say(f"No token is in a keyring: {state.reason}.")
    if settings.json:
        output.record("logout", removed=count)
    return ExitCode.OK


def _identities(server: str) -> list[str]:
    if server == "demo":
        return ["demo"]
    found = parse_server(server)
    before: list[Origin] = [found.fallback] if found.fallback else []
    return [found.identity, *(origin.url for origin in before)]
