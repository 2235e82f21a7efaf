"""Requests to one LORIS origin: their headers, their deadlines, their faults' sentences.

Statuses are not errors here; what never became an answer is (`Unreachable`, `TlsFault`,
`ProxyFault`, each with a reason code). Redirects are not followed, cookies are not kept (a LORIS
session cookie is a credential that hides an ended token, and serialises parallel requests up to
LORIS 24), HTTP/2 is off (it would write `authorization` in small letters, which LORIS up to 24.1
does not see), `.netrc` is not read, and nothing asks for a range or sends HEAD.
"""

import asyncio
import logging
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, urlencode

from preventad_tui import __version__
from preventad_tui.core.bodies import ERROR_BODY_BYTES, BadBody, Body
from preventad_tui.core.connecting import connect_error, connect_timeout, proxy_refusal
from preventad_tui.core.direct import Direct
from preventad_tui.core.errors import NoCredentials, NotLoris, PreventADError, Unreachable
from preventad_tui.core.limits import Limits
from preventad_tui.core.proxy import proxy_for
from preventad_tui.core.receiving import FileStream, Receiver, broken_http
from preventad_tui.core.secret import Secret
from preventad_tui.core.server import Origin
from preventad_tui.core.text import clean
from preventad_tui.core.tls import context_for
from preventad_tui.core.token import token_left_s
from preventad_tui.core.transport import (
    BadHttp,
    ConnectTimeout,
    NotConnected,
    ProxyRefused,
    Reply,
    Transport,
    WireFault,
)

_LOG = logging.getLogger(__name__)
_TRY_AGAIN = "Check the network connection and try again."
_NOT_IN_A_PATH = re.compile(r"[?#%\\@: ]")
_HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "keep-alive",
    "User-Agent": f"preventad-tui/{__version__}",
}


class TokenBox:
    """Where all clients of a server look for the token; replaced from any thread."""

    __slots__ = ("_arrived", "token", "user")

    def __init__(self, token: Secret | None = None, user: str = "") -> None:
        self.token = token
        self.user = user
        self._arrived: tuple[Secret, float] | None = None

    def take_new(self, token: Secret) -> None:
        """Use a token that a login has just brought."""
        self._arrived = (token, time.time())
        self.token = token

    def left_s(self, now_s: float) -> float | None:
        """How long the login still lasts, for all who say so; None where the token does not say."""
        token, arrived = self.token, self._arrived
        is_new = arrived is not None and arrived[0] is token
        return token_left_s(token, now_s, arrived[1] if arrived and is_new else None)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names in lower case, the body decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """Requests to one origin, below one API version; connections are kept alive.

    The token goes to that origin and to no other: there is no way to any other here. Made and
    used in one event loop; one a worker, since through a proxy a shared pool's bookkeeping grows
    with the connections. `ssl_context` is shared between clients (`tls.context_for`).
    """

    def __init__(
        self,
        origin: Origin,
        base_path: str,
        tokens: TokenBox,
        *,
        limits: Limits,
        ca_file: Path | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """`base_path` is the API version's, such as `/api/v0.0.3`.

        Raises:
            NotLoris: it is no path.
            ProxyFault, UsageError: see `proxy_for` and `context_for`.
        """
        self.origin = origin
        self.limits = limits
        self._base_path = _checked(base_path)
        self._headers = {"Host": origin.netloc, **_HEADERS}
        self._tokens = tokens
        self._keeps_a_connection = False
        self._proxy = proxy_for(origin)
        self._context = ssl_context or context_for(origin, ca_file)
        self._direct = Direct(origin, self._context, limits.connect_timeout_s)

    @cached_property
    def _client(self) -> Transport:
        """What asks for lists and logins, and for everything through a proxy."""
        from preventad_tui.core.through_httpx import ThroughHttpx  # 0.1 s that files do not need

        beneath = self._proxy or self._direct
        return ThroughHttpx(self.origin, beneath, self._context, self.limits)

    async def __aenter__(self) -> "HttpClient":
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await (self._client if "_client" in self.__dict__ else self._direct).aclose()

    async def get(
        self,
        link: str,
        *,
        max_bytes: int,
        timeout_s: float,
        on_progress: Callable[[int], None] | None = None,
        authenticated: bool = True,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        """Read a JSON answer whole; gzip is asked for and decoded, up to `max_bytes`.

        `timeout_s` is for the headers; the body has the idle and slow limits. `on_progress` gets
        the bytes received so far. Bodies of other statuses than 200 are cut, not refused.

        Raises:
            Unreachable, TlsFault, ProxyFault: no whole answer came.
            NoCredentials: there is no token to send.
        """
        query = f"?{urlencode(params)}" if params else ""
        headers = self._headers | {"Accept-Encoding": "gzip"}
        if authenticated:
            headers["Authorization"] = self._authorization()
        reply = await self._ask(self._client, "GET", link, headers, timeout_s, query=query)
        _LOG.debug("GET %s%s: %d", link, query, reply.status)
        return await self._whole(reply, max_bytes, on_progress)

    async def post_json(self, link: str, body_text: str) -> Answer:
        """Send JSON without a token: the login. Never repeated, never redirected."""
        body = body_text.encode()
        headers = self._headers | {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        limit_s = self.limits.header_timeout_s
        reply = await self._ask(self._client, "POST", link, headers, limit_s, body=body)
        _LOG.debug("POST %s: %d", link, reply.status)
        return await self._whole(reply, ERROR_BODY_BYTES, None)

    def stream(self, link: str, *, if_none_match: str = "") -> "_FileRequest":
        """Ask for a file: `async with client.stream(link) as stream` gives its `FileStream`.

        Leaving the context early closes the connection. `if_none_match` is a stored ETag, sent as
        it came (LORIS compares the whole header). One that cannot be a header's value, from a
        ledger that others can write, is no condition.
        """
        return _FileRequest(self, link, if_none_match)

    async def ask_for_file(self, link: str, if_none_match: str) -> Reply:
        """The answer to one request for a file, its body not read yet."""
        headers = self._headers | {"Authorization": self._authorization()}
        if if_none_match.isascii() and if_none_match.isprintable() and if_none_match:
            headers["If-None-Match"] = if_none_match
        # Past httpx's client, which costs more than all else that a small file needs; its rules
        # (no cookies, no redirects, a token for this origin only) hold by what is left out.
        way = self._client if self._proxy else self._direct
        return await self._ask(way, "GET", link, headers, self.limits.header_timeout_s)

    def file_stream(self, reply: Reply) -> FileStream:
        """An answer as the reader of a file sees it."""
        return FileStream(reply.status, reply.headers, self._received(reply), self.limits)

    def _authorization(self) -> str:
        token = self._tokens.token
        if not token:
            raise NoCredentials("Not logged in.", "Log in first.", "no-token")
        return f"Bearer {token.reveal()}"

    async def _ask(
        self,
        way: Transport,
        method: str,
        link: str,
        headers: Mapping[str, str],
        timeout_s: float,
        *,
        query: str = "",
        body: bytes = b"",
    ) -> Reply:
        target = f"{self._base_path}{quote(_checked(link))}{query}"
        kept, self._keeps_a_connection = self._keeps_a_connection, False
        try:
            async with asyncio.timeout(timeout_s):
                return await way.ask(method, target, headers, body)
        except TimeoutError as error:
            raise self._unreachable(
                f"did not answer within {timeout_s:g} s", "header-timeout"
            ) from error
        except WireFault as fault:
            raise self._no_answer(fault, kept) from fault

    async def _whole(
        self, reply: Reply, max_bytes: int, on_progress: Callable[[int], None] | None
    ) -> Answer:
        try:
            body = Body(reply.headers.get("content-encoding", ""), max_bytes, reply.status == 200)
            async for piece in self._received(reply).chunks():
                if not body.add(piece):
                    break
                if on_progress:
                    on_progress(body.received)
            return Answer(reply.status, reply.headers, body.finish())
        except BadBody as error:
            raise self._unreachable(str(error), error.reason) from error
        finally:
            await reply.aclose()

    def _received(self, reply: Reply) -> Receiver:
        return Receiver(reply, self.limits, self._unreachable, self._keep)

    def _keep(self) -> None:
        self._keeps_a_connection = True

    def _no_answer(self, fault: WireFault, kept: bool) -> PreventADError:
        host = self.origin.netloc
        match fault:
            case ConnectTimeout():
                return connect_timeout(host, self.limits.connect_timeout_s, self._proxy)
            case ProxyRefused():
                return proxy_refusal(str(fault), self._proxy)
            case NotConnected():
                return connect_error(fault, host, self._proxy)
            case BadHttp():
                return self._unreachable(broken_http(fault), "bad-http")
            case _ if kept:
                return self._unreachable("closed the idle connection", "dropped")
            case _:
                return self._unreachable("closed the connection without an answer", "reset")

    def _unreachable(self, what: str, reason: str) -> Unreachable:
        """The server did something that ends the request."""
        return Unreachable(f"{self.origin.netloc} {what}.", _TRY_AGAIN, reason)


class _FileRequest:
    """A request for a file, sent on entering; a class, since a generator costs several times more
    and half of all files are small."""

    __slots__ = ("_client", "_if_none_match", "_link", "_reply")

    def __init__(self, client: HttpClient, link: str, if_none_match: str) -> None:
        self._client = client
        self._link = link
        self._if_none_match = if_none_match
        self._reply: Reply | None = None

    async def __aenter__(self) -> FileStream:
        self._reply = await self._client.ask_for_file(self._link, self._if_none_match)
        return self._client.file_stream(self._reply)

    async def __aexit__(self, *exc_info: object) -> None:
        if self._reply is not None:
            await self._reply.aclose()


def _checked(path: str) -> str:
    """A path that stays where it is put, whatever it holds.

    Raises:
        NotLoris: one that may lead elsewhere.
    """
    parts = path.split("/")
    if parts[0] or not all(part and part.isascii() and part[0] != "." for part in parts[1:-1]):
        raise _refused_link(path)
    if parts[-1] in ("", ".", "..") or _NOT_IN_A_PATH.search(path):
        raise _refused_link(path)
    return path


def _refused_link(link: str) -> NotLoris:
    return NotLoris(
        f"The server's link “{clean(link)}” is not one that can be asked for.",
        reason="unsupported-link",
    )
