"""A TCP relay in front of a server that does to connections what networks do; TLS passes through.

with FaultProxy(server.port) as proxy:
    proxy.plan(Line(end_after=1000, ending="reset"))   # the next connection, once
    proxy.line = Line(delay_s=0.1)                      # every other one
    proxy.forget_flows()                                # a NAT timeout: open ones go silent
"""

import asyncio
import socket
import struct
import threading
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal, Self

HOST = "127.0.0.1"
_PIECE = 16_384


@dataclass(frozen=True)
class Line:
    """How one connection behaves; the defaults are those of a healthy one.

    `end_after` counts bytes from the server, headers too. `half` closes the server's direction
    only; `stall` keeps all open and sends nothing more. `instead` is sent in the server's place.
    """

    delay_s: float = 0.0
    rate: float = 0.0
    end_after: int | None = None
    ending: Literal["reset", "close", "half", "stall"] = "reset"
    instead: bytes | None = None


class FaultProxy:
    """Listens on `port` of the loopback and relays to `target`.

    With `speaks_connect` it is an HTTP proxy that takes every host for the target.
    """

    def __init__(self, target: int, *, speaks_connect: bool = False) -> None:
        self.target = target
        self._speaks_connect = speaks_connect
        self.port = 0
        self.line = Line()
        self.connections = 0
        self._planned: deque[Line] = deque()
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows: set[asyncio.Task[None]] = set()
        self._silent: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where clients find the server."""
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # Faults

    def plan(self, *lines: Line) -> None:
        """What the next connections are like, one each."""
        self._planned.extend(lines)

    def listen(self) -> None:
        """Accept connections, on the same port as before."""
        self._do(self._listen())

    def refuse(self) -> None:
        """Reset all connections and accept none."""
        self._do(self._refuse())

    def reset(self) -> None:
        """Reset all connections; new ones are accepted."""
        self._do(self._reset())

    def forget_flows(self) -> None:
        """What is open goes silent in both directions and is never closed, as behind a NAT."""
        self._loop.call_soon_threadsafe(self._silent.update, list(self._flows))

    # The relay

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._reset()

    async def _reset(self) -> None:
        for writer in list(self._writers):
            _abort(writer)
        flows = list(self._flows)
        for flow in flows:
            flow.cancel()
        await asyncio.gather(*flows, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = self._planned.popleft() if self._planned else self.line
        self.connections += 1
        flow = asyncio.current_task()
        assert flow is not None
        self._flows.add(flow)
        self._writers.add(writer)
        back = None
        try:
            if self._speaks_connect:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n" if line.instead is None else b"")
            elif line.instead is not None:
                await reader.read(_PIECE)
            if line.instead is not None:
                writer.write(line.instead)
                await writer.drain()
                return
            theirs, back = await asyncio.open_connection(HOST, self.target)
            self._writers.add(back)
            up = asyncio.create_task(self._pump(flow, reader, back, Line()))
            try:
                await self._pump(flow, theirs, writer, line)
            finally:
                up.cancel()
                await asyncio.gather(up, return_exceptions=True)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self._flows.discard(flow)
            self._silent.discard(flow)
            for one in (writer, back):
                if one is not None:
                    self._writers.discard(one)
                    one.close()

    async def _pump(
        self,
        flow: asyncio.Task[None],
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        line: Line,
    ) -> None:
        left = line.end_after
        while data := await source.read(_PIECE if left is None else min(_PIECE, left)):
            await asyncio.sleep(line.delay_s)
            if flow in self._silent:
                await asyncio.Event().wait()
            step = max(1, int(line.rate / 50)) if line.rate else len(data)
            for start in range(0, len(data), step):
                sink.write(data[start : start + step])
                await sink.drain()
                if line.rate:
                    await asyncio.sleep(step / line.rate)
            if left is not None and (left := left - len(data)) <= 0:
                await self._end(sink, line)
                return
        if flow in self._silent:
            await asyncio.Event().wait()

    async def _end(self, sink: asyncio.StreamWriter, line: Line) -> None:
        await asyncio.sleep(0.02)  # what was sent arrives before the reset does
        if line.ending == "reset":
            _abort(sink)
        elif line.ending == "half" and sink.can_write_eof():
            sink.write_eof()
        if line.ending in ("half", "stall"):
            await asyncio.Event().wait()


def _abort(writer: asyncio.StreamWriter) -> None:
    """Close with a reset: a linger time of zero does that."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
