"""One request for one file: its status judged, its bytes streamed, counted and checked."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from preventad_tui.core.engine.buffers import Buffers
from preventad_tui.core.engine.courtesy import Turns
from preventad_tui.core.engine.faults import AttemptFailed, TokenEnded, judge_refusal
from preventad_tui.core.engine.jobs import Job
from preventad_tui.core.engine.pool import Pool
from preventad_tui.core.engine.rate import RateLimit, RateMeter
from preventad_tui.core.engine.sink import Digest, Sink
from preventad_tui.core.errors import (
    NoCredentials,
    NotLoris,
    ProxyFault,
    ServerError,
    TlsFault,
    Unreachable,
)
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.http import HttpClient
from preventad_tui.core.json_text import read_error_text
from preventad_tui.core.limits import Limits
from preventad_tui.core.model import FileKind
from preventad_tui.core.partial import Partial
from preventad_tui.core.receiving import FileStream
from preventad_tui.core.text import clean

BINARY = frozenset({FileKind.NIFTI, FileKind.MINC})
"""Kinds that say where they end. In all others a cut may not show; in JSON, one of what follows the
last bracket."""

_NEVER_REACHED = frozenset({"dns", "refused", "connect-timeout", "no-route"})


@dataclass(frozen=True, slots=True)
class Tools:
    """What every transfer of a run shares."""

    folder: OutputFolder
    pool: Pool
    rate: RateLimit
    meter: RateMeter
    limits: Limits
    buffers: Buffers
    turns: Turns


@dataclass(frozen=True, slots=True)
class Body:
    """A file as the server sent it, whole and sound; its synced partial waits for the commit."""

    partial: Partial | None
    md5: str
    size_bytes: int
    etag: str


async def fetch(tools: Tools, client: HttpClient, job: Job, *, etag: str = "") -> Body | None:
    """Fetch a file into a partial; None when a conditional request was answered 304.

    Raises:
        AttemptFailed, FileEnd, TokenEnded, Throttled, RepeatPlain: see `faults`.
        StorageError: the partial cannot be written.
    """
    file = job.item.file
    with as_faults():
        async with client.stream(job.link, if_none_match=etag) as stream:
            await _judge(stream, job, etag)
            if stream.status == 304:
                await stream.read(1)  # to its end, empty as it is: else the connection is not kept
                return None
            encoded = stream.content_encoding not in ("", "identity")
            if encoded and not file.path.endswith(".gz"):
                raise AttemptFailed(
                    "encoding",
                    f"sent as {clean(stream.content_encoding)}, which is not the file's own bytes",
                )
            whole_known = stream.content_length is not None and not encoded
            sink = Sink(tools.folder, file.path, file.kind, tools.turns, full_gzip=not whole_known)
            await _pour(tools, stream, job, sink, encoded=encoded)
            tag = stream.etag
    try:
        if not whole_known and file.kind not in BINARY:
            await _fetch_again(tools, client, job, sink)
    except BaseException:
        await tools.pool.run(sink.discard)
        raise
    return Body(sink.partial, sink.md5, sink.size_bytes, tag)


async def _fetch_again(tools: Tools, client: HttpClient, job: Job, first: Sink) -> None:
    """Without a length a cut text looks whole: only two equal answers are believed."""
    second = Digest(tools.turns)
    with as_faults():
        async with client.stream(job.link) as stream:
            await _judge(stream, job, "")
            await _pour(tools, stream, job, second, encoded=False)
    if second.md5 != first.md5:
        raise AttemptFailed(
            "unequal", "two answers without a length differ, so one of them was cut short"
        )
    job.received_bytes = first.size_bytes


async def _judge(stream: FileStream, job: Job, etag: str) -> None:
    """Let pass an answer whose status is 200, or 304 to a condition."""
    job.received_bytes, job.size_bytes = 0, None
    if stream.status != 200 and not (stream.status == 304 and etag):
        raise judge_refusal(
            stream.status,
            await _words(stream) if stream.status >= 400 else "",  # else its body is no sentence
            link=job.link,
            retry_after_s=stream.retry_after_s,
            conditional=bool(etag),
            earlier_attempts=job.attempts,
        )


@contextmanager
def as_faults() -> Iterator[None]:
    """Faults of the transport as faults of the attempt."""
    try:
        yield
    except ServerError as error:
        raise _transport_fault(error) from error
    except NoCredentials as error:
        raise TokenEnded from error


def _transport_fault(error: ServerError) -> AttemptFailed:
    """What a fault on the way means for the attempt."""
    reason = error.reason or "network"
    return AttemptFailed(
        reason,
        error.message,
        counts=reason not in _NEVER_REACHED and not isinstance(error, TlsFault | ProxyFault),
        is_outage=isinstance(error, Unreachable),
        is_doubtful=isinstance(error, TlsFault | ProxyFault | NotLoris),
        is_dropped=reason == "dropped",
    )


async def _words(stream: FileStream) -> str:
    try:
        return read_error_text(await stream.read())
    except ServerError:  # the status has said enough
        return ""


async def _pour(tools: Tools, stream: FileStream, job: Job, sink: Digest, *, encoded: bool) -> None:
    """Move the body into the sink, one buffer on the pool while the other is received into."""
    expected = job.size_bytes = stream.content_length
    if job.item.file.kind in BINARY and _is_page(stream.content_type):
        raise AttemptFailed("html", "a page came instead of the file", is_doubtful=True)
    buffers, rate = tools.buffers, tools.rate
    buffer = buffers.take(expected)
    filled = received = 0
    in_pool: memoryview | None = None
    writing: asyncio.Future[None] | None = None
    try:
        while True:
            room = buffer[filled:]
            count = await stream.read_into(room[: rate.portion_bytes or None])
            if not count:
                break
            filled += count
            received += count
            tools.meter.total_bytes += count
            job.received_bytes += count
            if filled == len(buffer):
                if writing is not None:
                    await tools.pool.settled(writing)
                free, in_pool = in_pool, buffer
                writing = tools.pool.start(sink.write, buffer)
                buffer, filled = free or buffers.take(expected), 0
            if rate.bytes_per_s is not None:
                await rate.take(count)
        if expected is not None and received != expected:
            raise AttemptFailed("cut", f"{received:,} of {expected:,} bytes came", is_outage=True)
        if writing is not None:
            done, writing = writing, None
            await tools.pool.settled(done)
        job.is_checking = True
        result = await tools.pool.run(sink.finish, buffer[:filled])
    except BaseException:
        if writing is not None:
            await tools.pool.let_end(writing)
        await tools.pool.run(sink.discard)
        raise
    finally:
        job.is_checking = False
        buffers.give_back(buffer, in_pool)
    if not result.ok:
        if encoded:
            raise AttemptFailed(
                "encoding", f"sent as {clean(stream.content_encoding)}: {result.message}"
            )
        raise AttemptFailed(
            result.reason, result.message, is_doubtful=result.reason == "html", md5=sink.md5
        )


def _is_page(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() in ("text/html", "application/json")
