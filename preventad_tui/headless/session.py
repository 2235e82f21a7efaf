"""What every command that talks to a server does first: connect, log in, read, select."""

import argparse
import asyncio
import getpass
import sys
import time
from types import TracebackType
from typing import Self

from preventad_tui.core.catalogue import CatalogueIndex, diff
from preventad_tui.core.config import Settings
from preventad_tui.core.credentials import CredentialSource, gather_credentials
from preventad_tui.core.errors import NoCredentials, Unreachable, UsageError
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.limits import limits_from_environment
from preventad_tui.core.logfile import flush_log, log_trouble
from preventad_tui.core.model import DataType
from preventad_tui.core.secret import Secret
from preventad_tui.core.text import clean, human_duration, human_size, plural
from preventad_tui.core.workspace import Workspace
from preventad_tui.headless.output import Output
from preventad_tui.headless.signals import Signals

_RETRY_S = 2.0


class Session:
    """One command's settings, streams and workspace; closes what was opened at its end."""

    def __init__(
        self, settings: Settings, options: argparse.Namespace, output: Output, signals: Signals
    ) -> None:
        self.settings = settings
        self.options = options
        self.output = output
        self.signals = signals
        limits = limits_from_environment()
        credentials = gather_credentials(
            limits=limits,
            username=settings.username,
            token_file=settings.token_file,
            password_from=sys.stdin if settings.password_stdin else None,
        )
        self.workspace = Workspace(settings, credentials, limits=limits, say=output.say)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.output.end_update()
        await self.workspace.aclose()
        flush_log()
        self.say_log_trouble()

    def say_log_trouble(self) -> None:
        """One line on stderr when the log cannot be written any more; nothing else changes."""
        if sentence := log_trouble.tell_once():
            self.output.tell(sentence)

    async def connect(
        self, *, server: str = "", patience_s: float = 0.0, downloads: bool = False
    ) -> None:
        """Find the server and say which one it is, before any password is sent.

        `server` replaces the settings' one. An outage at the start is waited out for `patience_s`
        seconds. With `--catalogue` and nothing to log in with, no server is asked.

        Raises:
            NoCredentials: it `downloads`, and there is no account.
        """
        if await self._stays_without_account(downloads=downloads):
            return
        end = time.monotonic() + patience_s
        is_waiting = False
        while True:
            try:
                info = await self.workspace.connect(server)
                break
            except Unreachable as error:
                if time.monotonic() + _RETRY_S > end:
                    raise
                if not is_waiting:
                    self.output.say(f"{error.message} Trying for {human_duration(patience_s)}.")
                is_waiting = True
                await asyncio.sleep(_RETRY_S)
        found = info.server
        shown = f"{found.name} ({found.origin.url})"
        if found.name == found.origin.url:
            shown = found.name
        self.output.say(f"Server: {shown}, API {found.api_version}")

    async def _stays_without_account(self, *, downloads: bool) -> bool:
        clone, workspace = self.settings.catalogue, self.workspace
        can_ask = self.can_ask and (downloads or self.settings.username)
        if clone is None or can_ask or await workspace.has_login():
            return False
        if downloads:
            raise workspace.no_account()
        workspace.stay_without_account()
        self.output.say(
            f"Catalogue: the published dataset in {clean(str(clone))}; no server is asked."
        )
        return True

    @property
    def can_ask(self) -> bool:
        """Whether there is a person at a terminal."""
        return sys.stdin.isatty() and self.output.is_terminal

    async def sign_in(self) -> None:
        """Log in by what was given or kept, else by asking on the terminal.

        Raises:
            NoCredentials: nothing to log in with and nobody to ask.
            LoginRefused: refused by the server, or by an earlier refusal in this folder.
        """
        workspace = self.workspace
        if workspace.is_without_account:
            return
        if not await workspace.try_stored_tokens():
            if not self.can_ask:
                raise NoCredentials(
                    "There is nothing to log in with.",
                    "Set PREVENTAD_USERNAME and PREVENTAD_PASSWORD, or name a --token-file made "
                    "by “preventad-tui login --token-file FILE”.",
                )
            workspace.heed_refused_login()
            username, password = self.ask_login()
            await workspace.login(username, password, keep_password=True)
        if workspace.source is not CredentialSource.QUESTION:
            self.output.say(f"Logged in with {workspace.source}.")

    def ask_login(self, *, another: bool = False) -> tuple[str, Secret]:
        """User and password from the terminal; the password is not shown.

        `another` asks for the user even where the settings name one.
        """
        identity = self.workspace.identity
        if warning := self.workspace.failures.warning(identity):
            self.output.tell(warning)
        username = "" if another else self.settings.username
        with self.signals.given_back():
            if not username:
                self.output.tell(f"LORIS user at {identity}:")
                username = sys.stdin.readline().strip()
            try:
                password = getpass.getpass(f"Password of {username}: ") if username else ""
            except EOFError:
                password = ""
        if not username or not password:
            raise NoCredentials("No user and password were given.", "Run it again to try.")
        return username, Secret(password)

    async def read_index(self, data_type: DataType | None = None) -> CatalogueIndex:
        """Read the catalogue, with a running count on a terminal."""

        def show(what: str, count: int) -> None:
            done = human_size(count) if what == "bytes" else f"{count:,} {what}"
            self.output.update(f"Reading the catalogue: {done}")

        if not self.workspace.is_without_account:
            await self._settle_project()
        wanted = data_type or self.settings.type
        before = await asyncio.to_thread(self.workspace.cached_catalogue, wanted)
        catalogue = await self.workspace.read_catalogue(wanted, show)
        self.output.end_update()
        if before and (changes := await asyncio.to_thread(diff, before, catalogue)):
            self.output.say(f"Changed on the server since {before.date}: {changes.sentence}.")
        for note in catalogue.notes:
            self.output.say(note)
        if catalogue.rows_skipped:
            skipped = plural(catalogue.rows_skipped, "row")
            self.output.say(f"{skipped} of the server's list were not understood.")
        return CatalogueIndex(catalogue)

    async def settle_names(
        self, index: CatalogueIndex, selected: list[int], folder: OutputFolder | None
    ) -> CatalogueIndex:
        """The index with the names that only sidecars tell, with a running count on a terminal."""

        def show(done: int, of: int) -> None:
            self.output.update(f"Reading the fieldmaps' echo times: {done:,} of {of:,}")

        settled = await self.workspace.settle_names(index, selected, folder, show)
        self.output.end_update()
        return settled

    async def _settle_project(self) -> None:
        """The project that was named, or the only one; on a terminal a person may choose.

        Raises:
            UsageError: several, and nobody to ask; or none of that name.
        """
        try:
            await self.workspace.settle_project()
        except UsageError as error:
            can_ask = self.can_ask
            if error.reason != "several-projects" or not can_ask:
                raise
            self.output.tell(f"{error.message} Which one?")
            with self.signals.given_back():
                self.workspace.project = sys.stdin.readline().strip()
            await self.workspace.settle_project()
