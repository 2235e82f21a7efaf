"""A body as it comes: received under the idle and slow limits, its faults named."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping

from preventad_tui.core.bodies import ERROR_BODY_BYTES, retry_after
from preventad_tui.core.errors import Unreachable
from preventad_tui.core.limits import Limits
from preventad_tui.core.text import clean
from preventad_tui.core.transport import BadHttp, CutShort, NoAnswer, Reply, WireFault

CHUNK_BYTES = 65_536


def broken_http(error: Exception) -> str:
    """What the server did whose answer is no HTTP."""
    return f"sent broken HTTP ({clean(str(error))})"


class Receiver:
    """A body under the idle and slow limits, its faults named."""

    def __init__(
        self,
        reply: Reply,
        limits: Limits,
        unreachable: Callable[[str, str], Unreachable],
        on_end: Callable[[], None],
    ) -> None:
        """`unreachable` makes the error of what happened and its reason code."""
        self._reply = reply
        self._limits = limits
        self._unreachable = unreachable
        self._on_end = on_end
        self._waited_s = 0.0
        self._received = 0

    async def read_into(self, view: memoryview) -> int:
        """See `FileStream.read_into`."""
        limits = self._limits
        asked = time.monotonic()
        try:
            count = self._reply.take(view)
            if count is None:
                async with asyncio.timeout(limits.idle_timeout_s):
                    count = await self._reply.read_into(view)
        except TimeoutError as error:
            raise self._unreachable(
                f"sent nothing for {limits.idle_timeout_s:g} s", "stalled"
            ) from error
        except CutShort as error:
            raise self._unreachable("closed the connection in mid-file", "cut") from error
        except (BadHttp, NoAnswer) as error:
            raise self._unreachable(broken_http(error), "bad-http") from error
        except (WireFault, OSError) as error:
            raise self._unreachable("dropped the connection", "reset") from error
        if not count:
            self._on_end()
            return 0
        self._waited_s += time.monotonic() - asked
        self._received += count
        if self._waited_s >= limits.slow_window_s:
            if self._received < limits.slow_bytes_per_s * self._waited_s:
                raise self._unreachable(
                    f"sent only {self._received} bytes in {self._waited_s:.0f} s", "slow"
                )
            self._waited_s, self._received = 0.0, 0
        return count

    async def chunks(self) -> AsyncIterator[bytes]:
        """See `FileStream.chunks`."""
        view = memoryview(bytearray(CHUNK_BYTES))
        while count := await self.read_into(view):
            yield bytes(view[:count])


class FileStream:
    """An answer whose body is read as it comes, byte for byte as the server sent it.

    `content_length` is None where the server gave none (or chunks); `etag` is the raw header;
    `headers` have names in lower case.
    """

    def __init__(
        self, status: int, headers: Mapping[str, str], body: Receiver, limits: Limits
    ) -> None:
        self.status = status
        self.headers = headers
        length = headers.get("content-length", "")
        framed = "transfer-encoding" not in headers and length.isdecimal()
        self.content_length: int | None = int(length) if framed else None
        self.content_type: str = headers.get("content-type", "")
        self.content_encoding: str = headers.get("content-encoding", "")
        self.etag: str = headers.get("etag", "")
        self.retry_after_s: float | None = retry_after(
            headers.get("retry-after"), limits.retry_after_max_s
        )
        self._body = body

    async def read_into(self, view: memoryview) -> int:
        """Receive the next raw bytes into a buffer, as they arrive; 0 at the end.

        Raises:
            Unreachable: `stalled` (no byte for the idle limit), `slow` (below the slow limit; only
                time spent waiting for the server counts), `cut`, `reset`, `bad-http`.
        """
        return await self._body.read_into(view)

    def chunks(self) -> AsyncIterator[bytes]:
        """The raw bytes as they arrive; raises as `read_into` does."""
        return self._body.chunks()

    async def read(self, max_bytes: int = ERROR_BODY_BYTES) -> bytes:
        """The first bytes of the body, for error texts."""
        found = memoryview(bytearray(max_bytes))
        size = 0
        while size < max_bytes and (count := await self.read_into(found[size:])):
            size += count
        return bytes(found[:size])
