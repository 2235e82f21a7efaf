"""Certificates: each fault has its own words, and nothing secret is sent before the check."""

import asyncio
import contextlib
import datetime
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from preventad_tui.core.errors import NotLoris, ServerError, TlsFault, Unreachable, UsageError
from preventad_tui.core.http import HttpClient, TokenBox
from preventad_tui.core.limits import Limits
from preventad_tui.core.secret import Secret
from preventad_tui.core.server import Origin
from preventad_tui.core.tls import new_ssl_context

LIMITS = Limits(connect_timeout_s=2, header_timeout_s=2, idle_timeout_s=2)
DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@asynccontextmanager
async def serving(context: ssl.SSLContext | None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Answers 200 `{}`; gives the port and what was received after the handshake."""
    received: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            received.append(await reader.read(65_536))
            body = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
            writer.write(body if context else b"HTTP/1.1 400 Bad\r\n\r\n")
            await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], received
    finally:
        server.close()


def server_context(issued: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    return context


async def ask(port: int, ca_file: Path | None) -> int:
    origin = Origin("https", "127.0.0.1", port)
    tokens = TokenBox(Secret("aaaa.bbbb.cccc"), "u")
    async with HttpClient(origin, "/api/v", tokens, limits=LIMITS, ca_file=ca_file) as client:
        return (await client.get("/projects", max_bytes=100, timeout_s=2)).status


async def refusal(context: ssl.SSLContext | None, ca_file: Path | None) -> ServerError:
    async with serving(context) as (port, received):
        with pytest.raises(ServerError) as refused:
            await ask(port, ca_file)
    assert not any(b"aaaa" in seen for seen in received)
    assert refused.value.hint
    assert f"127.0.0.1:{port}" in refused.value.message
    return refused.value


async def test_an_additional_authority_is_believed(authority: trustme.CA, ca_file: Path) -> None:
    async with serving(server_context(authority.issue_cert("127.0.0.1"))) as (port, received):
        assert await ask(port, ca_file) == 200
    assert b"Authorization: Bearer aaaa.bbbb.cccc" in received[0]


async def test_each_bad_certificate_has_its_own_sentence(
    authority: trustme.CA, ca_file: Path
) -> None:
    """N10."""
    now = datetime.datetime.now(datetime.UTC)
    cases = {
        "tls-expired": authority.issue_cert(
            "127.0.0.1", not_before=now - 2 * DAY, not_after=now - DAY
        ),
        "tls-not-yet-valid": authority.issue_cert(
            "127.0.0.1", not_before=now + DAY, not_after=now + 2 * DAY
        ),
        "tls-wrong-host": authority.issue_cert("other.example.org"),
        "tls-unknown-ca": trustme.CA().issue_cert("127.0.0.1"),
    }
    sentences = set()
    for reason, issued in cases.items():
        error = await refusal(server_context(issued), ca_file)
        assert isinstance(error, TlsFault)
        assert error.reason == reason
        sentences.add(error.message.rpartition(":")[2])
    assert len(sentences) == len(cases)


async def test_an_old_protocol_is_refused(authority: trustme.CA, ca_file: Path) -> None:
    """N10, S14."""
    context = server_context(authority.issue_cert("127.0.0.1"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1

    def shake_hands(listener: socket.socket) -> None:
        """Blocking, since asyncio's servers hang up without saying why."""
        connection, _ = listener.accept()
        with connection, contextlib.suppress(ssl.SSLError):
            context.wrap_socket(connection, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = asyncio.create_task(asyncio.to_thread(shake_hands, listener))
        with pytest.raises(TlsFault) as refused:
            await ask(listener.getsockname()[1], ca_file)
        await server
    assert refused.value.reason == "tls-version"


async def test_a_connection_cut_in_the_handshake_is_a_fault_of_the_way(
    authority: trustme.CA, ca_file: Path
) -> None:
    def hang_up(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.recv(65_536)
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = asyncio.create_task(asyncio.to_thread(hang_up, listener))
        with pytest.raises(Unreachable) as failed:
            await ask(listener.getsockname()[1], ca_file)
        await server
    assert failed.value.reason in ("reset", "no-route")


async def test_plain_http_on_the_port_looks_like_a_sign_in_page(ca_file: Path) -> None:
    """N12."""
    error = await refusal(None, ca_file)
    assert (type(error), error.reason) == (NotLoris, "sign-in-page")


@pytest.mark.parametrize(
    "variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"]
)
async def test_the_environment_names_the_authorities(
    variable: str,
    authority: trustme.CA,
    ca_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """S14."""
    named = ca_file
    if variable == "SSL_CERT_DIR":
        named = tmp_path  # a folder of certificates named by hash, which this one is not
    monkeypatch.setenv(variable, str(named))
    context = new_ssl_context()
    known = {str(one["subject"]) for one in context.get_ca_certs()}
    assert len(known) == (0 if variable == "SSL_CERT_DIR" else 1)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_without_a_word_certifi_s_authorities_are_believed(ca_file: Path) -> None:
    plain = len(new_ssl_context().get_ca_certs())
    assert plain > 50
    assert len(new_ssl_context(ca_file).get_ca_certs()) == plain + 1


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_missing_or_broken_file_of_certificates_is_named(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S14."""
    path = tmp_path / "mine.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"mine\.pem \(--ca-file\)"):
        new_ssl_context(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(UsageError, match=r"mine\.pem \(SSL_CERT_FILE\)"):
        new_ssl_context()
