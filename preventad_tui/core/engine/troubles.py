"""What stops all transfers, what it says, and how it ends: by itself, by a word, or not at all."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from preventad_tui.core.engine.pool import Pool
from preventad_tui.core.engine.probe import network_reason, probe, storage_reason
from preventad_tui.core.engine.settings import EngineSettings
from preventad_tui.core.errors import (
    AuthError,
    DiskFull,
    ExitCode,
    NoPermission,
    PreventADError,
    ServerError,
    StorageError,
)
from preventad_tui.core.events import AuthNeeded, Event, Paused, PauseReason, Resumed
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.loris import Loris
from preventad_tui.core.secret import Secret
from preventad_tui.core.text import human_duration, human_size

Renew = Callable[[], Awaitable[Secret | None]]

_LOGGED_OUT = "The login has ended. Log in again; the files go on where they were."
_LOCKED_OUT = (
    "The server refuses a fresh login's token: the account may be locked, as LORIS does after "
    "more than 10 failed logins from this address."
)


class Host(Protocol):
    """What troubles need of the engine."""

    def emit(self, event: Event) -> None:
        """Put an event into the queue."""

    def stop_transfers(self) -> None:
        """Take all files under way back into the queue."""

    def go_on(self) -> None:
        """Start transfers again."""

    def end(self, exit_code: ExitCode, sentence: str) -> None:
        """End the run now."""

    def fault(self, error: BaseException) -> None:
        """A fault of this program that is no file's: end the run now."""


@dataclass(slots=True)
class Trouble:
    """The one thing that holds everything up.

    `next_try_at` by the monotonic clock, `since` by the one on the wall.
    """

    reason: PauseReason
    sentence: str
    next_try_at: float | None = None
    since: float = field(default_factory=time.time)


class Troubles:
    """Holds at most one trouble at a time; what comes up meanwhile shows again afterwards."""

    def __init__(
        self,
        host: Host,
        settings: EngineSettings,
        loris: Loris,
        folder: OutputFolder,
        pool: Pool,
        renew: Renew | None,
    ) -> None:
        self._host = host
        self._settings = settings
        self._limits = settings.limits
        self._loris = loris
        self._folder = folder
        self._pool = pool
        self._renew = renew
        self._task: asyncio.Task[None] | None = None
        self._recovery: Coroutine[None, None, None] | None = None
        self._nudge = asyncio.Event()
        self._token_unproven = False
        self.current: Trouble | None = None

    # Told by the engine

    def nudge(self) -> None:
        """The user's word: try now."""
        self._nudge.set()

    def ask_again(self) -> None:
        """The user's word: what was refused may be allowed by now."""
        if self.current is not None and self.current.reason is PauseReason.NO_PERMISSION:
            self._nudge.set()

    def take_token(self, token: Secret) -> None:
        """A token from a fresh login."""
        self._loris.tokens.token = token
        self._token_unproven = True
        self._nudge.set()

    def token_works(self) -> None:
        """The server accepted the present token."""
        self._token_unproven = False

    async def close(self) -> None:
        """End what is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
        if self._recovery is not None:
            self._recovery.close()  # it was never begun where its task was cancelled at once

    # The troubles

    def offline(self, error: PreventADError) -> None:
        """The server is not there, or something else answers in its place."""
        if isinstance(error, NoPermission):
            self.no_permission(error.message)
            return
        self._enter(network_reason(error), str(error), self._until_reachable())

    def throttled(self, wait_s: float, message: str) -> None:
        """The server asked everyone to wait; what is under way may end."""
        sentence = f"{message}; going on in {human_duration(wait_s)}."
        sentence = sentence[0].upper() + sentence[1:]
        self._enter(PauseReason.RATE_LIMIT, sentence, self._nap(wait_s), stops=False)

    def token_ended(self) -> None:
        """401: one login for all, or none where one was just made."""
        if not self._token_unproven:
            self._enter(PauseReason.LOGGED_OUT, _LOGGED_OUT, self._until_logged_in())
        elif self._settings.wait_for_login:
            wait_s = self._limits.lockout_wait_s
            sentence = f"{_LOCKED_OUT} Waiting {human_duration(wait_s)}."
            self._enter(PauseReason.LOCKED_OUT, sentence, self._nap(wait_s))
        else:
            self._host.end(ExitCode.AUTH, _LOCKED_OUT)

    def no_permission(self, sentence: str) -> None:
        """Logged in, but not allowed; only the user can change that."""
        if self._settings.wait_for_login:
            self._enter(PauseReason.NO_PERMISSION, sentence, self._nap(None))
        else:
            self._host.end(ExitCode.AUTH, sentence)

    def storage(self, error: StorageError, needed_bytes: int) -> None:
        """The disk or the folder refuses."""
        if self._settings.wait_for_storage:
            self._enter(storage_reason(error), str(error), self._until_writable(needed_bytes))
        else:
            self._host.end(ExitCode.STORAGE, str(error))

    async def probe(self) -> PreventADError | None:
        """Whether the server answers as a LORIS API: None, or what is wrong."""
        return await probe(self._loris, self._limits)

    # How they end

    def _enter(
        self,
        reason: PauseReason,
        sentence: str,
        recovery: Coroutine[None, None, None],
        *,
        stops: bool = True,
    ) -> None:
        if self.current is not None:
            recovery.close()
            return
        self._nudge.clear()
        self.current = Trouble(reason, sentence)
        self._recovery = recovery
        self._task = asyncio.create_task(self._recover(recovery), name="trouble")
        if stops:
            self._host.stop_transfers()
        self._host.emit(Paused(reason, sentence, time.time()))

    async def _recover(self, recovery: Coroutine[None, None, None]) -> None:
        try:
            await recovery
        except Exception as error:
            self._host.fault(error)
            return
        self.current = None
        self._host.emit(Resumed(time.time()))
        self._host.go_on()

    async def _nap(self, wait_s: float | None) -> None:
        """Sleep until the time is over or the user says to go on; None sleeps for that word."""
        self._nudge.clear()
        if self.current is not None:
            self.current.next_try_at = None if wait_s is None else time.monotonic() + wait_s
        try:
            async with asyncio.timeout(wait_s):
                await self._nudge.wait()
        except TimeoutError:
            pass

    async def _until_reachable(self) -> None:
        give_up_s = self._settings.give_up_after_s
        give_up_at = None if give_up_s is None else time.monotonic() + give_up_s
        wait_s = self._limits.probe_first_s
        while True:
            if give_up_at is not None:
                wait_s = min(wait_s, max(0.0, give_up_at - time.monotonic()))
            await self._nap(wait_s)
            error = await self.probe()
            if error is None:
                return
            if give_up_at is not None and time.monotonic() >= give_up_at:
                await self._give_up(ExitCode.SERVER, f"{error.message} Gave up waiting.")
            self._say(network_reason(error), str(error))
            wait_s = min(wait_s * 2, self._limits.probe_max_s)

    async def _until_logged_in(self) -> None:
        before = self._loris.tokens.token
        token: Secret | None = None
        while self._renew is not None:
            try:
                token = await self._renew()
                break
            except ServerError as error:
                self._say(network_reason(error), str(error))
                await self._until_reachable()
            except AuthError as error:
                self._say(PauseReason.LOGGED_OUT, str(error))
                break
        if token is not None:
            self.take_token(token)
            return
        if self._loris.tokens.token not in (before, None):
            return  # the user was faster
        sentence = self.current.sentence if self.current else _LOGGED_OUT
        if not self._settings.wait_for_login:
            await self._give_up(ExitCode.AUTH, sentence)
        self._host.emit(AuthNeeded(sentence, time.time()))
        while self._loris.tokens.token is before:
            await self._nap(None)

    async def _until_writable(self, needed_bytes: int) -> None:
        while True:
            await self._nap(self._limits.disk_probe_s)
            try:
                await self._pool.run(self._try_folder, needed_bytes)
            except StorageError as error:
                self._say(storage_reason(error), str(error))
            else:
                return

    def _try_folder(self, needed_bytes: int) -> None:
        self._folder.probe()
        free_bytes = self._folder.free_bytes()
        if free_bytes < needed_bytes:
            raise DiskFull(
                f"The disk is full: {human_size(needed_bytes)} needed, "
                f"{human_size(free_bytes)} free.",
                "Free some space; what is on disk stays.",
                "disk-full",
            )

    async def _give_up(self, exit_code: ExitCode, sentence: str) -> NoReturn:
        self._host.end(exit_code, sentence)
        while True:  # the engine cancels this task when it ends
            await asyncio.Event().wait()

    def _say(self, reason: PauseReason, sentence: str) -> None:
        """What is the matter now, where it is something else than before."""
        trouble = self.current
        if trouble is None or (trouble.reason, trouble.sentence) == (reason, sentence):
            return
        trouble.sentence = sentence
        if trouble.reason is not reason:
            trouble.reason = reason
            self._host.emit(Paused(reason, sentence, time.time()))
