"""One server and one login on it: found, logged in, renewed, never asked for twice."""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from preventad_tui.core.config import Settings
from preventad_tui.core.credentials import (
    Credentials,
    CredentialSource,
    LoginFailures,
    UserPassword,
    gather_credentials,
)
from preventad_tui.core.errors import LoginRefused, NoPermission, TokenRejected, UsageError
from preventad_tui.core.http import TokenBox
from preventad_tui.core.keyrings import KeyringState, off_loop
from preventad_tui.core.limits import Limits, limits_from_environment
from preventad_tui.core.loris import Loris, find_server
from preventad_tui.core.secret import Secret
from preventad_tui.core.server import Server, ServerInfo, demo_server, parse_server
from preventad_tui.core.text import clean, human_duration, near_names

if TYPE_CHECKING:
    from preventad_tui.core.folder import OutputFolder
    from preventad_tui.demo.child import DemoChild


class Connection:
    """Who is asked, and as whom.

    `server`, `info` and `loris` are None until `connect`; `project` is `""` until
    `settle_project`. `source` says where the login came from, `filled_in` is the demo's user.
    `folder` is the open output folder, in which a refused login leaves its mark.
    """

    def __init__(
        self,
        settings: Settings,
        credentials: Credentials | None = None,
        *,
        limits: Limits | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.settings = settings
        self.limits = limits or limits_from_environment()
        self.credentials = credentials or gather_credentials(
            limits=self.limits, username=settings.username, token_file=settings.token_file
        )
        self.tokens = TokenBox()
        self.failures = LoginFailures()
        self.server: Server | None = None
        self.info: ServerInfo | None = None
        self.loris: Loris | None = None
        self.folder: OutputFolder | None = None
        self.project = ""
        self.source: CredentialSource | None = None
        self.filled_in: UserPassword | None = None
        self._kept: UserPassword | None = None
        self._demo: DemoChild | None = None
        self._say = say or (lambda _sentence: None)

    # The server

    async def connect(self, server: str = "") -> ServerInfo:
        """Find out what the server is, without credentials; `server` replaces the settings' one.

        Raises:
            UsageError: no such server name, or the demo's library is not installed.
            ServerError: it cannot be reached or is no LORIS.
        """
        wanted = await self._server(server or self.settings.server)
        self.info = await find_server(wanted, limits=self.limits, ca_file=self.settings.ca_file)
        self.server = self.info.server
        # What belonged to another server must not be sent to this one.
        self.tokens = TokenBox()
        self._kept = self.source = None
        self.project = ""
        self.loris = Loris(
            self.info, self.tokens, limits=self.limits, ca_file=self.settings.ca_file
        )
        return self.info

    async def _server(self, text: str) -> Server:
        if text == "demo":
            found = await self._start_demo()
        else:
            self.filled_in = None
            found = parse_server(text)
        return dataclasses.replace(
            found,
            api_version=self.settings.api_version or found.api_version,
            project=self.settings.project,
        )

    async def _start_demo(self) -> Server:
        from preventad_tui.demo.child import DemoChild, DemoError

        if self._demo is None:
            child = DemoChild(
                size=self.settings.demo_size,
                port=self.settings.demo_port,
                generation=self.settings.demo_generation,
            )
            try:
                await asyncio.to_thread(child.start)
            except DemoError as error:
                raise UsageError(clean(str(error))) from error
            self._demo = child
        self.filled_in = UserPassword(self._demo.username, Secret(self._demo.password))
        return demo_server(self._demo.url)

    async def settle_project(self) -> str:
        """The project asked for, or the server's only one.

        Raises:
            UsageError: several to choose from, or none of that name.
            NoPermission: the account sees no project.
        """
        names = await self._found_loris().projects()
        self.project = _project_meant(self.settings.project or self.project, names)
        if self.folder is not None:
            self.folder.settle_project(self.project)
        return self.project

    # The login

    async def has_login(self) -> bool:
        """Whether something to log in with was given or is kept; no server is asked."""
        if self.credentials.are_given or self.settings.server == "demo":
            return True
        identity, username = parse_server(self.settings.server).identity, self.settings.username
        return await off_loop(lambda: self.credentials.kept_token(identity, username)) is not None

    async def try_stored_tokens(self) -> bool:
        """Log in with what was given or kept; False where only a person can.

        Order: token file, `PREVENTAD_TOKEN`, user and password from environment or stdin,
        keyring. A token that gets 401 is passed over for the next.

        Raises:
            LoginRefused: the given user and password were refused (asked once).
        """
        if self.filled_in is not None:
            await self.login(self.filled_in.username, self.filled_in.password, keep_password=True)
            self.source = CredentialSource.DEMO
            return True
        for found in self.credentials.given_tokens():
            if await self._is_accepted(found.token):
                return self._logged_in_by(found.source)
            self._say(f"The server refused {found.source}; going on to the next.")
        for refusal in self.credentials.refusals:
            self._say(refusal)
        if given := self.credentials.given:
            self.heed_refused_login()
            await self.login(given.username, given.password, keep_password=True)
            return self._logged_in_by(CredentialSource.PASSWORD)
        identity, username = self.identity, self.settings.username
        kept = await off_loop(lambda: self.credentials.kept_token(identity, username))
        if kept is None:
            return False
        if await self._is_accepted(kept.token):
            self.tokens.user = kept.username
            return self._logged_in_by(CredentialSource.KEYRING)
        self._say("The server refused the token in the keyring; it is removed.")
        await off_loop(lambda: self.credentials.forget(identity, kept.username))
        return False

    async def login(
        self,
        username: str,
        password: Secret,
        *,
        remember: bool = False,
        keep_password: bool = False,
    ) -> KeyringState | None:
        """Log in by exactly one request; with `remember` the token goes to the keyring.

        `keep_password` keeps user and password in memory for `renew`. The answer is the keyring's
        state where it was asked: not usable means the token is in memory only.

        Raises:
            LoginRefused: counted, and marked in the open output folder for other runs.
        """
        try:
            token = await self._found_loris().login(username, password)
        except LoginRefused:
            self._note_refusal()
            raise
        self.failures.clear(self.identity)
        if self.folder is not None:
            self.folder.clear_refused_login_mark()
        self.source = CredentialSource.QUESTION
        self._kept = UserPassword(username, password) if keep_password else None
        if not remember:
            return None
        identity = self.identity
        return await off_loop(lambda: self.credentials.keep(identity, username, token))

    async def renew(self) -> Secret | None:
        """A new token by the password in memory; None without one, and after any refusal.

        Awaited in the engine's own event loop.
        """
        kept = self._kept
        if kept is None or self.info is None:
            return None
        fresh = Loris(self.info, TokenBox(), limits=self.limits, ca_file=self.settings.ca_file)
        try:
            token = await fresh.login(kept.username, kept.password)
        except LoginRefused:
            self._note_refusal()
            return None
        self.tokens.take_new(token)
        return token

    @property
    def can_renew(self) -> bool:
        """Whether the login can be renewed without asking."""
        return self._kept is not None

    def forget_login(self) -> None:
        """Drop token and password from memory, and the server's token from the keyring."""
        self.tokens.token = None
        self._kept = None
        if self.server is not None:
            self.credentials.forget(self.identity, self.tokens.user)

    def heed_refused_login(self) -> None:
        """Stop before a login where another run's was refused in this folder a moment ago.

        Raises:
            LoginRefused: the mark in the output folder is younger than its 10 minutes.
        """
        mark = self.folder.refused_login_mark() if self.folder else None
        if mark is not None:
            left_s = self.limits.refused_login_mark_s - (time.time() - mark.timestamp())
            raise LoginRefused(
                "A login was refused in this output folder a moment ago; not trying again, since "
                "the server locks accounts.",
                f"Check user and password, then run again in {human_duration(left_s)}.",
                "marked",
            )

    async def _is_accepted(self, token: Secret) -> bool:
        self.tokens.token = token
        try:
            await self._found_loris().check_token()
        except TokenRejected:
            self.tokens.token = None
            return False
        return True

    def _logged_in_by(self, source: CredentialSource) -> bool:
        self.source = source
        return True

    def _note_refusal(self) -> None:
        self._kept = None
        self.failures.add(self.identity)
        if self.folder is not None:
            self.folder.set_refused_login_mark()

    @property
    def identity(self) -> str:
        """The server's name in ledgers, selections and the keyring."""
        if self.server is None:
            raise RuntimeError("connect first")
        return self.server.identity

    def _found_loris(self) -> Loris:
        if self.loris is None:
            raise RuntimeError("connect first")
        return self.loris

    async def _stop_demo(self) -> None:
        if self._demo is not None:
            await asyncio.to_thread(self._demo.stop)
            self._demo = None


def _project_meant(wanted: str, names: Sequence[str]) -> str:
    listed = ", ".join(clean(name, 60) for name in names)
    if not names:
        raise NoPermission("This account sees no project on the server.", "Ask for access.")
    if not wanted:
        if len(names) > 1:
            raise UsageError(
                f"The server has several projects: {listed}.",
                "Choose with --project.",
                "several-projects",
            )
        return names[0]
    for name in names:
        if name.casefold() == wanted.casefold():
            return name
    near = near_names(wanted, list(names))
    hint = f"Did you mean {near[0]}?" if near else f"It has: {listed}."
    raise UsageError(f"The server has no project “{clean(wanted, 60)}”.", hint)
