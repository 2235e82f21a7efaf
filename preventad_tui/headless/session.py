"""What every command that talks to a server does first: connect, log in, read, select."""

import argparse
import asyncio
import getpass
import sys
import time
from types import TracebackType
from typing import Self

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.config import Settings
from preventad_tui.core.credentials import CredentialSource, gather_credentials
from preventad_tui.core.errors import NoCredentials, Unreachable
from preventad_tui.core.limits import limits_from_environment
from preventad_tui.core.model import DataType
from preventad_tui.core.secret import Secret
from preventad_tui.core.text import human_duration, human_size, plural
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

    async def connect(self, *, server: str = "", patience_s: float = 0.0) -> None:
        """Find the server and say which one it is, before any password is sent.

        `server` replaces the settings' one. An outage at the start is waited out for `patience_s`
        seconds.
        """
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

    async def sign_in(self) -> None:
        """Log in by what was given or kept, else by asking on the terminal.

        Raises:
            NoCredentials: nothing to log in with and nobody to ask.
            LoginRefused: refused by the server, or by an earlier refusal in this folder.
        """
        workspace = self.workspace
        if not await workspace.try_stored_tokens():
            if not sys.stdin.isatty() or not self.output.is_terminal:
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

    def ask_login(self) -> tuple[str, Secret]:
        """User and password from the terminal; the password is not shown."""
        identity = self.workspace.identity
        if warning := self.workspace.failures.warning(identity):
            self.output.tell(warning)
        username = self.settings.username
        with self.signals.given_back():
            if not username:
                self.output.tell(f"LORIS user at {identity}:")
                username = sys.stdin.readline().strip()
            password = getpass.getpass(f"Password of {username}: ") if username else ""
        if not username or not password:
            raise NoCredentials("No user and password were given.", "Run it again to try.")
        return username, Secret(password)

    async def read_index(self, data_type: DataType | None = None) -> CatalogueIndex:
        """Read the catalogue, with a running count on a terminal."""

        def show(what: str, count: int) -> None:
            done = human_size(count) if what == "bytes" else f"{count:,} {what}"
            self.output.update(f"Reading the catalogue: {done}")

        catalogue = await self.workspace.read_catalogue(data_type or self.settings.type, show)
        self.output.end_update()
        for note in catalogue.notes:
            self.output.say(note)
        if catalogue.rows_skipped:
            skipped = plural(catalogue.rows_skipped, "row")
            self.output.say(f"{skipped} of the server's list were not understood.")
        return CatalogueIndex(catalogue)
