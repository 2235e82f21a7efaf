"""The way to an origin through a proxy: httpx's, and the only importer of httpx.

Its transport alone, without its client: no redirects, cookies, `.netrc` or environment. Imported
only where there is a proxy.
"""

import ssl
from collections.abc import Mapping

import httpx  # noqa: TID251 - the one place

from preventad_tui.core.limits import Limits
from preventad_tui.core.proxy import ProxyAddress
from preventad_tui.core.server import Origin
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


class ThroughProxy:
    """Connections to one origin through one proxy."""

    def __init__(
        self, origin: Origin, ssl_context: ssl.SSLContext, proxy: ProxyAddress, limits: Limits
    ) -> None:
        self._origin_url = httpx.URL(origin.url)
        self._transport = httpx.AsyncHTTPTransport(
            verify=ssl_context, trust_env=False, proxy=proxy.url
        )
        self._timeout = httpx.Timeout(
            connect=limits.connect_timeout_s, read=None, write=limits.idle_timeout_s, pool=None
        ).as_dict()

    async def ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Reply:
        """See `Transport.ask`."""
        # Not by a `target` of httpcore's extensions: it would be the proxy's CONNECT's too.
        url = self._origin_url.copy_with(raw_path=target.encode())
        request = httpx.Request(
            method, url, headers=headers, content=body, extensions={"timeout": self._timeout}
        )
        try:
            return _ProxiedReply(await self._transport.handle_async_request(request))
        except (httpx.HTTPError, OSError) as error:
            raise _fault(error) from error

    async def aclose(self) -> None:
        """See `Transport.aclose`."""
        await self._transport.aclose()


class _ProxiedReply:
    """httpx's pieces of a body, dealt out into buffers."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in response.headers.raw
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
