"""The LORIS client: log in, and read what a server offers.

Each operation opens connections of its own, so a `Loris` may be used from any event loop; the
token is shared through the `TokenBox`.
"""

import asyncio
import functools
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from preventad_tui.core import login
from preventad_tui.core.asking import ask_json
from preventad_tui.core.catalogue import build_catalogue
from preventad_tui.core.errors import (
    NoPermission,
    NotLoris,
    PreventADError,
    UsageError,
)
from preventad_tui.core.http import HttpClient, TokenBox
from preventad_tui.core.json_text import Shrink
from preventad_tui.core.limits import Limits
from preventad_tui.core.listing import Listing
from preventad_tui.core.model import Catalogue, DataType
from preventad_tui.core.names import is_safe_component
from preventad_tui.core.probing import find_server as find_server
from preventad_tui.core.reading import Reader, refuse_nothing
from preventad_tui.core.secret import Secret
from preventad_tui.core.server import ServerInfo
from preventad_tui.core.text import clean
from preventad_tui.core.tls import context_for
from preventad_tui.core.token import token_expiry as token_expiry

Progress = Callable[[str, int], None]
"""Told `("bytes", received)` while a listing comes, `("visits", read)` during a walk."""


def _no_progress(what: str, count: int) -> None:
    pass


class Loris:
    """One server, asked as the user whose token is in `tokens`."""

    def __init__(
        self, info: ServerInfo, tokens: TokenBox, *, limits: Limits, ca_file: Path | None = None
    ) -> None:
        self.info = info
        self.tokens = tokens
        self._limits = limits
        self._ca_file = ca_file
        self._host = info.server.origin.netloc

    @functools.cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        return context_for(self.info.server.origin, self._ca_file)

    def worker_client(self) -> HttpClient:
        """A client for one worker, to be used in one event loop and closed there."""
        return HttpClient(
            self.info.server.origin,
            self.info.base_path,
            self.tokens,
            limits=self._limits,
            ssl_context=self._ssl_context,
        )

    async def login(self, username: str, password: Secret) -> Secret:
        """Send user and password, once; the token is returned and put into `tokens`.

        Raises:
            LoginRefused: with the server's words, a hint and a reason: `password`, `suspended`,
                `inactive`, `expired`, `new-password`.
            ServerError: no answer, or none of a LORIS API.
        """
        async with self.worker_client() as client:
            answer = await client.post_json(login.LINK, login.login_body(username, password))
        token = login.read_login(answer, self._host, self._limits.token_max_bytes)
        self.tokens.take_new(token)
        self.tokens.user = username
        return token

    async def check_token(self) -> None:
        """Ask something small with the token.

        Raises:
            TokenRejected: the server does not accept it.
            NoPermission, ServerError: as for any question.
        """
        await self.projects()

    async def projects(self) -> tuple[str, ...]:
        """The names of the server's projects, sorted."""
        async with self.worker_client() as client:
            answer = await self._ask(client, "/projects")
        named = answer.get("Projects") if isinstance(answer, dict) else None
        if not isinstance(named, dict | list):
            raise NotLoris(
                f"{self._host} sent JSON without projects.",
                "It may be another program than LORIS: check the address.",
                "not-loris",
            )
        names = (name for name in named if isinstance(name, str) and is_safe_component(name))
        return tuple(sorted(names))

    async def read_catalogue(
        self, data_type: DataType, *, project: str, on_progress: Progress = _no_progress
    ) -> Catalogue:
        """Everything the server offers of a project in one type.

        One request lists all images; where it is not offered or not allowed, MINC images are
        found by walking through candidates and visits. A stock server's images get their BIDS
        names here.

        Raises:
            TokenRejected: log in again.
            NoPermission: nothing is visible to this account.
            NoBidsEndpoint: BIDS was asked of a server that has only MINC.
            UsageError: there is no such project.
            ServerError: not reached, or no LORIS answer.
        """
        if not is_safe_component(project):
            raise UsageError(f"“{clean(project)}” is not a project's name.", "See --project.")
        async with self.worker_client() as client:
            reader = self._reader(client, project, on_progress)
            listing = await (reader.bids() if data_type is DataType.BIDS else reader.minc())
        refuse_nothing(listing, self._host)
        return await asyncio.to_thread(
            build_catalogue,
            listing,
            server=self.info.server.identity,
            project=project,
            data_type=data_type,
        )

    async def read_new_images(
        self, project: str, since: str, *, on_progress: Progress = _no_progress
    ) -> Listing:
        """The MINC images that came to the server later than `since`; one small request.

        Removals, QC and replaced files do not show there: those need the whole catalogue.

        Raises:
            TokenRejected, NoPermission, ServerError.
        """
        async with self.worker_client() as client:
            return await self._reader(client, project, on_progress).minc_since(since)

    def _reader(self, client: HttpClient, project: str, on_progress: Progress) -> Reader:
        return Reader(
            functools.partial(self._ask, client),
            functools.partial(self._ask_list, client, on_progress),
            self._refuse_unknown_project,
            project=project,
            host=self._host,
            on_visit=functools.partial(on_progress, "visits"),
        )

    async def explain_page(self) -> PreventADError:
        """Why an answer to a request with the token was a web page with status 200.

        LORIS 28 answers so for accounts with multi-factor authentication; networks do so until
        one signs in. Asking without the token tells: the first refuses, the second shows its page.
        """
        async with self.worker_client() as client:
            answer = await client.get(
                "/projects",
                max_bytes=self._limits.json_max_bytes,
                timeout_s=self._limits.header_timeout_s,
                authenticated=False,
            )
        if answer.status == 401:
            return NoPermission(
                f"{self._host} wants a second factor (MFA) that its API cannot ask for.",
                "Turn multi-factor authentication off for this account, or ask the project's "
                "people for an account without it.",
                "mfa",
            )
        return NotLoris(
            "This network shows a sign-in page instead of the server.",
            "Open any page in a browser and sign in to the network.",
            "sign-in-page",
        )

    async def _ask(self, client: HttpClient, link: str) -> Any:
        limits = self._limits
        return await self._ask_within(
            client, link, "", limits.json_max_bytes, limits.header_timeout_s, _no_progress
        )

    async def _ask_list(
        self, client: HttpClient, on_progress: Progress, link: str, shrink: Shrink, since: str = ""
    ) -> Any:
        limits = self._limits
        return await self._ask_within(
            client,
            link,
            since,
            limits.catalogue_max_bytes,
            limits.catalogue_timeout_s,
            on_progress,
            shrink,
        )

    async def _ask_within(
        self,
        client: HttpClient,
        link: str,
        since: str,
        max_bytes: int,
        timeout_s: float,
        on_progress: Progress,
        shrink: Shrink = lambda found: found,
    ) -> Any:
        try:
            return await ask_json(
                client,
                link,
                max_bytes=max_bytes,
                timeout_s=timeout_s,
                on_progress=functools.partial(on_progress, "bytes"),
                params={"since": since} if since else None,
                shrink=shrink,
            )
        except NotLoris as error:
            if error.reason != "html":
                raise
            raise await self.explain_page() from error

    async def _refuse_unknown_project(self, project: str) -> None:
        names = await self.projects()
        if project.casefold() not in (name.casefold() for name in names):
            there_are = f"There are: {', '.join(map(clean, names))}." if names else "There is none."
            raise UsageError(
                f"{self._host} has no project “{clean(project)}”.", there_are, "unknown-project"
            )
