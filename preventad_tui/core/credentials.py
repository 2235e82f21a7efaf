"""Who is asking: where tokens and passwords come from, in order, and where a token is kept.

Order: token file, `PREVENTAD_TOKEN`, user and password from environment or stdin, keyring, then a
question (asked by the caller, never here). A token that the server refuses is passed over for the
next. Only the token is ever stored, in the keyring or in a file that was asked for by name; the
password never.
"""

import json
import os
import stat
import time
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from preventad_tui.core.errors import NoCredentials, PreventADError, UsageError
from preventad_tui.core.keyrings import Keyring, KeyringState, StoredLogin, open_keyring
from preventad_tui.core.limits import Limits
from preventad_tui.core.paths import replace_private, state_dir, write_private
from preventad_tui.core.secret import Secret
from preventad_tui.core.text import clean
from preventad_tui.core.token import is_token

TOKEN_VARIABLE = "PREVENTAD_TOKEN"  # noqa: S105
PASSWORD_VARIABLE = "PREVENTAD_PASSWORD"  # noqa: S105
_PASSWORD_MAX_CHARACTERS = 8192
_TOKEN_MAX_BYTES = 8192
_FAILURES_WINDOW_S = 15 * 60
_FAILURES_TO_WARN = 5
_STATE_MAX_BYTES = 100_000


class CredentialSource(StrEnum):
    """Where a login came from; the value is what people read."""

    TOKEN_FILE = "the token file"  # noqa: S105
    TOKEN_VARIABLE = "the environment's token"  # noqa: S105
    PASSWORD = "the given user and password"  # noqa: S105
    KEYRING = "the token in the keyring"
    QUESTION = "user and password"
    DEMO = "the demo's own user"


@dataclass(frozen=True, slots=True)
class UserPassword:
    """A user and a password, for one login."""

    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class FoundToken:
    """A token and where it was found."""

    token: Secret
    source: CredentialSource


class Credentials:
    """What was given for this run, and the keyring, asked once and only when it is needed."""

    def __init__(
        self,
        *,
        limits: Limits,
        token_file: Path | None = None,
        token: Secret | None = None,
        given: UserPassword | None = None,
    ) -> None:
        self.token_file = token_file
        self.given = given
        self.refusals: list[str] = []
        self._token = token
        self._limits = limits
        self._keyring: Keyring | None = None

    @property
    def are_given(self) -> bool:
        """Whether this run was given a token, or user and password; they may not work."""
        return self.token_file is not None or self._token is not None or self.given is not None

    def given_tokens(self) -> Iterator[FoundToken]:
        """The tokens of this run, best first; what cannot be used is named in `refusals`."""
        if self.token_file is not None:
            try:
                yield FoundToken(read_token_file(self.token_file), CredentialSource.TOKEN_FILE)
            except NoCredentials as error:
                self.refusals.append(str(error))
        if self._token:
            yield FoundToken(self._token, CredentialSource.TOKEN_VARIABLE)

    def keyring_state(self) -> KeyringState:
        """Whether a token can be kept, and where; blocks up to the keyring's limit, once."""
        return self._open().state

    def kept_token(self, identity: str, username: str = "") -> StoredLogin | None:
        """The keyring's token for a server, of this user or of any."""
        return self._open().find(_service(identity), username)

    def keep(self, identity: str, username: str, token: Secret) -> KeyringState:
        """Store a token that the server accepted; the state says whether it is kept."""
        self._open().store(_service(identity), username, token)
        return self._open().state

    def forget(self, identity: str, username: str = "") -> int:
        """Remove the server's tokens from the keyring; how many there were."""
        return self._open().delete(_service(identity), username)

    def _open(self) -> Keyring:
        if self._keyring is None:
            self._keyring = open_keyring(self._limits.keyring_timeout_s)
        return self._keyring


def gather_credentials(
    *,
    limits: Limits,
    username: str,
    token_file: Path | None,
    password_from: TextIO | None = None,
    environ: MutableMapping[str, str] = os.environ,
) -> Credentials:
    """What this run was given; the variables are taken out, so that no child inherits them.

    Raises:
        UsageError: a password without a user, or none on stdin.
    """
    variable = environ.pop(TOKEN_VARIABLE, "")
    token = _token_or_none(variable)
    password = environ.pop(PASSWORD_VARIABLE, "")
    if password_from is not None:
        password = password_from.readline(_PASSWORD_MAX_CHARACTERS).rstrip("\r\n")
        if not password:
            raise UsageError("There is no password on stdin.", "Write it there in one line.")
    if password and not username and password_from is not None:
        raise UsageError(
            "A password came without a user.",
            "Name the user with --username or PREVENTAD_USERNAME.",
        )
    given = UserPassword(username, Secret(password)) if username and password else None
    credentials = Credentials(limits=limits, token_file=token_file, token=token, given=given)
    if variable and token is None:
        credentials.refusals.append(f"{TOKEN_VARIABLE} does not hold a token and is not used.")
    return credentials


def read_token_file(path: Path) -> Secret:
    """The token in a file that nobody else may read.

    Raises:
        NoCredentials: no such file, not ours alone, or no token in it.
    """
    shown = clean(str(path))
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise NoCredentials(f"The token file {shown} is not a regular file.")
            if stat.S_IMODE(found.st_mode) & 0o077:
                raise NoCredentials(
                    f"The token file {shown} can be read by others and is not used.",
                    f"Run: chmod 600 {shown}",
                )
            content = file.read(_PASSWORD_MAX_CHARACTERS + 2)
    except OSError as error:
        raise NoCredentials(
            f"The token file {shown} cannot be read ({clean(error.strerror or '')}).",
            f"Make one with: preventad-tui login --token-file {shown}",
        ) from error
    token = _token_or_none(content.decode("ascii", errors="replace"))
    if token is None:
        raise NoCredentials(
            f"The token file {shown} does not hold a token.",
            f"Make one with: preventad-tui login --token-file {shown}",
        )
    return token


def write_token_file(path: Path, token: Secret) -> None:
    """Write a token, and nothing else, to a file for the user alone."""
    replace_private(path, token.reveal().encode() + b"\n")


def delete_token_file(path: Path) -> bool:
    """Remove a token file; False where there is none.

    Raises:
        NoCredentials: the file does not hold a token, so it is not ours to delete.
    """
    if not path.exists():
        return False
    read_token_file(path)
    path.unlink(missing_ok=True)
    return True


class LoginFailures:
    """How often logins were refused lately, by server; kept over restarts, without user names.

    LORIS locks an account, and everyone behind the same address, after more than 10 failures in
    15 minutes, and stops running downloads by it.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or state_dir() / "login-failures.json"

    def add(self, identity: str) -> None:
        """Count one refused login."""
        failures = self._load()
        failures[identity] = [*self._recent(failures, identity), time.time()]
        self._save(failures)

    def clear(self, identity: str) -> None:
        """A login succeeded: the server's counter is what it is, ours starts anew."""
        failures = self._load()
        if failures.pop(identity, None):
            self._save(failures)

    def count(self, identity: str) -> int:
        """How many logins were refused within the last 15 minutes."""
        return len(self._recent(self._load(), identity))

    def warning(self, identity: str) -> str:
        """A sentence when one more failure is dangerous, else `""`."""
        count = self.count(identity)
        if count < _FAILURES_TO_WARN:
            return ""
        return (
            f"{count} logins were refused within 15 minutes. After more than 10 the server locks "
            "the account and stops running downloads, for everyone behind this address."
        )

    def _recent(self, failures: dict[str, list[float]], identity: str) -> list[float]:
        now = time.time()
        return [
            when for when in failures.get(identity, []) if now - _FAILURES_WINDOW_S < when <= now
        ]

    def _load(self) -> dict[str, list[float]]:
        try:
            with self._path.open("rb") as file:
                content = json.loads(file.read(_STATE_MAX_BYTES))
            return {
                str(identity): [float(when) for when in times]
                for identity, times in content["failures"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}

    def _save(self, failures: dict[str, list[float]]) -> None:
        content = json.dumps({"format": 1, "failures": failures}) + "\n"
        try:
            write_private(self._path, content.encode())
        except PreventADError:
            pass  # a counter that cannot be kept must not stop a login


def _token_or_none(text: str) -> Secret | None:
    text = text.strip()
    return Secret(text) if is_token(text, _TOKEN_MAX_BYTES) else None


def _service(identity: str) -> str:
    return f"preventad-tui {identity}"
