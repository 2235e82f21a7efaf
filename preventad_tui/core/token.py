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


def token_left_s(
    token: Secret | None, now_s: float, arrived_s: float | None = None
) -> float | None:
    """How long a token still lasts; None where it does not say.

    Args:
        arrived_s: when it came from the server by this machine's clock, which may be wrong; None
            for one that was kept: then this clock is all there is to go by.
    """
    expiry = token_expiry(token) if token else None
    if expiry is None:
        return None
    issued, ends = expiry
    lifetime_s = ends - issued
    left_s = ends - now_s if arrived_s is None else arrived_s + lifetime_s - now_s
    return min(max(0.0, left_s), lifetime_s)
