"""The operating system's secret store, or a sentence that says why there is none.

A keyring call can hang for ever (a Secret Service that never answers, a prompt on a display nobody
sees), pick a plaintext file where D-Bus is missing, accept and forget, or raise anything at all.
So every call runs in a daemon thread with one deadline, only known stores are used, what is
written is read back, and every exception ends here. After one call that did not answer the
keyring is not asked again in this run.
"""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from preventad_tui.core.secret import Secret
from preventad_tui.core.text import clean
from preventad_tui.core.token import is_token

_Result = TypeVar("_Result")

_STORES = {
    "keyring.backends.SecretService": "Secret Service (GNOME Keyring or alike)",
    "keyring.backends.libsecret": "Secret Service (libsecret)",
    "keyring.backends.kwallet": "KWallet",
    "keyring.backends.macOS": "macOS Keychain",
    "keyring.backends.Windows": "Windows Credential Locker",
}
"""The stores that keep a secret encrypted, by the module of their backend."""

_TOKEN_MAX_BYTES = 8192
_MAX_ENTRIES = 20


@dataclass(frozen=True, slots=True)
class KeyringState:
    """Whether tokens can be kept; `label` names the store, `reason` says why not."""

    usable: bool
    label: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StoredLogin:
    """What the keyring holds for a server: whose token, and the token."""

    username: str
    token: Secret


class Keyring:
    """The store of this machine; a method that fails says so by its value, never by an exception.

    `state` is the truth of the moment: a store that stops answering becomes unusable.
    """

    def __init__(self, backend: Any, state: KeyringState, timeout_s: float) -> None:
        self._backend = backend
        self._timeout_s = timeout_s
        self.state = state

    def find(self, service: str, username: str = "") -> StoredLogin | None:
        """The stored token of a user, or of any user where none is named.

        A value that cannot be a token counts as none.
        """

        def ask() -> tuple[str, str] | None:
            found = self._backend.get_credential(service, username or None)
            return (found.username or "", found.password or "") if found else None

        found = self._call(ask)
        if found is None or not is_token(found[1], _TOKEN_MAX_BYTES):
            return None
        return StoredLogin(clean(found[0]), Secret(found[1]))

    def store(self, service: str, username: str, token: Secret) -> bool:
        """Keep a token and read it back; False (and a reason in `state`) where that failed."""

        def write() -> bool:
            self._backend.set_password(service, username, token.reveal())
            return bool(self._backend.get_password(service, username) == token.reveal())

        kept = self._call(write)
        if kept is False:
            self._give_up("the keyring accepted the token and did not keep it")
        return bool(kept)

    def delete(self, service: str, username: str = "") -> int:
        """Remove the tokens of a user, or of every user; how many there were."""

        def remove() -> int:
            for count in range(_MAX_ENTRIES):
                found = self._backend.get_credential(service, username or None)
                if found is None:
                    return count
                self._backend.delete_password(service, found.username or username)
            return _MAX_ENTRIES

        return self._call(remove) or 0

    def _call(self, action: Callable[[], _Result]) -> _Result | None:
        if not self.state.usable:
            return None
        try:
            return _in_daemon_thread(action, self._timeout_s)
        except TimeoutError:
            self._give_up(_no_answer(self._timeout_s))
        except Exception as error:  # keyring backends raise anything; this is the one boundary
            if type(error).__name__ != "PasswordDeleteError":
                self._give_up(_reason(error))
        return None

    def _give_up(self, reason: str) -> None:
        self.state = KeyringState(usable=False, label=self.state.label, reason=reason)


def open_keyring(timeout_s: float) -> Keyring:
    """Find the machine's store and ask it one question within `timeout_s` seconds."""

    def find() -> tuple[Any, KeyringState]:
        import keyring  # noqa: TID251

        backend = _known(keyring.get_keyring())
        if backend is None:
            return None, KeyringState(usable=False, reason="this machine has no keyring")
        label = _STORES[type(backend).__module__]
        # A locked or broken store looks fine until it is asked for something.
        backend.get_password("preventad-tui", "preventad-tui")
        return backend, KeyringState(usable=True, label=f"{label}, unlocked")

    try:
        backend, state = _in_daemon_thread(find, timeout_s)
    except TimeoutError:
        backend, state = None, KeyringState(usable=False, reason=_no_answer(timeout_s))
    except Exception as error:  # a bad PYTHON_KEYRING_BACKEND is not even a KeyringError
        backend, state = None, KeyringState(usable=False, reason=_reason(error))
    return Keyring(backend, state, timeout_s)


async def off_loop(action: Callable[[], _Result]) -> _Result:
    """Run a keyring call without holding up the event loop, nor the end of the program."""
    return await asyncio.wrap_future(_start(action))


def _known(backend: Any) -> Any | None:
    """The backend, or the first member of a chain, that keeps secrets encrypted."""
    if type(backend).__module__ == "keyring.backends.chainer":
        members = [_known(member) for member in backend.backends]
        return next((member for member in members if member is not None), None)
    if type(backend).__module__ not in _STORES or float(type(backend).priority) < 1:
        return None
    return backend


def _in_daemon_thread(action: Callable[[], _Result], timeout_s: float) -> _Result:
    return _start(action).result(timeout_s)


def _start(action: Callable[[], _Result]) -> "concurrent.futures.Future[_Result]":
    """Start a call that may never return; the thread is left behind then and ends with us."""
    future: concurrent.futures.Future[_Result] = concurrent.futures.Future()

    def run() -> None:
        try:
            result = action()
        except BaseException as error:
            # A backend that calls sys.exit() must not end the program.
            told = error if isinstance(error, Exception) else RuntimeError(type(error).__name__)
            if not future.cancelled():
                future.set_exception(told)
        else:
            if not future.cancelled():
                future.set_result(result)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    return future


def _no_answer(timeout_s: float) -> str:
    return f"the keyring did not answer within {timeout_s:g} s"


def _reason(error: BaseException) -> str:
    kind = type(error).__name__
    if kind in ("KeyringLocked", "InitError"):
        return "the keyring is locked (unlock it in this session, see the README)"
    if kind == "NoKeyringError":
        return "this machine has no keyring"
    return f"the keyring failed ({clean(kind)}: {clean(str(error), 80)})"
