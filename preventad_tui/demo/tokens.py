"""JSON web tokens as LORIS signs them (HS256), with a lifetime that tests can change."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import time

DAY_S = 86_400.0


def _pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class TokenOffice:
    """Signs tokens and checks them.

    LORIS 20.1 to 28: claims iss, aud, iat, nbf, exp (a day later) and user; there is no renewal.
    """

    def __init__(self, site: str) -> None:
        self.site = site
        self.lifetime_s = DAY_S
        self.clock_offset_s = 0.0  # how far the server's clock is ahead of ours
        self._key = secrets.token_bytes(32)
        self._ends: dict[str, float] = {}  # lifetimes below a second, which exp cannot say

    def issue(self, user: str) -> str:
        """Sign a token for a user."""
        now = int(time.time() + self.clock_offset_s)
        claims = {
            "iss": self.site,
            "aud": self.site,
            "iat": now,
            "nbf": now,
            "exp": now + int(self.lifetime_s),
            "user": user,
        }
        head = _pack(json.dumps({"typ": "JWT", "alg": "HS256"}, separators=(",", ":")).encode())
        text = f"{head}.{_pack(json.dumps(claims, separators=(',', ':')).encode())}"
        token = f"{text}.{_pack(self._sign(text))}"
        self._ends[token] = time.monotonic() + self.lifetime_s
        return token

    def user_of(self, token: str) -> str | None:
        """Give the user of a valid token; None for any other, without a reason, as LORIS does."""
        text, _, signature = token.rpartition(".")
        try:
            if not hmac.compare_digest(_unpack(signature), self._sign(text)):
                return None
            claims = json.loads(_unpack(text.partition(".")[2]))
        except (binascii.Error, ValueError):
            return None
        left_s = self._ends.get(token, 0.0) - time.monotonic()
        return str(claims["user"]) if left_s > 0 else None

    def expire_all(self) -> None:
        """Make every token issued so far invalid."""
        self._key = secrets.token_bytes(32)
        self._ends.clear()

    def _sign(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(), "sha256")
