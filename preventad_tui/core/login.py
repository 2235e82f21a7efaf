"""The login: what is sent, and what each refusal means for a person."""

import json

from preventad_tui.core.errors import LoginRefused, NotLoris, PreventADError
from preventad_tui.core.http import Answer
from preventad_tui.core.json_text import read_error_text, read_json
from preventad_tui.core.probing import no_data_error
from preventad_tui.core.secret import Secret
from preventad_tui.core.token import is_token

LINK = "/login"

_WAIT = "Wait 15 minutes before trying again."
_BROWSER = "Log in there with a browser and set a new password."
_HINTS = (
    ("suspended", "suspended", _WAIT),
    ("not yet been activated", "inactive", "Ask the project's people to approve your account."),
    ("deactivated", "inactive", "Ask the project's people to activate your account again."),
    ("not active", "inactive", "Ask the project's people to activate your account."),
    ("account has expired", "expired", "Ask the project's people to extend your account."),
    ("password is weak", "new-password", _BROWSER),
    ("do not match", "new-password", _BROWSER),
)
LOCK_HINT = "After 10 failures within 15 minutes LORIS suspends the account."
_CHECK_HINT = f"Check user and password, or set a new password in a browser. {LOCK_HINT}"


def login_body(username: str, password: Secret) -> str:
    """The request's body; here the password leaves for the server."""
    return json.dumps({"username": username, "password": password.reveal()})


def read_login(answer: Answer, host: str, max_bytes: int) -> Secret:
    """The token of an answer to the login.

    The status alone decides (the words may be translated); they only choose the hint.

    Raises:
        LoginRefused: 400, 401 or 403.
        NotLoris, ServerError: no answer of a LORIS API.
    """
    words = read_error_text(answer.body)
    if answer.status in (400, 401, 403):
        raise _refusal(words)
    if answer.status != 200 or answer.body.lstrip()[:1] == b"<":
        raise no_data_error(answer, host, words)
    value = read_json(answer.body, host)
    token = value.get("token") if isinstance(value, dict) else None
    if not isinstance(token, str) or not is_token(token, max_bytes):
        raise NotLoris(
            f"{host} accepted the login but sent no usable token.",
            "It may be another program than LORIS: check the address.",
            "no-token",
        )
    return Secret(token)


def _refusal(words: str) -> PreventADError:
    if not words:
        return LoginRefused(
            "The server refused the login without a reason: so LORIS does when the password has "
            "to be changed.",
            _BROWSER,
            "new-password",
        )
    folded = words.casefold()
    for sign, reason, hint in _HINTS:
        if sign in folded:
            return LoginRefused(f"The server refused the login: {words}", hint, reason)
    return LoginRefused(f"The server refused the login: {words}", _CHECK_HINT, "password")
