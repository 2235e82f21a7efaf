"""HTTP/1.1 on the line: a connection that is fast because it does little.

A body is received straight into the reader's own buffer; only heads and chunked bodies pass
through a parser (llhttp, by httptools). Nothing here follows, decodes, repeats or remembers
anything. Deadlines are the caller's.
"""

import asyncio
import re
from typing import Any

import httptools

from preventad_tui.core.transport import BadHttp, CutShort, LineReset, NoAnswer, WireFault

HEAD_MAX_BYTES = 65_536
_BUFFER_BYTES = 65_536
_MOST_PENDING = 65_536
_GATHER_S = 0.05
_END_OF_HEAD = re.compile(rb"\n\r?\n")


class Connection(asyncio.BufferedProtocol):
    """One connection; asks one thing at a time and is kept while both sides may.

    `status` and `headers` (names in lower case) are those of the last answer.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.is_reusable = False
        self._transport: asyncio.Transport | None = None
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiter: asyncio.Future[None] | None = None
        self._fault: WireFault | None = None
        self._own = memoryview(bytearray(_BUFFER_BYTES))
        self._into: memoryview | None = None
        self._into_count = 0
        self._gathering: asyncio.TimerHandle | None = None
        self._head: bytearray | None = None
        self._pending = bytearray()
        self._left: int | None = 0  # bytes of the body that have not come; None: unknown
        self._parser: Any = None
        self._is_done = True
        self._is_paused = False

    # The caller's side

    @property
    def is_complete(self) -> bool:
        """Whether the answer was read to its end."""
        return self._is_done and not self._pending

    async def ask(self, request: bytes) -> None:
        """Send a request and wait for the head of its answer.

        Raises:
            WireFault: none came, or one that cannot be read.
        """
        self.is_reusable = False
        self.status, self.headers = 0, {}
        self._head, self._is_done, self._left = bytearray(), False, None
        self._parser = httptools.HttpResponseParser(self)
        # A length beside chunks: the chunks count, as HTTP says.
        self._parser.set_dangerous_leniencies(lenient_chunked_length=True)
        if self._transport is not None:
            self._transport.write(request)
        while self._head is not None:
            await self._wait()

    def take(self, view: memoryview) -> int | None:
        """Bytes of the body that are here already; 0 at its end, None where one must wait."""
        if self._pending:
            count = min(len(view), len(self._pending))
            view[:count] = self._pending[:count]
            del self._pending[:count]
            if self._is_paused and not self._pending:
                self._resume()
            return count
        if self._is_done:
            return 0
        if self._fault is not None:
            raise self._fault
        return None

    async def read_into(self, view: memoryview) -> int:
        """The next bytes of the body; 0 at its end.

        What comes within a moment of the first bytes is gathered, until the view is full.

        Raises:
            CutShort, LineReset, BadHttp.
        """
        while (count := self.take(view)) is None:
            # What has a length, or ends with the connection, needs no parser: no detour.
            direct = self._parser is None
            if direct:
                room = len(view) if self._left is None else min(len(view), self._left)
                self._into, self._into_count = view[:room], 0
            try:
                await self._wait()
            finally:
                self._into = None
                if self._gathering is not None:
                    self._gathering.cancel()
                    self._gathering = None
            if self._into_count:
                count, self._into_count = self._into_count, 0
                return count
        return count

    async def close(self) -> None:
        """End the connection, and wait until it is closed."""
        self.is_reusable = False
        if self._transport is not None:
            self._transport.abort()
        await asyncio.wait((self._closed,))

    async def _wait(self) -> None:
        if self._fault is not None:
            raise self._fault
        self._resume()
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _pause(self) -> None:
        if not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()

    # The loop's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go: into the reader's buffer while it waits for a body."""
        return self._own if self._into is None else self._into[self._into_count :]

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes came."""
        if self._into is not None:
            self._into_count += nbytes
            self._count(nbytes)
            if self._into_count < len(self._into) and not self._is_done:
                if self._gathering is None:
                    loop = asyncio.get_running_loop()
                    self._gathering = loop.call_later(_GATHER_S, self._wake)
                return
            self._into = None
            if not self._is_done:
                self._pause()  # until the reader asks for more: else it would be copied twice
        elif self._is_done:
            self._break_off(BadHttp("more than was asked for"))
        else:
            self._received(self._own[:nbytes])
        self._wake()

    def eof_received(self) -> None:
        """The server sends no more."""
        self.is_reusable = False
        if self._parser is None and self._left is None and not self._is_done:
            self._is_done = True

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is closed."""
        self.is_reusable = False
        if not self._is_done and self._fault is None:
            if error is not None:
                self._fault = LineReset(str(error))
            elif self._head is not None:
                self._fault = (
                    BadHttp("a head without an end") if self._head else NoAnswer("no answer")
                )
            elif self._parser is None and self._left is None:
                self._is_done = True
            else:
                self._fault = CutShort("the body is cut")
        if not self._closed.done():
            self._closed.set_result(None)
        self._wake()

    # What came

    def _received(self, data: memoryview) -> None:
        try:
            while self._head is not None and data:  # once for each 1xx before the answer
                seen = max(0, len(self._head) - 3)
                self._head += data
                end = _END_OF_HEAD.search(self._head, seen)
                if end is None and len(self._head) <= HEAD_MAX_BYTES:
                    if self._head[:5] != b"HTTP/"[: len(self._head)]:
                        raise BadHttp("no answer in HTTP")
                    return
                if end is None or end.end() > HEAD_MAX_BYTES:
                    raise BadHttp("a head without an end")
                head, data = bytes(self._head[: end.end()]), memoryview(self._head[end.end() :])
                self._read_head(head)
            if data:
                self._body(data)
        except httptools.HttpParserError as error:
            self._break_off(BadHttp(str(error)))
        except BadHttp as fault:
            self._break_off(fault)

    def _read_head(self, head: bytes) -> None:
        self._parser.feed_data(head)
        self.status = self._parser.get_status_code()
        if 100 <= self.status < 200:
            self._head = bytearray()
            self.headers = {}
            self._parser = httptools.HttpResponseParser(self)
            return
        self._head = None
        self.is_reusable = self._parser.should_keep_alive()
        if self.status in (204, 304):
            self._left = 0
        elif "transfer-encoding" in self.headers:
            if self.headers["transfer-encoding"].strip().lower() != "chunked":
                raise BadHttp("an unknown transfer encoding")
            return
        else:
            length = self.headers.get("content-length")
            self._left = None if length is None else int(length)
        self._parser = None
        self._is_done = self._left == 0

    def _body(self, data: memoryview) -> None:
        if self._parser is not None:
            self._parser.feed_data(bytes(data))
        else:
            self._pending += data if self._left is None else data[: self._left]
            self._count(len(data))
        if len(self._pending) >= _MOST_PENDING:
            self._pause()

    def _count(self, size: int) -> None:
        if self._left is None:
            return
        if size > self._left:
            self.is_reusable = False
        self._left = max(0, self._left - size)
        self._is_done = self._left == 0

    def _break_off(self, fault: WireFault) -> None:
        self._fault = self._fault or fault
        self.is_reusable = False
        if self._transport is not None:
            self._transport.abort()

    # The parser's side

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which nobody asks about."""
        if self._head is not None:
            self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Bytes of a chunk."""
        self._pending += body

    def on_message_complete(self) -> None:
        """The last chunk came."""
        if self._head is None:
            self._is_done = True
