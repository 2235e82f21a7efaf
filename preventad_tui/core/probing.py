"""Finding out what a server is, without credentials.

LORIS has no list of its API versions, but checks the version before the login (22 and later), and
the refusal's words differ: `GET /api/VERSION/projects` without a token tells who answers.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from urllib.parse import urlsplit

from preventad_tui.core.errors import NotLoris, ServerError
from preventad_tui.core.http import Answer, HttpClient, TokenBox
from preventad_tui.core.json_text import read_error_text
from preventad_tui.core.limits import Limits
from preventad_tui.core.server import API_VERSIONS, Server, ServerInfo
from preventad_tui.core.text import Clean, clean
from preventad_tui.core.tls import context_for

_A_SAYS = "User not authenticated"
_PROBE_BYTES = 65_536


class _Verdict(Enum):
    A = auto()
    B = auto()
    OTHER_VERSION = auto()
    NOTHING_THERE = auto()


@dataclass(frozen=True, slots=True)
class _Probe:
    verdict: _Verdict
    sentence: str


async def find_server(server: Server, *, limits: Limits, ca_file: Path | None = None) -> ServerInfo:
    """Ask which API version the server has and which generation it is; no credentials are sent.

    The server's `fallback` origin is tried when the first one is not reached or is no LORIS API;
    the answer's `server` says which one it was, with its `api_version`.

    Raises:
        NotLoris: something else answers, or a sign-in page does.
        ServerError: not reached, TLS, proxy, or the server is out of order.
    """
    try:
        return await _find(server, limits, ca_file)
    except ServerError:
        if server.fallback is None:
            raise
        before = replace(
            server, identity=server.fallback.url, origin=server.fallback, fallback=None
        )
        return await _find(before, limits, ca_file)


async def _find(server: Server, limits: Limits, ca_file: Path | None) -> ServerInfo:
    context = context_for(server.origin, ca_file)
    sentences = []
    versions = (server.api_version,) if server.api_version else API_VERSIONS
    for version in versions:
        base_path = f"/api/{version}"
        async with HttpClient(
            server.origin, base_path, TokenBox(), limits=limits, ssl_context=context
        ) as client:
            answer = await client.get(
                "/projects",
                max_bytes=_PROBE_BYTES,
                timeout_s=limits.header_timeout_s,
                authenticated=False,
            )
        probe = _judge(answer, server.origin.netloc, version)
        sentences.append(probe.sentence)
        if probe.verdict in (_Verdict.A, _Verdict.B):
            found = replace(server, api_version=version)
            return ServerInfo(found, probe.verdict.name, base_path, tuple(sentences))
    raise NotLoris(
        f"{server.origin.netloc} does not answer as a LORIS API ({'; '.join(sentences)}).",
        "Check the address, or name the version with --api-version.",
        "not-loris",
    )


def _judge(answer: Answer, host: str, version: str) -> _Probe:
    """What the answer to `/projects` without a token means.

    Raises:
        ServerError: it settles that this is no LORIS API, or none that works now.
    """
    words = read_error_text(answer.body)
    is_page = answer.body.lstrip()[:1] == b"<"
    match answer.status:
        case 401 if not is_page and answer.body.strip():
            if words == _A_SAYS:
                return _Probe(_Verdict.A, f"{version}: LORIS 20 or 21 (generation A)")
            return _Probe(_Verdict.B, f"{version}: LORIS 22 or later (generation B)")
        case 400 | 404 if not is_page and answer.body.strip():
            return _Probe(_Verdict.OTHER_VERSION, f"{version}: {words or answer.status}")
        case 404:
            return _Probe(_Verdict.NOTHING_THERE, f"{version}: nothing there (404)")
        case _:
            raise no_data_error(answer, host, words)


def no_data_error(answer: Answer, host: str, words: Clean) -> ServerError:
    """The sentence for an answer that is neither data nor one of LORIS's own refusals."""
    status = answer.status
    if 300 <= status < 400:
        target = _host_of(answer.headers.get("location", "")) or "another page"
        return NotLoris(
            f"{host} redirects to {target}, which is not followed.",
            "This network may want you to sign in: open the address in a browser.",
            "redirect",
        )
    if status == 200:
        return NotLoris(
            f"{host} answers with a page instead of data" + (f" (“{words}”)." if words else "."),
            "This network may show a sign-in page: open any page in a browser and sign in.",
            "sign-in-page",
        )
    said = f": {words}" if words else ""
    if status in (429, 500, 502, 503, 504):
        return ServerError(
            f"{host} is out of order ({status}{said}).", "Try again later.", f"http-{status}"
        )
    return NotLoris(
        f"{host} does not answer as a LORIS API ({status}{said}).",
        "Check the address.",
        f"http-{status}",
    )


def _host_of(location: str) -> Clean:
    """The host that a redirect points to, without user, path and query; "" for none."""
    try:
        return clean(urlsplit(location).netloc.rpartition("@")[2])
    except ValueError:
        return clean("")
