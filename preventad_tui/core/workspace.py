"""What both the interface and the headless commands drive: server, login, catalogue, folder, run.

A rule about how these belong together stands here once. Nothing here asks or prints: what is worth
saying goes to `say`, what only a person can answer raises.
"""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from preventad_tui.core import catalogue_cache
from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.config import MissingFiles, Settings
from preventad_tui.core.credentials import (
    Credentials,
    CredentialSource,
    LoginFailures,
    UserPassword,
    gather_credentials,
)
from preventad_tui.core.engine import Engine, EngineSettings, EngineThread
from preventad_tui.core.errors import (
    LoginRefused,
    NoPermission,
    PreventADError,
    TokenRejected,
    UsageError,
)
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.folder import FolderIdentity, OutputFolder
from preventad_tui.core.http import TokenBox
from preventad_tui.core.keyrings import KeyringState, off_loop
from preventad_tui.core.limits import Limits, limits_from_environment
from preventad_tui.core.loris import Loris, find_server
from preventad_tui.core.model import Catalogue, DataType
from preventad_tui.core.paths import cache_dir
from preventad_tui.core.plan import FolderView, Plan, PlanOptions, make_plan
from preventad_tui.core.secret import Secret
from preventad_tui.core.server import Server, ServerInfo, demo_server, parse_server
from preventad_tui.core.text import clean, human_duration, near_names

if TYPE_CHECKING:
    from preventad_tui.demo.child import DemoChild


class Workspace:
    """One server, one login, one output folder at a time.

    `server` and `info` are None until `connect`; `project` is `""` until `settle_project`.
    `source` says where the login came from, `filled_in` what the demo's login screen shows.
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
        self.tokens = TokenBox()
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
        wanted = self.settings.project or self.project
        by_fold = {name.casefold(): name for name in names}
        listed = ", ".join(clean(name, 60) for name in names)
        if not names:
            raise NoPermission(
                "This account sees no project on the server.", "Ask the study for access."
            )
        if not wanted and len(names) > 1:
            raise UsageError(
                f"The server has several projects: {listed}.", "Choose with --project."
            )
        if wanted and wanted.casefold() not in by_fold:
            near = near_names(wanted, list(names))
            hint = f"Did you mean {near[0]}?" if near else f"It has: {listed}."
            raise UsageError(f"The server has no project “{clean(wanted, 60)}”.", hint)
        self.project = by_fold[wanted.casefold()] if wanted else names[0]
        if self.folder is not None:
            self.folder.settle_project(self.project)
        return self.project

    # The login

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
        self.tokens.token = token
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

    # The catalogue

    def cached_catalogue(self, data_type: DataType) -> Catalogue | None:
        """The last catalogue of this server and project, as it was then."""
        return catalogue_cache.load(self.identity, self.project, data_type, cache_dir())

    async def read_catalogue(
        self,
        data_type: DataType,
        on_progress: Callable[[str, int], None] = lambda _what, _bytes: None,
    ) -> Catalogue:
        """What the server offers now; kept in the cache for the next start."""
        if not self.project:
            await self.settle_project()
        catalogue = await self._found_loris().read_catalogue(
            data_type, project=self.project, on_progress=on_progress
        )
        try:
            await asyncio.to_thread(catalogue_cache.save, catalogue, cache_dir())
        except PreventADError as error:
            self._say(f"The catalogue is not kept for the next start: {error}")
        return catalogue

    # The folder and the run

    def open_folder(
        self,
        path: Path,
        data_type: DataType,
        *,
        create: bool = True,
        read_only: bool = False,
        force: bool | None = None,
        shard: str | None = None,
    ) -> OutputFolder:
        """Open the output folder for this server's data; closes the one that was open.

        Raises:
            WrongFolder, NotWritable, FolderInUse, StateUnreadable.
        """
        self.close_folder()
        self.folder = OutputFolder.open(
            path,
            FolderIdentity(self.identity, self.project, data_type),
            create=create,
            read_only=read_only,
            force=self.settings.force if force is None else force,
            shard=str(self.settings.shard or "") if shard is None else shard,
            limits=self.limits,
        )
        if self.project:
            self.folder.settle_project(self.project)
        return self.folder

    def size_book(self, data_type: DataType) -> SizeBook:
        """An empty book of sizes for this server."""
        known = self.server is not None and self.server.has_known_sizes
        return SizeBook(known=known, data_type=data_type)

    def plan(
        self,
        index: CatalogueIndex,
        selected: Collection[int],
        folder: OutputFolder | None,
        *,
        missing: MissingFiles | None = None,
        check_updates: bool | None = None,
    ) -> Plan:
        """Compare what is selected with the folder as it is now; without a folder nothing is there.

        What is not given is as in the settings.
        """
        wish = self.settings
        options = PlanOptions(
            missing=missing or wish.missing,
            check_updates=wish.check_updates if check_updates is None else check_updates,
            shard=wish.shard,
        )
        view = FolderView()
        if folder is not None:
            view = FolderView(
                folder.ledger.lines, folder.ledger.ends, folder.scan(), folder.free_bytes()
            )
        sizes = self.size_book(index.catalogue.type)
        return make_plan(index, selected, view, sizes, options)

    def close_folder(self) -> None:
        """Let go of the output folder."""
        if self.folder is not None:
            self.folder.close()
            self.folder = None

    def engine(self, plan: Plan, folder: OutputFolder, **overrides: Any) -> EngineThread:
        """A run over a plan, not started yet; `overrides` are fields of `EngineSettings`."""
        defaults = EngineSettings(
            jobs=self.settings.jobs,
            rate_limit=self.settings.rate_limit,
            check_updates=self.settings.check_updates,
            keep_old=self.settings.keep_old,
            limits=self.limits,
        )
        settings = dataclasses.replace(defaults, **overrides)
        return EngineThread(Engine(plan, folder, self._found_loris(), settings, self.renew))

    async def aclose(self) -> None:
        """End what was started: the folder and the demo server."""
        self.close_folder()
        if self._demo is not None:
            await asyncio.to_thread(self._demo.stop)
            self._demo = None

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
