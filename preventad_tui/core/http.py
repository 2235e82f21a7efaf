"""HTTP to one LORIS origin: the only importer of httpx.

Statuses are not errors here; what never became an answer is (`Unreachable`, `TlsFault`,
`ProxyFault`, each with a reason code). Redirects are not followed, cookies are not kept (a LORIS
session cookie is a credential that hides an ended token, and serialises parallel requests up to
LORIS 24), HTTP/2 is off (it would write `authorization` in small letters, which LORIS up to 24.1
does not see), `.netrc` is not read, and nothing asks for a range or sends HEAD.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx  # noqa: TID251 - the one place

from preventad_tui import __version__
from preventad_tui.core.bodies import ERROR_BODY_BYTES, BadBody, Body, retry_after
from preventad_tui.core.connecting import connect_error, connect_timeout, proxy_refusal
from preventad_tui.core.errors import NoCredentials, NotLoris, PreventADError, Unreachable
from preventad_tui.core.limits import Limits
from preventad_tui.core.proxy import proxy_for
from preventad_tui.core.secret import Secret
from preventad_tui.core.server import Origin
from preventad_tui.core.text import clean
from preventad_tui.core.tls import context_for

_TRY_AGAIN = "Check the network connection and try again."


class TokenBox:
    """Where all clients of a server look for the token; replaced from any thread."""

    __slots__ = ("token", "user")

    def __init__(self, token: Secret | None = None, user: str = "") -> None:
        self.token = token
        self.user = user


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names in lower case, the body decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class FileStream:
    """An answer whose body is read as it comes, byte for byte as the server sent it.

    `content_length` is None where the server gave none (or chunks); `etag` is the raw header.
    """

    def __init__(self, response: httpx.Response, client: "HttpClient") -> None:
        headers = response.headers
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = _lower(headers)
        length = headers.get("content-length", "")
        framed = "transfer-encoding" not in headers and length.isdecimal()
        self.content_length: int | None = int(length) if framed else None
        self.content_type: str = headers.get("content-type", "")
        self.content_encoding: str = headers.get("content-encoding", "")
        self.etag: str = headers.get("etag", "")
        self.retry_after_s: float | None = retry_after(
            headers.get("retry-after"), client.limits.retry_after_max_s
        )
        self._response = response
        self._client = client

    def chunks(self) -> AsyncIterator[bytes]:
        """The raw bytes as they arrive.

        Raises:
            Unreachable: `stalled` (no byte for the idle limit), `slow` (below the slow limit; only
                time spent waiting for the server counts), `cut`, `reset`, `bad-http`.
        """
        return self._client.body_chunks(self._response)

    async def read(self, max_bytes: int = ERROR_BODY_BYTES) -> bytes:
        """The first bytes of the body, for error texts."""
        found = bytearray()
        async for chunk in self.chunks():
            found += chunk
            if len(found) >= max_bytes:
                break
        return bytes(found[:max_bytes])


class _BearerAuth(httpx.Auth):
    """Adds the token, to requests for the origin that it belongs to and to no other."""

    def __init__(self, origin: Origin, tokens: TokenBox) -> None:
        self._netloc = (origin.scheme, origin.host, origin.port)
        self._tokens = tokens

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        url = request.url
        if (url.scheme, url.host, _port_of(url)) != self._netloc:
            raise NotLoris(
                f"The login is not sent to {clean(url.host)}: it belongs to another server.",
                "This is a fault of the server's links; tell its people.",
                "foreign-origin",
            )
        token = self._tokens.token
        if not token:
            raise NoCredentials("Not logged in.", "Log in first.", "no-token")
        request.headers["Authorization"] = f"Bearer {token.reveal()}"
        yield request


def _port_of(url: httpx.URL) -> int:
    """The port, which httpx leaves out where it is the scheme's own."""
    return url.port or (443 if url.scheme == "https" else 80)


class HttpClient:
    """Requests to one origin, below one API version; connections are kept alive.

    Made and used in one event loop; one a worker, since a shared pool's bookkeeping grows with
    the connections. `ssl_context` is shared between clients (`tls.context_for`).
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
        self.origin = origin
        self.limits = limits
        self._base_url = origin.url + base_path
        self._auth = _BearerAuth(origin, tokens)
        self._proxy = proxy_for(origin)
        self._keeps_a_connection = False
        self._client = httpx.AsyncClient(
            verify=ssl_context or context_for(origin, ca_file),
            http2=False,
            follow_redirects=False,
            trust_env=False,
            proxy=self._proxy.url if self._proxy else None,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": f"preventad-tui/{__version__}", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(
                connect=limits.connect_timeout_s,
                read=None,  # deadlines of our own: one for all headers, one between pieces
                write=limits.idle_timeout_s,
                pool=None,
            ),
        )

    async def __aenter__(self) -> "HttpClient":
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

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
        """
        request = self._client.build_request(
            "GET", self._url(link), params=params, headers={"Accept-Encoding": "gzip"}
        )
        auth = self._auth if authenticated else None
        return await self._whole(request, auth, max_bytes, timeout_s, on_progress)

    async def post_json(self, link: str, body_text: str) -> Answer:
        """Send JSON without a token: the login. Never repeated, never redirected."""
        request = self._client.build_request(
            "POST",
            self._url(link),
            content=body_text.encode(),
            headers={"Content-Type": "application/json"},
        )
        timeout_s = self.limits.header_timeout_s
        return await self._whole(request, None, ERROR_BODY_BYTES, timeout_s, None)

    @asynccontextmanager
    async def stream(self, link: str, *, if_none_match: str = "") -> AsyncIterator[FileStream]:
        """Ask for a file; leaving the context early closes the connection.

        `if_none_match` is a stored ETag, sent as it came (LORIS compares the whole header).
        """
        headers = {"If-None-Match": if_none_match} if if_none_match else None
        request = self._client.build_request("GET", self._url(link), headers=headers)
        response = await self._send(request, self._auth, self.limits.header_timeout_s)
        try:
            yield FileStream(response, self)
        finally:
            await response.aclose()

    async def body_chunks(self, response: httpx.Response) -> AsyncIterator[bytes]:
        """The raw pieces of a body under the idle and slow limits (see `FileStream.chunks`)."""
        limits = self.limits
        pieces = response.aiter_raw()
        waited_s, received = 0.0, 0
        while True:
            asked = time.monotonic()
            try:
                async with asyncio.timeout(limits.idle_timeout_s):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                self._keeps_a_connection = True
                return
            except TimeoutError as error:
                raise self._unreachable(
                    f"sent nothing for {limits.idle_timeout_s:g} s", "stalled"
                ) from error
            except httpx.RemoteProtocolError as error:
                incomplete = "without sending complete" in str(error)
                raise (
                    self._unreachable("closed the connection in mid-file", "cut")
                    if incomplete
                    else self._unreachable(f"sent broken HTTP ({clean(str(error))})", "bad-http")
                ) from error
            except (httpx.HTTPError, OSError) as error:
                raise self._unreachable("dropped the connection", "reset") from error
            waited_s += time.monotonic() - asked
            received += len(piece)
            if waited_s >= limits.slow_window_s:
                if received < limits.slow_bytes_per_s * waited_s:
                    raise self._unreachable(
                        f"sent only {received} bytes in {waited_s:.0f} s", "slow"
                    )
                waited_s, received = 0.0, 0
            yield piece

    async def _whole(
        self,
        request: httpx.Request,
        auth: httpx.Auth | None,
        max_bytes: int,
        timeout_s: float,
        on_progress: Callable[[int], None] | None,
    ) -> Answer:
        response = await self._send(request, auth, timeout_s)
        try:
            good = response.status_code == httpx.codes.OK
            body = Body(response.headers.get("content-encoding", ""), max_bytes, good)
            async for piece in self.body_chunks(response):
                if not body.add(piece):
                    break
                if on_progress:
                    on_progress(body.received)
            return Answer(response.status_code, _lower(response.headers), body.finish())
        except BadBody as error:
            raise self._unreachable(str(error), error.reason) from error
        finally:
            await response.aclose()

    async def _send(
        self, request: httpx.Request, auth: httpx.Auth | None, timeout_s: float
    ) -> httpx.Response:
        kept, self._keeps_a_connection = self._keeps_a_connection, False
        try:
            async with asyncio.timeout(timeout_s):
                return await self._client.send(request, auth=auth, stream=True)
        except TimeoutError as error:
            raise self._unreachable(
                f"did not answer within {timeout_s:g} s", "header-timeout"
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._send_fault(error, kept) from error

    def _send_fault(self, error: Exception, kept: bool) -> PreventADError:
        host = self.origin.netloc
        match error:
            case httpx.ConnectTimeout():
                return connect_timeout(host, self.limits.connect_timeout_s, self._proxy)
            case httpx.ProxyError():
                return proxy_refusal(str(error), self._proxy)
            case httpx.ConnectError() | ssl.SSLError():
                return connect_error(error, host, self._proxy)
            case httpx.RemoteProtocolError() if "without sending a response" not in str(error):
                return self._unreachable(f"sent broken HTTP ({clean(str(error))})", "bad-http")
            case httpx.UnsupportedProtocol() | httpx.InvalidURL():
                return self._unreachable("redirects to an unreadable address", "bad-http")
            case _ if kept:
                return self._unreachable("closed the idle connection", "dropped")
            case _:
                return self._unreachable("closed the connection without an answer", "reset")

    def _unreachable(self, what: str, reason: str) -> Unreachable:
        return Unreachable(f"{self.origin.netloc} {what}.", _TRY_AGAIN, reason)

    def _url(self, link: str) -> str:
        """The URL of a link: our origin and version always, whatever the link holds."""
        parts = link.split("/")
        if parts[0] or not all(part and part.isascii() and part[0] != "." for part in parts[1:-1]):
            raise _refused_link(link)
        if parts[-1] in ("", ".", "..") or not set(link).isdisjoint("?#%\\@: "):
            raise _refused_link(link)
        return f"{self._base_url}{link}"


def _refused_link(link: str) -> NotLoris:
    return NotLoris(
        f"The server's link “{clean(link)}” is not one that can be asked for.",
        reason="unsupported-link",
    )


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
