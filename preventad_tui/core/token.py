"""What a token tells about itself (a JSON Web Token, read without checking its signature)."""

import base64
import json
import re

from preventad_tui.core.secret import Secret

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*=*")


def is_token(text: str, max_bytes: int) -> bool:
    """Whether the text has the shape of a token, so that it may stand in a header."""
    return len(text) <= max_bytes and _TOKEN.fullmatch(text) is not None


def token_expiry(token: Secret) -> tuple[float, float] | None:
    """When the server's clock issued the token and when it will end it (seconds since 1970).

    Clocks differ: the token's lifetime is the difference of the two, counted from its arrival.
    None where the token does not say.
    """
    try:
        payload = token.reveal().split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        issued, expires = claims["iat"], claims["exp"]
        return (float(issued), float(expires)) if expires > issued else None
    except (ValueError, LookupError, TypeError, RecursionError, OverflowError):
        return None


def token_left_s(token: Secret | None, now_s: float) -> float | None:
    """How long a token still lasts by this machine's clock; None where it does not say."""
    expiry = token_expiry(token) if token else None
    return max(0.0, expiry[1] - now_s) if expiry else None
