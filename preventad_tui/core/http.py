"""HTTP to one LORIS origin: the only importer of httpx.

Statuses are not errors here; what never became an answer is (`Unreachable`, `TlsFault`,
`ProxyFault`, each with a reason code). Redirects are not followed, cookies are not kept (a LORIS
session cookie is a credential that hides an ended token, and serialises parallel requests up to
LORIS 24), HTTP/2 is off (it would write `authorization` in small letters, which LORIS up to 24.1
does not see), `.netrc` is not read, and nothing asks for a range or sends HEAD.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx  # noqa: TID251 - the one place

from preventad_tui import __version__
from preventad_tui.core.bodies import ERROR_BODY_BYTES, BadBody, Body
from preventad_tui.core.connecting import connect_error, connect_timeout, proxy_refusal
from preventad_tui.core.errors import NoCredentials, NotLoris, PreventADError, Unreachable
from preventad_tui.core.limits import Limits
from preventad_tui.core.proxy import proxy_for
from preventad_tui.core.receiving import CHUNK_BYTES, FileStream, Receiver, broken_http
from preventad_tui.core.secret import Secret
from preventad_tui.core.server import Origin
from preventad_tui.core.text import clean
from preventad_tui.core.tls import context_for
from preventad_tui.core.wire import BadHttp, Connection, CutShort, NoAnswer, Wire, WireFault

_TRY_AGAIN = "Check the network connection and try again."
_NOT_IN_A_LINK = re.compile(r"[?#%\\@: ]")
_NO_BODY = httpx.ByteStream(b"")
_HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "keep-alive",
    "User-Agent": f"preventad-tui/{__version__}",
}


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


class _WireTransport(httpx.AsyncBaseTransport):
    """httpx's interface over `core.wire`: a third of the cost of its own transport.

    Per request on the test machine: see the README's table of benchmarks. For one origin, without
    a proxy; httpx's timeouts but for connecting are the caller's deadlines.
    """

    def __init__(self, origin: Origin, context: ssl.SSLContext, connect_timeout_s: float) -> None:
        is_tls = origin.scheme == "https"
        self._wire = Wire(origin.host, origin.port, context if is_tls else None)
        self._connect_timeout_s = connect_timeout_s

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        target = request.extensions.get("target") or request.url.raw_path
        lines = [b"%s %s HTTP/1.1\r\n" % (request.method.encode(), target)]
        lines += [b"%s: %s\r\n" % header for header in request.headers.raw]
        body = [piece async for piece in request.stream] if request.stream is not _NO_BODY else []
        connection = self._wire.kept() or await self._connect()
        stream = _WireStream(self._wire, connection)
        try:
            await connection.ask(b"".join((*lines, b"\r\n", *body)))
        except BaseException as error:
            await stream.aclose()
            if isinstance(error, WireFault):
                raise _httpx_error(error) from error
            raise
        return httpx.Response(connection.status, headers=connection.headers, stream=stream)

    async def aclose(self) -> None:
        await self._wire.close()

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                return await self._wire.connect()
        except TimeoutError as error:
            raise httpx.ConnectTimeout("connecting took too long") from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error


class _WireStream(httpx.AsyncByteStream):
    """A body on its connection, which goes back to the others when all was read."""

    def __init__(self, wire: Wire, connection: Connection) -> None:
        self._wire = wire
        self._connection: Connection | None = connection

    def take(self, view: memoryview) -> int | None:
        return self._connection.take(view) if self._connection else None

    async def read_into(self, view: memoryview) -> int:
        if self._connection is None:
            raise httpx.StreamClosed
        return await self._connection.read_into(view)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        view = memoryview(bytearray(CHUNK_BYTES))
        try:
            while count := await self.read_into(view):
                yield bytes(view[:count])
        except WireFault as error:
            raise _httpx_error(error) from error

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._wire.release(connection)


def _httpx_error(fault: WireFault) -> httpx.TransportError:
    match fault:
        case NoAnswer():
            return httpx.RemoteProtocolError("closed without sending a response")
        case CutShort():
            return httpx.RemoteProtocolError("closed without sending complete message body")
        case BadHttp():
            return httpx.RemoteProtocolError(str(fault))
        case _:
            return httpx.ReadError(str(fault))


class _Pieces:
    """The pieces of any httpx transport (the one through proxies), dealt out into buffers."""

    def __init__(self, response: httpx.Response) -> None:
        self._pieces = response.aiter_raw()
        self._rest = memoryview(b"")

    def take(self, view: memoryview) -> int | None:
        return None

    async def read_into(self, view: memoryview) -> int:
        while not self._rest:
            try:
                self._rest = memoryview(await anext(self._pieces))
            except StopAsyncIteration:
                return 0
            except httpx.RemoteProtocolError as error:
                cut = "without sending complete" in str(error)
                raise (CutShort if cut else BadHttp)(str(error)) from error
            except (httpx.HTTPError, OSError) as error:
                raise WireFault(str(error)) from error
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class _BearerAuth(httpx.Auth):
    """Adds the token, to requests for the origin that it belongs to and to no other."""

    def __init__(self, origin: Origin, tokens: TokenBox) -> None:
        self._netloc = (origin.scheme, origin.host, origin.port)
        self._tokens = tokens

    def header(self) -> tuple[str, str]:
        """The header with the token.

        Raises:
            NoCredentials: there is none.
        """
        token = self._tokens.token
        if not token:
            raise NoCredentials("Not logged in.", "Log in first.", "no-token")
        return "Authorization", f"Bearer {token.reveal()}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        url = request.url
        if (url.scheme, url.host, _port_of(url)) != self._netloc:
            raise NotLoris(
                f"The login is not sent to {clean(url.host)}: it belongs to another server.",
                "This is a fault of the server's links; tell its people.",
                "foreign-origin",
            )
        name, value = self.header()
        request.headers[name] = value
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
        self.keeps_a_connection = False
        self._base_url = origin.url + base_path
        self._tokens = tokens
        self._auth = _BearerAuth(origin, tokens)
        self._proxy = proxy_for(origin)
        context = ssl_context or context_for(origin, ca_file)
        self._transport: httpx.AsyncBaseTransport = (
            httpx.AsyncHTTPTransport(verify=context, trust_env=False, proxy=self._proxy.url)
            if self._proxy
            else _WireTransport(origin, context, limits.connect_timeout_s)
        )
        self._timeout = httpx.Timeout(
            connect=limits.connect_timeout_s,
            read=None,  # deadlines of our own: one for all headers, one between pieces
            write=limits.idle_timeout_s,
            pool=None,
        )
        self._client = httpx.AsyncClient(
            transport=self._transport,
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers=_HEADERS,
            timeout=self._timeout,
        )
        self._origin_url = httpx.URL(origin.url)
        self._file_headers = httpx.Headers()
        self._file_headers_token: Secret | None = None
        self._file_extensions = {"timeout": self._timeout.as_dict()}

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

    def stream(self, link: str, *, if_none_match: str = "") -> "_FileRequest":
        """Ask for a file: `async with client.stream(link) as stream` gives its `FileStream`.

        Leaving the context early closes the connection. `if_none_match` is a stored ETag, sent as
        it came (LORIS compares the whole header). One that cannot be a header's value, from a
        ledger that others can write, is no condition.
        """
        return _FileRequest(self, link, if_none_match)

    async def ask_for_file(self, link: str, if_none_match: str) -> httpx.Response:
        """The answer to one request for a file, its body not read yet."""
        # Past httpx's client, which costs more than all else that a small file needs; its rules
        # (no cookies, no redirects, a token for this origin only) hold by what is left out.
        target = self._url(link).removeprefix(self.origin.url).encode()
        request = httpx.Request(
            "GET",
            self._origin_url,
            headers=self._headers_for_files(),
            stream=_NO_BODY,
            extensions={"target": target, **self._file_extensions},
        )
        if if_none_match.isascii() and if_none_match.isprintable() and if_none_match:
            request.headers["If-None-Match"] = if_none_match
        sending = self._transport.handle_async_request(request)
        return await self._within(sending, self.limits.header_timeout_s)

    def file_stream(self, response: httpx.Response) -> FileStream:
        """An answer as the reader of a file sees it."""
        body = self._received(response)
        return FileStream(response.status_code, _lower(response.headers), body, self.limits)

    def _headers_for_files(self) -> httpx.Headers:
        """What every request for a file begins with, made anew for a new token; not to be changed
        (a request makes a copy of it)."""
        if self._file_headers_token is not self._tokens.token or not self._file_headers:
            host = ("Host", self._origin_url.netloc.decode())
            self._file_headers = httpx.Headers([host, *_HEADERS.items(), self._auth.header()])
            self._file_headers_token = self._tokens.token
        return self._file_headers

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
            async for piece in self._received(response).chunks():
                if not body.add(piece):
                    break
                if on_progress:
                    on_progress(body.received)
            return Answer(response.status_code, _lower(response.headers), body.finish())
        except BadBody as error:
            raise self.unreachable(str(error), error.reason) from error
        finally:
            await response.aclose()

    def _received(self, response: httpx.Response) -> Receiver:
        stream = response.stream
        source = stream if isinstance(stream, _WireStream) else _Pieces(response)
        return Receiver(source, self.limits, self.unreachable, self._keep)

    def _keep(self) -> None:
        self.keeps_a_connection = True

    async def _send(
        self, request: httpx.Request, auth: httpx.Auth | None, timeout_s: float
    ) -> httpx.Response:
        return await self._within(self._client.send(request, auth=auth, stream=True), timeout_s)

    async def _within(
        self, sending: Coroutine[None, None, httpx.Response], timeout_s: float
    ) -> httpx.Response:
        kept, self.keeps_a_connection = self.keeps_a_connection, False
        try:
            async with asyncio.timeout(timeout_s):
                return await sending
        except TimeoutError as error:
            raise self.unreachable(
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
                return self.unreachable(broken_http(error), "bad-http")
            case httpx.UnsupportedProtocol() | httpx.InvalidURL():
                return self.unreachable("redirects to an unreadable address", "bad-http")
            case _ if kept:
                return self.unreachable("closed the idle connection", "dropped")
            case _:
                return self.unreachable("closed the connection without an answer", "reset")

    def unreachable(self, what: str, reason: str) -> Unreachable:
        """The server did something that ends the request."""
        return Unreachable(f"{self.origin.netloc} {what}.", _TRY_AGAIN, reason)

    def _url(self, link: str) -> str:
        """The URL of a link: our origin and version always, whatever the link holds."""
        parts = link.split("/")
        if parts[0] or not all(part and part.isascii() and part[0] != "." for part in parts[1:-1]):
            raise _refused_link(link)
        if parts[-1] in ("", ".", "..") or _NOT_IN_A_LINK.search(link):
            raise _refused_link(link)
        return f"{self._base_url}{link}"


class _FileRequest:
    """A request for a file, sent on entering; a class, since a generator costs several times more
    and half of all files are small."""

    __slots__ = ("_client", "_if_none_match", "_link", "_stream")

    def __init__(self, client: HttpClient, link: str, if_none_match: str) -> None:
        self._client = client
        self._link = link
        self._if_none_match = if_none_match
        self._stream: httpx.AsyncByteStream | None = None

    async def __aenter__(self) -> FileStream:
        response = await self._client.ask_for_file(self._link, self._if_none_match)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        self._stream = response.stream
        return self._client.file_stream(response)

    async def __aexit__(self, *exc_info: object) -> None:
        if self._stream is not None:
            await self._stream.aclose()


def _refused_link(link: str) -> NotLoris:
    return NotLoris(
        f"The server's link “{clean(link)}” is not one that can be asked for.",
        reason="unsupported-link",
    )


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers.raw}
