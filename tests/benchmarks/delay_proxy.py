"""A relay that makes the way long: every byte arrives half a round trip later, in order.

The system accepts connections at once, so what comes first on one waits for the round trip that
its handshake would take.

argv: the port to listen on, the port to relay to, the round trip in seconds.
"""

import asyncio
import sys


class Relay(asyncio.Protocol):
    """One end of a connection; what it receives is written to the other end later."""

    def __init__(self, delay_s: float, port: int = 0) -> None:
        self._delay_s = delay_s
        self._port = port
        self._early: list[bytes] = []
        self._open_at = 0.0
        self.other: Relay | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self._port:
            self._open_at = asyncio.get_running_loop().time() + 2 * self._delay_s
            self._task = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        onward = Relay(self._delay_s)
        onward.other = self
        await asyncio.get_running_loop().create_connection(lambda: onward, "127.0.0.1", self._port)
        self.other = onward
        for data in self._early:
            self.data_received(data)

    def data_received(self, data: bytes) -> None:
        if self.other is None or self.other.transport is None:
            self._early.append(data)
            return
        loop = asyncio.get_running_loop()
        arrives = max(loop.time(), self._open_at) + self._delay_s
        loop.call_at(arrives, self.other.transport.write, data)

    def connection_lost(self, error: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            asyncio.get_running_loop().call_later(self._delay_s, self.other.transport.close)


async def main() -> None:
    listen, onward, round_trip_s = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Relay(round_trip_s / 2, onward), "127.0.0.1", listen, backlog=256
    )
    await server.serve_forever()


asyncio.run(main())
