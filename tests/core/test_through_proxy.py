"""Through a proxy: the same requests and the same faults as on the direct way."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from preventad_tui.core.errors import Unreachable
from preventad_tui.core.http import HttpClient, TokenBox
from preventad_tui.core.limits import Limits
from preventad_tui.core.secret import Secret
from preventad_tui.core.server import Origin

LIMITS = Limits(connect_timeout_s=2, header_timeout_s=1, idle_timeout_s=0.5)
ORIGIN = Origin("https", "loris.example.org", 443)
LINK = "/candidates/1/V/images/a.mnc"
OK = b"HTTP/1.1 200 OK\r\n"
HELLO = OK + b"Content-Length: 5\r\n\r\nhello"


class Tunnel:
    """A proxy that leads every CONNECT to a server that says it is loris.example.org.

    After any answer but `HELLO` the connection is closed.
    """

    def __init__(self, answer: bytes, server_context: ssl.SSLContext) -> None:
        self.connects: list[bytes] = []
        self.heads: list[bytes] = []
        self._answer = answer
        self._context = server_context

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            self.connects.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            await writer.drain()
            await writer.start_tls(self._context)
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(self._answer)
                await writer.drain()
                if self._answer != HELLO:
                    break
        writer.close()


@asynccontextmanager
async def client_through(
    answer: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[HttpClient, Tunnel]]:
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(ORIGIN.host).configure_cert(context)
    tunnel = Tunnel(answer, context)
    server = await asyncio.start_server(tunnel.serve, "127.0.0.1", 0)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    tokens = TokenBox(Secret("aaaa.bbbb.cccc"))
    try:
        async with HttpClient(
            ORIGIN, "/api/v0.0.3", tokens, limits=LIMITS, ca_file=ca_file
        ) as client:
            yield client, tunnel
    finally:
        server.close()


async def read_file(client: HttpClient) -> bytes:
    async with client.stream(LINK, if_none_match='"old"') as stream:
        return b"".join([chunk async for chunk in stream.chunks()])


async def test_files_and_lists_go_through_one_tunnel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N11; a worker's first request is one for a file."""
    async with client_through(HELLO, tmp_path, monkeypatch) as (client, tunnel):
        assert await read_file(client) == b"hello"
        found = await client.get(
            "/projects", max_bytes=100, timeout_s=1, params={"since": "2020-01-01 00:00"}
        )
        assert (found.status, found.body) == (200, b"hello")
        assert (await client.post_json("/login", "{}")).status == 200
    (connect,) = tunnel.connects
    assert connect.startswith(b"CONNECT loris.example.org:443 HTTP/1.1\r\n")
    assert b"aaaa" not in connect
    file, listed, login = tunnel.heads[0], tunnel.heads[1], tunnel.heads[2]
    assert file.startswith(b"GET /api/v0.0.3/candidates/1/V/images/a.mnc HTTP/1.1\r\n")
    assert listed.startswith(b"GET /api/v0.0.3/projects?since=2020-01-01+00%3A00 HTTP/1.1\r\n")
    assert b'\r\nIf-None-Match: "old"\r\n' in file
    for head in (file, listed):
        assert b"\r\nHost: loris.example.org\r\n" in head
        assert b"\r\nAuthorization: Bearer aaaa.bbbb.cccc\r\n" in head
    assert login.startswith(b"POST /api/v0.0.3/login HTTP/1.1\r\n")
    assert b"\r\nContent-Length: 2\r\n" in login
    assert b"uthorization" not in login


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "reset"),
        (b"garbage\r\n\r\n", "bad-http"),
        (OK + b"Content-Length: 100\r\n\r\nabc", "cut"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "cut"),
    ],
)
async def test_each_fault_has_the_reason_that_it_has_without_a_proxy(
    answer: bytes, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client_through(answer, tmp_path, monkeypatch) as (client, _):
        with pytest.raises(Unreachable) as failed:
            await read_file(client)
    assert failed.value.reason == reason
