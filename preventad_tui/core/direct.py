"""The direct way to an origin: connections that are kept, and one request at a time on each."""

import asyncio
import ssl
from collections.abc import Coroutine, Mapping
from typing import Any

from preventad_tui.core.dialing import dial
from preventad_tui.core.server import Origin
from preventad_tui.core.transport import ConnectTimeout, NotConnected, Reply
from preventad_tui.core.wire import Connection


class Direct:
    """Kept connections to one origin, as many as were ever in use at once."""

    def __init__(
        self, origin: Origin, ssl_context: ssl.SSLContext, connect_timeout_s: float
    ) -> None:
        self._origin = origin
        self._ssl_context = ssl_context if origin.scheme == "https" else None
        self._connect_timeout_s = connect_timeout_s
        self._idle: list[Connection] = []

    async def ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Reply:
        """See `Transport.ask`."""
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        head = f"{method} {target} HTTP/1.1\r\n{''.join(lines)}\r\n".encode()
        connection = self._kept() or await self._connect_in_time()
        try:
            await connection.ask(head + body)
        except BaseException:
            await connection.close()
            raise
        return _DirectReply(self, connection)

    async def connect(self) -> Connection:
        """A new connection.

        Raises:
            OSError: there is none; `ssl.SSLError`, `socket.gaierror` and others of its kind.
        """
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection,
            sock=await dial(self._origin.host, self._origin.port),
            ssl=self._ssl_context,
            server_hostname=self._origin.host if self._ssl_context else None,
        )
        return connection

    async def release(self, connection: Connection) -> None:
        """Keep a connection whose answer was read to its end, close it otherwise."""
        if connection.is_reusable and connection.is_complete:
            self._idle.append(connection)
        else:
            await connection.close()

    async def aclose(self) -> None:
        """See `Transport.aclose`."""
        while self._idle:
            await self._idle.pop().close()

    def _kept(self) -> Connection | None:
        """A kept connection that still stands, if there is one."""
        while self._idle:
            kept = self._idle.pop()
            if kept.is_reusable:
                return kept
        return None

    async def _connect_in_time(self) -> Connection:
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                return await self.connect()
        except TimeoutError as error:
            raise ConnectTimeout("connecting took too long") from error
        except OSError as error:
            raise NotConnected(str(error)) from error


class _DirectReply:
    """An answer on its connection, which goes back to the others when it was read."""

    def __init__(self, way: Direct, connection: Connection) -> None:
        self.status = connection.status
        self.headers = connection.headers
        self._way = way
        self._connection: Connection | None = connection

    def take(self, view: memoryview) -> int | None:
        assert self._connection is not None
        return self._connection.take(view)

    def read_into(self, view: memoryview) -> Coroutine[Any, Any, int]:
        assert self._connection is not None
        return self._connection.read_into(view)

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._way.release(connection)
