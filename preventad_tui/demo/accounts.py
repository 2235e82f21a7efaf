"""Users, failed logins and PHP sessions."""

from __future__ import annotations

import enum
import json
import secrets
import time
from collections import defaultdict
from dataclasses import dataclass

from preventad_tui.demo.messages import Call
from preventad_tui.demo.tokens import TokenOffice

_CONTACT = "Please contact your project administrator to"
WRONG_PASSWORD = "Incorrect username or password."  # noqa: S105 -- a sentence of LORIS
SUSPENDED = "This account is currently suspended due to too many bad login attempts."


class Standing(enum.Enum):
    """What LORIS makes of an account."""

    GOOD = "good"
    SUSPENDED = "suspended"
    NOT_APPROVED = "not approved"
    DEACTIVATED = "deactivated"
    EXPIRED = "expired"
    MUST_CHANGE_PASSWORD = "must change password"  # noqa: S105 -- a state
    NO_IMAGING = "no imaging"  # may log in; lists are empty and images are 404 (22 to 28)
    NO_CANDIDATES = "no candidates"  # may log in; 403 (22 to 28)
    MFA = "mfa"  # may log in; then a web page in answer to everything (28)


# The server's own sentences, LORIS 20.1 to 28.
REFUSALS = {
    Standing.SUSPENDED: SUSPENDED,
    Standing.NOT_APPROVED: f"Your account has not yet been activated. {_CONTACT} activate this "
    "account.",
    Standing.DEACTIVATED: f"Your account has been deactivated. {_CONTACT} reactivate this account.",
    Standing.EXPIRED: f"Your account has expired. {_CONTACT} re-activate this account.",
    Standing.MUST_CHANGE_PASSWORD: "",
}


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the demo server."""

    name: str
    password: str
    standing: Standing = Standing.GOOD


# One user for each standing, named after it; all have the password of `demo`.
ACCOUNTS = (
    Account("demo", "demo"),
    *(
        Account(one.value.replace(" ", ""), "demo", one)
        for one in Standing
        if one is not Standing.GOOD
    ),
)


@dataclass(frozen=True, slots=True)
class LoginReply:
    """How a login ended."""

    status: int
    token: str | None = None
    error: str | None = None


class Gate:
    """Who may come in: logins, lock-out, tokens and session cookies."""

    def __init__(self, accounts: tuple[Account, ...], tokens: TokenOffice) -> None:
        self.tokens = tokens
        self._accounts = {account.name: account for account in accounts}
        self._failures: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        self._sessions: dict[str, str] = {}

    def set_standing(self, name: str, standing: Standing) -> None:
        """Change what LORIS makes of an account."""
        self._accounts[name] = Account(name, self._accounts[name].password, standing)

    def standing(self, name: str) -> Standing:
        """Give the standing of a user."""
        account = self._accounts.get(name)
        return account.standing if account else Standing.DEACTIVATED

    def lock_out(self, name: str, client: str = "127.0.0.1") -> None:
        """Fail for a user so often that LORIS suspends it for a quarter of an hour."""
        self._failures[name, client] = [time.monotonic()] * 11

    def forgive(self) -> None:
        """Forget all failed logins."""
        self._failures.clear()

    def locked(self, name: str, client: str) -> bool:
        """Tell whether more than 10 logins failed in 15 minutes, or more than 15 in 60."""
        now = time.monotonic()
        ages = [now - at for at in self._failures[name, client]]
        return sum(age < 900 for age in ages) > 10 or sum(age < 3600 for age in ages) > 15

    def login(self, call: Call, *, empty_is_missing: bool) -> LoginReply:
        """Answer a login; the request's Content-Type is not looked at."""
        try:
            fields = json.loads(call.body)
            name, password = fields["username"], fields["password"]
        except (ValueError, KeyError, TypeError):
            return LoginReply(400, error="Missing username or password")
        if not isinstance(name, str) or not isinstance(password, str):
            return LoginReply(500)
        if not (name and password):
            if empty_is_missing:
                return LoginReply(400, error="Missing username or password")
            what = "password" if name else "username"
            return LoginReply(401, error=f"Please enter a {what}")
        return self._judge(name, password, call.client)

    def _judge(self, name: str, password: str, client: str) -> LoginReply:
        # A locked account refuses the right password too.
        if self.locked(name, client):
            return LoginReply(401, error=SUSPENDED)
        account = self._accounts.get(name)
        if account is None or account.password != password:
            self._failures[name, client].append(time.monotonic())
            return LoginReply(401, error=WRONG_PASSWORD)
        if account.standing in REFUSALS:
            return LoginReply(401, error=REFUSALS[account.standing])
        self._failures.pop((name, client), None)
        return LoginReply(200, token=self.tokens.issue(name))

    def user_of_token(self, token: str, client: str) -> str | None:
        """Give the user of a token that counts; a lock-out makes valid tokens count no more."""
        user = self.tokens.user_of(token)
        if user is None or user not in self._accounts or self.locked(user, client):
            return None
        return None if self.standing(user) is Standing.SUSPENDED else user

    def user_of_session(self, session: str | None) -> str | None:
        """Give the user of a PHP session: the cookie alone is a credential."""
        return self._sessions.get(session) if session else None

    def remember(self, session: str, user: str) -> None:
        """Tie a session to the user whose token came with it; the first one stays."""
        self._sessions.setdefault(session, user)

    @staticmethod
    def new_session() -> str:
        """Make a session's name."""
        return secrets.token_hex(13)
