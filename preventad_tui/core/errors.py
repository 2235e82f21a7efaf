"""What can go wrong, as one tree; each error is a sentence, a hint and an exit code.

    PreventADError
    ├── UsageError            2  unknown option value, nothing selected, no output folder
    ├── AuthError             4
    │   ├── LoginRefused         the server refused user and password (its words in the message)
    │   ├── TokenRejected        a token got 401
    │   ├── NoCredentials        nothing to log in with
    │   └── NoPermission         logged in, but not allowed (403, no imaging rights, MFA page)
    ├── ServerError           5
    │   ├── Unreachable          name lookup, refused, timed out, cut connection
    │   ├── TlsFault             certificate or protocol
    │   ├── ProxyFault           the proxy is dead or wants a password
    │   ├── NotLoris             answers, but not as a LORIS API (also a sign-in page)
    │   └── NoBidsEndpoint       a LORIS without the BIDS listing
    ├── StorageError          6
    │   ├── NotWritable          the folder cannot be written
    │   ├── DiskFull             no space, no quota, no inodes, file too large
    │   ├── FolderGone           removed, unmounted or replaced
    │   └── WrongFolder          holds another server's or the other type's data
    ├── FolderInUse           8
    └── StateUnreadable       9  or written by a newer version

The exit codes are fixed by the program's outer interface (README, "Exit codes").
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a run ended, for scripts and schedulers."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    SOME_FAILED = 3
    AUTH = 4
    SERVER = 5
    STORAGE = 6
    LEFT = 7
    IN_USE = 8
    STATE = 9
    SIGHUP = 129
    SIGINT = 130
    SIGTERM = 143
    SIGXCPU = 152


class PreventADError(Exception):
    """An error that a person can act on: `message` says what happened, `hint` what to do next.

    `reason` is a short code for programs (`dns`, `stalled`, `suspended`); people read the message.
    """

    exit_code: ExitCode = ExitCode.INTERNAL

    def __init__(self, message: str, hint: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(PreventADError):
    """The command, an option or a name is wrong."""

    exit_code = ExitCode.USAGE


class AuthError(PreventADError):
    """Who is asking is not settled."""

    exit_code = ExitCode.AUTH


class LoginRefused(AuthError):
    """The server refused user and password."""


class TokenRejected(AuthError):
    """A token got 401: expired, or the account is locked out."""


class NoCredentials(AuthError):
    """There is nothing to log in with."""


class NoPermission(AuthError):
    """Logged in, but this account may not see what was asked for."""


class ServerError(PreventADError):
    """The server cannot be reached or does not answer as a LORIS API."""

    exit_code = ExitCode.SERVER


class Unreachable(ServerError):
    """Name lookup, connection or transfer failed on the way."""


class TlsFault(ServerError):
    """The certificate or the TLS protocol was refused."""


class ProxyFault(ServerError):
    """The proxy is dead or refuses."""


class NotLoris(ServerError):
    """Something answers, but not as a LORIS API."""


class NoBidsEndpoint(ServerError):
    """A LORIS server without the BIDS listing."""


class StorageError(PreventADError):
    """The output folder or the disk below it."""

    exit_code = ExitCode.STORAGE


class NotWritable(StorageError):
    """The folder cannot be written."""


class DiskFull(StorageError):
    """No space, no quota, no inodes, or a limit on file size."""


class FolderGone(StorageError):
    """The output folder was removed, unmounted or replaced."""


class WrongFolder(StorageError):
    """The folder holds another server's data, or the other type's."""


class FolderInUse(PreventADError):
    """Another run works in the output folder."""

    exit_code = ExitCode.IN_USE


class StateUnreadable(PreventADError):
    """The folder's state cannot be read, or a newer version wrote it."""

    exit_code = ExitCode.STATE
