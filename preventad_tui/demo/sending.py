"""Sends an answer, healthy through aiohttp or faulty byte by byte."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from http import HTTPStatus

from aiohttp import web

from preventad_tui.demo.effects import Ending, Transfer
from preventad_tui.demo.messages import Answer

_PIECE = 1 << 16
_BUFFERED = 1 << 17
_TICK_S = 0.02
SERVER = "Apache/2.4.38 (Debian)"


def _pieces(answer: Answer) -> Iterator[bytes]:
    for chunk in answer.body.chunks():
        if len(chunk) <= _PIECE:
            yield chunk
        else:
            for start in range(0, len(chunk), _PIECE):
                yield chunk[start : start + _PIECE]


class Meter:
    """Counts the bytes of body sent, also of a transfer that the client breaks off."""

    def __init__(self) -> None:
        self.sent = 0


async def send(request: web.BaseRequest, answer: Answer, meter: Meter) -> web.StreamResponse:
    """Send a healthy answer; give aiohttp's response."""
    response = web.StreamResponse(status=answer.status)
    response.headers["Server"] = SERVER
    for name, value in answer.headers:
        response.headers.add(name, value)
    bodiless = request.method == "HEAD" or answer.status in (204, 304)
    if answer.status != 304 and (answer.sized or request.method == "HEAD"):
        response.headers["Content-Length"] = str(answer.body.size)
    elif answer.status != 304 and not bodiless:
        response.enable_chunked_encoding()
    await response.prepare(request)
    if not bodiless:
        for piece in _pieces(answer):
            await response.write(piece)
            meter.sent += len(piece)
    await response.write_eof()
    return response


class FaultySender:
    """Writes an answer to the connection itself, and ends it as the fault says."""

    def __init__(self, transport: asyncio.Transport, stopping: asyncio.Event, meter: Meter) -> None:
        self._transport = transport
        self._stopping = stopping
        self._meter = meter

    async def send(self, request: web.BaseRequest, answer: Answer, transfer: Transfer) -> None:
        """Send; the connection is closed afterwards."""
        if transfer.raw is not None:
            self._transport.write(transfer.raw)
            self._transport.close()
            return
        await self._paced(self._head(request, answer, transfer), transfer.header_rate)
        empty = request.method == "HEAD" or answer.status in (204, 304)
        await self._body(iter(()) if empty else _pieces(answer), answer, transfer)
        await self._end(answer, transfer)

    @staticmethod
    def _head(request: web.BaseRequest, answer: Answer, transfer: Transfer) -> bytes:
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in (("Server", SERVER), *answer.headers)]
        if transfer.declared is not None:
            lines.append(f"Content-Length: {transfer.declared}")
        elif not answer.sized:
            lines.append("Transfer-Encoding: chunked")
        elif answer.status != 304:
            lines.append(f"Content-Length: {answer.body.size}")
        if transfer.ending is Ending.WHOLE:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    async def _body(self, pieces: Iterator[bytes], answer: Answer, transfer: Transfer) -> None:
        left = transfer.stop_after
        chunked = not answer.sized and transfer.declared is None
        for piece in pieces:
            part = piece if left is None else piece[:left]
            if part and not await self._paced(part, transfer.rate, chunked=chunked):
                return
            self._meter.sent += len(part)
            if left is not None:
                left -= len(part)
                if left == 0:
                    return

    async def _paced(self, data: bytes, rate: float, *, chunked: bool = False) -> bool:
        """Write at a rate; tell whether the client is still there."""
        step = max(1, int(rate * _TICK_S)) if rate else len(data)
        for start in range(0, len(data), step):
            part = data[start : start + step]
            if self._gone:
                return False
            framed = b"%x\r\n%b\r\n" % (len(part), part) if chunked else part
            self._transport.write(framed)
            await self._drained(_BUFFERED)
            if rate:
                await self._wait(len(part) / rate)
        return True

    async def _drained(self, limit: int) -> None:
        # aiohttp keeps the connection's drain signal to itself, so this asks for the level.
        while self._transport.get_write_buffer_size() > limit and not self._gone:
            await self._wait(0.002)

    @property
    def _gone(self) -> bool:
        return self._transport.is_closing() or self._stopping.is_set()

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            pass

    async def _end(self, answer: Answer, transfer: Transfer) -> None:
        if transfer.extra:
            self._transport.write(transfer.extra)
        if transfer.ending in (Ending.WHOLE, Ending.CLEAN) and not answer.sized:
            self._transport.write(b"0\r\n\r\n")
        if transfer.ending is Ending.STALL:
            while not self._gone:
                await self._wait(_TICK_S)
        if transfer.ending is Ending.RESET:
            await self._reset()
        self._transport.close()

    async def _reset(self) -> None:
        await self._drained(0)
        await asyncio.sleep(_TICK_S)  # let the client take what was sent before the RST
        connection = self._transport.get_extra_info("socket")
        if connection is not None and connection.fileno() >= 0:  # the client may have left
            # A linger time of zero turns close() into a reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
