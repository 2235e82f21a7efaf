"""The way through httpx: lists and logins to any server, files where there is a proxy.

The only importer of httpx. Its client follows no redirects, keeps no cookies, reads no environment
and no `.netrc` here. Imported when the first request of its kind is made.
"""

import ssl
from collections.abc import AsyncIterator, Generator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx  # noqa: TID251 - the one place

from preventad_tui.core.direct import Direct
from preventad_tui.core.errors import NotLoris
from preventad_tui.core.limits import Limits
from preventad_tui.core.proxy import ProxyAddress
from preventad_tui.core.receiving import CHUNK_BYTES
from preventad_tui.core.server import Origin
from preventad_tui.core.text import clean
from preventad_tui.core.transport import (
    BadHttp,
    ConnectTimeout,
    CutShort,
    LineReset,
    NoAnswer,
    NotConnected,
    ProxyRefused,
    Reply,
    WireFault,
)

_ANY = "latin-1"  # what header bytes are read as, whatever they are


class ThroughHttpx:
    """Requests to one origin by httpx's client: over our own connections, or through a proxy."""

    def __init__(
        self,
        origin: Origin,
        beneath: Direct | ProxyAddress,
        ssl_context: ssl.SSLContext,
        limits: Limits,
    ) -> None:
        self._origin_url = httpx.URL(origin.url)
        self._client = httpx.AsyncClient(
            transport=_OverDirect(beneath)
            if isinstance(beneath, Direct)
            else httpx.AsyncHTTPTransport(verify=ssl_context, trust_env=False, proxy=beneath.url),
            auth=_ToOneOrigin(self._origin_url),
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(
                connect=limits.connect_timeout_s, read=None, write=limits.idle_timeout_s, pool=None
            ),
        )

    async def ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Reply:
        """See `Transport.ask`."""
        # Not by a `target` of httpcore's extensions: it would be the proxy's CONNECT's too.
        url = self._origin_url.copy_with(raw_path=target.encode())
        request = self._client.build_request(method, url, headers=dict(headers), content=body)
        try:
            return _HttpxReply(await self._client.send(request, stream=True))
        except (httpx.HTTPError, OSError) as error:
            raise _fault(error) from error

    async def aclose(self) -> None:
        """See `Transport.aclose`."""
        await self._client.aclose()


class _ToOneOrigin(httpx.Auth):
    """The last door before a request is sent: a token goes to its own origin, and to no other."""

    def __init__(self, origin_url: httpx.URL) -> None:
        self._netloc = _netloc(origin_url)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if "Authorization" in request.headers and _netloc(request.url) != self._netloc:
            raise NotLoris(
                f"The login is not sent to {clean(request.url.host)}, which is another server.",
                "This is a fault of the server's links; tell its people.",
                "foreign-origin",
            )
        yield request


def _netloc(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


class _OverDirect(httpx.AsyncBaseTransport):
    """httpx's interface over our own connections, which files use as they are."""

    def __init__(self, direct: Direct) -> None:
        self._direct = direct

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode("ascii")
        body = await request.aread()
        # As they were spelled: old LORIS does not see `authorization`.
        headers = {
            name.decode("ascii"): value.decode("ascii") for name, value in request.headers.raw
        }
        reply = await self._direct.ask(request.method, target, headers, body)
        came = [(name.encode(_ANY), value.encode(_ANY)) for name, value in reply.headers.items()]
        return httpx.Response(reply.status, headers=came, stream=_Pieces(reply))

    async def aclose(self) -> None:
        await self._direct.aclose()


class _Pieces(httpx.AsyncByteStream):
    """A reply's body as httpx reads it."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        view = memoryview(bytearray(CHUNK_BYTES))
        while count := await self._reply.read_into(view):
            yield bytes(view[:count])

    async def aclose(self) -> None:
        await self._reply.aclose()


class _HttpxReply:
    """httpx's pieces of a body, dealt out into buffers."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = {
            name.decode(_ANY).lower(): value.decode(_ANY) for name, value in response.headers.raw
        }
        self._response = response
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
            except (httpx.HTTPError, OSError) as error:
                raise _fault(error) from error
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    async def aclose(self) -> None:
        await self._response.aclose()


def _fault(error: Exception) -> WireFault:
    words = str(error)
    match error:
        case httpx.ConnectTimeout():
            return ConnectTimeout(words)
        case httpx.ProxyError():
            return ProxyRefused(words)
        case httpx.ConnectError() | ssl.SSLError():
            return NotConnected(words)
        case httpx.RemoteProtocolError() if "without sending a response" in words:
            return NoAnswer(words)
        case httpx.RemoteProtocolError() if "without sending complete" in words:
            return CutShort(words)
        case httpx.RemoteProtocolError():
            return BadHttp(words)
        case _:
            return LineReset(words)
