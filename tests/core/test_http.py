"""What goes over the line, and what its faults are called."""

import asyncio
import contextlib
import gzip
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from preventad_tui.core.errors import (
    NoCredentials,
    NotLoris,
    PreventADError,
    ProxyFault,
    ServerError,
    Unreachable,
)
from preventad_tui.core.http import HttpClient, TokenBox
from preventad_tui.core.limits import Limits
from preventad_tui.core.secret import Secret
from preventad_tui.core.server import Origin, parse_server

LIMITS = Limits(
    connect_timeout_s=2,
    header_timeout_s=0.5,
    idle_timeout_s=0.5,
    slow_window_s=0.6,
    slow_bytes_per_s=1000,
)
TOKEN = "aaaa.bbbb.cccc"
LINK = "/candidates/1/V/images/a.mnc"
OK = b"HTTP/1.1 200 OK\r\n"


class Listener:
    """Answers every request on a connection with what `answer` writes; keeps what it was sent."""

    def __init__(self, answer: Callable[..., Awaitable[None]]) -> None:
        self.answer = answer
        self.heads: list[bytes] = []
        self.connections = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                await self.answer(writer, head)
                await writer.drain()
                if writer.is_closing():
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @property
    def origin(self) -> Origin:
        return Origin("http", "127.0.0.1", self.port)


@asynccontextmanager
async def listening(answer: Callable[..., Awaitable[None]] | bytes) -> AsyncIterator[Listener]:
    if isinstance(answer, bytes):
        fixed = answer

        async def answer(writer: asyncio.StreamWriter, _head: bytes) -> None:
            writer.write(fixed)
            writer.close()

    listener = Listener(answer)
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()


def client_of(
    origin: Origin, *, token: str = TOKEN, limits: Limits = LIMITS, base: str = "/api/v0.0.3"
) -> HttpClient:
    return HttpClient(origin, base, TokenBox(Secret(token), "u"), limits=limits)


@asynccontextmanager
async def answered(raw: bytes) -> AsyncIterator[HttpClient]:
    """A client of a server that always sends these bytes."""
    async with listening(raw) as listener, client_of(listener.origin) as client:
        yield client


async def get(client: HttpClient, link: str = "/projects", **options: Any) -> Any:
    given = {"max_bytes": 1_000_000, "timeout_s": client.limits.header_timeout_s} | options
    return await client.get(link, **given)


async def read_file(client: HttpClient, link: str = LINK, **options: Any) -> bytes:
    async with client.stream(link, **options) as stream:
        return b"".join([chunk async for chunk in stream.chunks()])


async def json_answer(writer: asyncio.StreamWriter, _head: bytes) -> None:
    writer.write(
        OK + b"Set-Cookie: PHPSESSID=abc; path=/\r\nSet-Cookie: other=1; domain=127.0.0.1\r\n"
        b"Content-Type: text/html\r\nContent-Length: 2\r\n\r\n{}"
    )


@pytest.mark.parametrize("etag", ["a\r\nX-Other: 1", "a\nb", "é", "\x1b[2J"])
async def test_an_etag_that_is_no_header_value_is_no_condition(etag: str) -> None:
    async with listening(json_answer) as listener, client_of(listener.origin) as client:
        await read_file(client, if_none_match=etag)
    (head,) = listener.heads
    assert b"If-None-Match" not in head
    assert b"X-Other" not in head


async def test_a_new_token_is_in_the_next_request() -> None:
    async with listening(json_answer) as listener:
        tokens = TokenBox(Secret("aaaa.bbbb.cccc"))
        async with HttpClient(listener.origin, "/api", tokens, limits=LIMITS) as client:
            await read_file(client)
            tokens.token = Secret("dddd.eeee.ffff")
            await read_file(client)
    assert b"\r\nAuthorization: Bearer dddd.eeee.ffff\r\n" in listener.heads[1]


async def test_headers_are_those_that_every_loris_understands() -> None:
    async with listening(json_answer) as listener, client_of(listener.origin) as client:
        await get(client)
        await read_file(client)
        await read_file(client, if_none_match="8241a4b1e6d135003117a3b095b974a5")
        await get(client, authenticated=False)
        await client.post_json("/login", "{}")
    listed, plain, conditional, anonymous, login = listener.heads
    assert listed.startswith(b"GET /api/v0.0.3/projects HTTP/1.1\r\n")
    for head in (listed, plain, conditional):
        assert b"\r\nAuthorization: Bearer aaaa.bbbb.cccc\r\n" in head
    assert b"\r\nAccept-Encoding: gzip\r\n" in listed
    assert b"\r\nAccept-Encoding: identity\r\n" in plain
    assert b"\r\nIf-None-Match: 8241a4b1e6d135003117a3b095b974a5\r\n" in conditional
    for head in (anonymous, login):
        assert b"uthorization" not in head
    assert login.startswith(b"POST /api/v0.0.3/login ")
    for head in listener.heads:
        lower = head.lower()
        assert b"\r\ncookie:" not in lower
        assert b"\r\nrange:" not in lower
        assert b"\r\nuser-agent: preventad-tui/" in lower
    assert b"if-none-match" not in listed.lower()
    assert listener.connections == 1


async def test_a_token_goes_to_its_origin_only() -> None:
    """S9."""
    async with listening(json_answer) as mine, listening(json_answer) as other:
        place = other.origin.netloc
        for leads_there in (other.origin.url, f"//{place}/x", f"@{place}", f"/@{place}/x"):
            with pytest.raises(NotLoris) as refused:
                async with client_of(mine.origin, base=leads_there) as client:
                    await get(client)
            assert refused.value.reason == "unsupported-link"
        assert mine.heads == other.heads == []


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/x",
        "//evil.example/x",
        "@evil.example/x",
        "x",
        "",
        "/",
        "/candidates//x",
        "/candidates/../x",
        "/candidates/..",
        "/candidates/x?y",
        "/candidates/x#y",
        "/candidates/%2e%2e/x",
        "/candidates/a b",
        "/candidates/\\x",
        "/candidates/a\r\nX: y",
    ],
)
async def test_links_outside_the_api_are_never_asked_for(link: str) -> None:
    """S9, Q9."""
    async with listening(json_answer) as listener, client_of(listener.origin) as client:
        with pytest.raises(NotLoris) as refused:
            await read_file(client, link)
        assert refused.value.reason == "unsupported-link"
        assert listener.heads == []


async def test_an_empty_token_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """S12."""
    async with listening(json_answer) as listener:
        for box in (TokenBox(), TokenBox(Secret(""))):
            async with HttpClient(listener.origin, "/api/v", box, limits=LIMITS) as client:
                with pytest.raises(NoCredentials):
                    await get(client)
        assert listener.heads == []


async def test_netrc_and_proxies_have_no_say_on_loopback(
    monkeypatch: pytest.MonkeyPatch, isolated: Any
) -> None:
    """S11, S12."""
    (isolated / ".netrc").write_text("machine 127.0.0.1 login u password p\n")
    async with listening(json_answer) as listener, listening(json_answer) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.origin.url)
        async with client_of(listener.origin) as client:
            await get(client, authenticated=False)
        assert b"uthorization" not in listener.heads[0]
        assert proxy.heads == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_answers_not_ways(status: int) -> None:
    """S10, H8."""
    async with listening(json_answer) as other:
        for target in (f"http://127.0.0.1:{other.port}/x", "http://[", "x://y", "//h", "/same"):
            raw = f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
            async with listening(raw.encode()) as listener, client_of(listener.origin) as client:
                with contextlib.suppress(Unreachable):  # an unreadable target is broken HTTP
                    assert (await get(client)).status == status
                assert len(listener.heads) == 1
        assert other.heads == []


async def stalls(writer: asyncio.StreamWriter, _head: bytes) -> None:
    writer.write(OK + b"Content-Length: 100\r\n\r\nabc")
    await writer.drain()
    await asyncio.sleep(5)


async def trickles(writer: asyncio.StreamWriter, _head: bytes) -> None:
    writer.write(OK + b"Content-Length: 100000\r\n\r\n")
    for _ in range(100):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def silent(writer: asyncio.StreamWriter, _head: bytes) -> None:
    await asyncio.sleep(5)


async def slow_headers(writer: asyncio.StreamWriter, _head: bytes) -> None:
    for byte in OK + b"X: " + b"y" * 200:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def early_hints(writer: asyncio.StreamWriter, _head: bytes) -> None:
    for _ in range(100):
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("answer", "reason", "within_s"),
    [
        (early_hints, "header-timeout", (0.45, 1.0)),
        (stalls, "stalled", (0.45, 1.0)),
        (trickles, "slow", (0.55, 1.2)),
        (silent, "header-timeout", (0.45, 1.0)),
        (slow_headers, "header-timeout", (0.45, 1.0)),
        (b"", "reset", (0, 0.5)),
        (OK + b"Content-Length: 100\r\n\r\nabc", "cut", (0, 0.5)),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "cut", (0, 0.5)),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc", "bad-http", (0, 0.5)),
        (b"garbage\r\n\r\n", "bad-http", (0, 0.5)),
        (b"<html>as HTTP 0.9 did</html>\r\n\r\n", "bad-http", (0, 0.5)),
        (OK + b"Content-Length: -1\r\n\r\n", "bad-http", (0, 0.5)),
        (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", "bad-http", (0, 0.5)),
        (OK + b"X: " + b"y" * 200_000 + b"\r\n\r\n", "bad-http", (0, 0.5)),
        (OK + b"\x00\xff: x\r\n\r\n", "bad-http", (0, 0.5)),
    ],
)
async def test_each_fault_of_the_line_has_its_reason(
    answer: Any, reason: str, within_s: tuple[float, float]
) -> None:
    """N5 to N8, N14."""
    for ask in (get, read_file):
        async with listening(answer) as listener, client_of(listener.origin) as client:
            began = time.monotonic()
            with pytest.raises(Unreachable) as failed:
                await ask(client)
            took = time.monotonic() - began
        assert failed.value.reason == reason
        assert f"127.0.0.1:{listener.port}" in failed.value.message
        assert within_s[0] <= took <= within_s[1] + 0.5


async def test_time_that_the_reader_takes_is_not_the_server_s() -> None:
    async def answer(writer: asyncio.StreamWriter, _head: bytes) -> None:
        writer.write(OK + b"Content-Length: 300000\r\n\r\n" + bytes(300_000))

    async with listening(answer) as listener, client_of(listener.origin) as client:
        received = 0
        async with client.stream(LINK) as stream:
            async for chunk in stream.chunks():
                received += len(chunk)
                await asyncio.sleep(0.3)  # five times this is over the slow window
        assert received == 300_000


async def test_an_idle_connection_that_was_closed_is_told_from_other_faults() -> None:
    async def once(writer: asyncio.StreamWriter, _head: bytes) -> None:
        if listener.connections == 1 and len(listener.heads) == 2:
            writer.close()
        else:
            await json_answer(writer, b"")

    async with listening(once) as listener, client_of(listener.origin) as client:
        await get(client)
        with pytest.raises(Unreachable) as failed:
            await get(client)
        assert failed.value.reason == "dropped"
        assert (await get(client)).status == 200


async def test_a_stream_tells_what_the_headers_say() -> None:
    raw = (
        b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nETag: abc\r\nContent-Encoding: gzip\r\n"
        b"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: 5\r\n\r\nhello"
    )
    async with answered(raw) as client, client.stream(LINK) as stream:
        assert (stream.status, stream.content_length, stream.etag) == (503, 5, "abc")
        assert (stream.content_encoding, stream.retry_after_s) == ("gzip", 120.0)
        assert stream.content_type.startswith("text/plain")
        assert await stream.read(3) == b"hel"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("-1", 0.0),
        ("1000000000", 3600.0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 3600.0),
        ("Fri, 01 Jan 1999 00:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
    ],
)
async def test_retry_after_is_read_with_a_cap(value: str, seconds: float | None) -> None:
    raw = f"HTTP/1.1 429 Slow\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n".encode()
    async with answered(raw) as client, client.stream(LINK) as stream:
        assert stream.retry_after_s == seconds


@pytest.mark.parametrize("extra", [b"", b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n"])
async def test_without_a_true_length_there_is_none(extra: bytes) -> None:
    body = b"5\r\nhello\r\n0\r\n\r\n" if extra else b"hello"
    async with answered(OK + extra + b"\r\n" + body) as client, client.stream(LINK) as stream:
        assert stream.content_length is None
        assert await stream.read() == b"hello"


@pytest.mark.parametrize(
    ("raw", "length"),
    [
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000 + OK + b"Content-Length: 5\r\n\r\nhello", 5),
        (b"HTTP/1.0 200 OK\r\n\r\nhello", None),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 5),
    ],
)
async def test_odd_but_whole_answers_are_taken(raw: bytes, length: int | None) -> None:
    """N14: what is in them is the content checks' to judge."""
    async with answered(raw) as client, client.stream(LINK) as stream:
        assert (stream.status, stream.content_length) == (200, length)
        assert await stream.read() == b"hello"


def gzipped(body: bytes, coding: bytes = b"gzip") -> bytes:
    return OK + b"Content-Encoding: " + coding + b"\r\nConnection: close\r\n\r\n" + body


async def test_lists_are_unpacked_and_files_never() -> None:
    packed = gzip.compress(b'{"Projects":{}}')
    for coding in (b"gzip", b"x-gzip"):
        async with answered(gzipped(packed, coding)) as client:
            seen: list[int] = []
            answer = await get(client, on_progress=seen.append)
            assert answer.body == b'{"Projects":{}}'
            assert seen[-1] == len(packed)
            assert await read_file(client) == packed


async def test_a_header_of_any_bytes_is_no_fault_of_a_list() -> None:
    raw = OK + b"X-Who: caf\xe9 \xff\r\nContent-Length: 2\r\n\r\n{}"
    async with answered(raw) as client:
        answer = await get(client)
    assert (answer.body, answer.headers["x-who"]) == (b"{}", "caf\xe9 \xff")


async def test_a_list_that_is_cut_broken_or_a_bomb_is_refused() -> None:
    packed = gzip.compress(bytes(range(256)) * 1000)
    bomb = gzip.compress(bytes(50_000_000))
    for body, reason in (
        (packed[: len(packed) // 2], "cut"),
        (b"no gzip at all", "bad-http"),
        (bomb, "too-large"),
    ):
        async with listening(gzipped(body)) as listener, client_of(listener.origin) as client:
            with pytest.raises(Unreachable) as refused:
                await get(client, max_bytes=200_000_000)
            assert refused.value.reason == reason


async def test_a_list_over_its_limit_is_refused_and_an_error_page_cut() -> None:
    async with answered(OK + b"\r\n" + b"x" * 5_000) as client:
        assert len((await get(client, max_bytes=5_000)).body) == 5_000
        with pytest.raises(Unreachable) as refused:
            await get(client, max_bytes=4_999)
    assert refused.value.reason == "too-large"
    async with answered(b"HTTP/1.1 500 X\r\n\r\n" + b"x" * 500_000) as client:
        answer = await get(client, max_bytes=1_000)
    assert (answer.status, len(answer.body)) == (500, 1_000)


async def test_nobody_there_and_no_such_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """N1, N2."""
    async with listening(b"") as listener:
        pass
    async with client_of(listener.origin) as client:
        with pytest.raises(Unreachable) as refused:
            await get(client)
    assert refused.value.reason == "refused"
    async with client_of(parse_server("https://nonexistent.invalid").origin) as client:
        with pytest.raises(Unreachable) as unknown:
            await get(client)
    assert unknown.value.reason == "dns"
    assert "nonexistent.invalid" in unknown.value.message


async def through(
    proxy: str, monkeypatch: pytest.MonkeyPatch, limits: Limits = LIMITS
) -> PreventADError:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    origin = parse_server("https://loris.example.org").origin
    with pytest.raises(ServerError) as failed:
        async with client_of(origin, limits=limits) as client:
            await get(client)
    assert "hunter2" not in str(failed.value) + repr(failed.value)
    return failed.value


async def test_the_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """N11, S15."""
    async with listening(b"HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n") as proxy:
        named = f"127.0.0.1:{proxy.port}"
        error = await through(f"http://me:hunter2@{named}", monkeypatch)
        assert isinstance(error, ProxyFault)
        assert error.reason == "proxy-auth"
        assert named in error.message
        assert [head.split()[:2] for head in proxy.heads] == [
            [b"CONNECT", b"loris.example.org:443"]
        ]
        assert TOKEN.encode() not in proxy.heads[0]
    error = await through(f"http://me:hunter2@{named}", monkeypatch)
    assert (type(error), error.reason) == (ProxyFault, "proxy-dead")
    assert named in error.message
    async with listening(b"HTTP/1.1 503 \x1b[31mno\r\nContent-Length: 0\r\n\r\n") as proxy:
        error = await through(f"127.0.0.1:{proxy.port}", monkeypatch)
        assert isinstance(error, ServerError)
        assert str(error).isprintable()
    error = await through("socks5://me:hunter2@127.0.0.1:1", monkeypatch)
    assert (type(error), error.reason) == (ProxyFault, "proxy")
    error = await through("http://me:hunter2@127.0.0.1:notaport", monkeypatch)
    assert (type(error), error.reason) == (ProxyFault, "proxy")


async def test_no_proxy_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(b"") as proxy:
        monkeypatch.setenv("NO_PROXY", ".example.org")
        monkeypatch.setenv("ALL_PROXY", proxy.origin.url)
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin.url)
        async with client_of(parse_server("https://nonexistent.example.org").origin) as client:
            with pytest.raises(Unreachable):
                await get(client)
        assert proxy.connections == 0
