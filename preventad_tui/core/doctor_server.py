"""What a server tells without a login; nothing secret is sent."""

import asyncio
import email.utils
import re
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from preventad_tui.core.doctor import Check, note, problem, well
from preventad_tui.core.doctor_release import ReleaseFacts
from preventad_tui.core.errors import NotLoris, PreventADError, ProxyFault, TlsFault
from preventad_tui.core.http import Answer, HttpClient, TokenBox
from preventad_tui.core.limits import Limits
from preventad_tui.core.proxy import proxy_for
from preventad_tui.core.server import API_VERSIONS, Origin, ServerInfo
from preventad_tui.core.text import clean, human_duration
from preventad_tui.core.tls import context_for, new_ssl_context

_ALL_VERSIONS = (*API_VERSIONS, "v0.0.4-dev")
_ANSWER_BYTES = 65_536
_CLOCK_LIMIT_S = 60.0
_CERTIFICATE_LIMIT_S = 14 * 86_400.0


@dataclass(frozen=True, slots=True)
class _Reply:
    """An answer to `/projects` without a token, and how long it took."""

    version: str
    answer: Answer
    seconds: float
    clock_ahead_s: float | None


def way_check(origin: Origin) -> Check:
    """Which proxy lies between."""
    try:
        proxy = proxy_for(origin)
    except ProxyFault as error:
        return problem("proxy", error)
    return well("proxy", f"through {proxy.label}" if proxy else "none")


def fault_check(error: PreventADError) -> Check:
    """The line for a server that could not be found out."""
    match error:
        case TlsFault():
            return problem("tls", error)
        case ProxyFault():
            return problem("proxy", error)
        case NotLoris():
            return problem("api", error)
        case _:
            return problem("reachable", error)


async def server_checks(
    info: ServerInfo, limits: Limits, ca_file: Path | None
) -> tuple[list[Check], ReleaseFacts]:
    """Ask each API version for `/projects` without a token, and read what the answers say.

    Raises:
        ServerError: the server stopped answering.
    """
    origin = info.server.origin
    facts = ReleaseFacts(info.generation)
    context = context_for(origin, ca_file)
    replies = []
    for version in _ALL_VERSIONS:
        async with HttpClient(
            origin, f"/api/{version}", TokenBox(), limits=limits, ssl_context=context
        ) as client:
            reply = await _ask(client, version, limits)
            replies.append(reply)
            facts.statuses[version] = reply.answer.status
            if version == info.server.api_version and info.generation == "A":
                script = await client.get(
                    "/projects/loris/bids",
                    max_bytes=_ANSWER_BYTES,
                    timeout_s=limits.header_timeout_s,
                    authenticated=False,
                )
                facts.has_bids_script = script.status == 401
    quickest = min(reply.seconds for reply in replies)
    checks = [well("reachable", f"{origin.netloc} answers in {quickest * 1000:.0f} ms")]
    checks.append(await _tls_check(origin, limits, ca_file))
    statuses = ", ".join(f"{version} {status}" for version, status in facts.statuses.items())
    checks.append(well("api", f"{info.server.api_version} is used; without a token: {statuses}"))
    meaning = {"A": "one script an endpoint (LORIS 20, 21)", "B": "module API (LORIS 22 and later)"}
    checks.append(well("generation", f"{info.generation}: {meaning[info.generation]}"))
    used = next(reply for reply in replies if reply.version == info.server.api_version)
    checks += [_length_check(used.answer), _clock_check(used.clock_ahead_s)]
    return checks, facts


async def _ask(client: HttpClient, version: str, limits: Limits) -> _Reply:
    started, wall = time.monotonic(), time.time()
    answer = await client.get(
        "/projects",
        max_bytes=_ANSWER_BYTES,
        timeout_s=limits.header_timeout_s,
        authenticated=False,
    )
    seconds = time.monotonic() - started
    ahead = None
    try:
        told = email.utils.parsedate_to_datetime(answer.headers["date"]).timestamp()
        ahead = told + 0.5 - (wall + seconds / 2)  # the header has whole seconds
    except (KeyError, ValueError, OverflowError):
        pass
    return _Reply(version, answer, seconds, ahead)


def _clock_check(ahead_s: float | None) -> Check:
    if ahead_s is None:
        return note("clock", "the server does not tell the time", "Check this machine's clock.")
    if abs(ahead_s) <= _CLOCK_LIMIT_S:
        return well("clock", f"as the server's, within {max(1.0, abs(ahead_s)):.0f} s")
    side = "behind" if ahead_s > 0 else "ahead of"
    return note(
        "clock",
        f"this machine is {human_duration(abs(ahead_s))} {side} the server",
        "Set this machine's clock (NTP) if it is the wrong one: certificates and the login's "
        "end are judged by it.",
    )


def _length_check(answer: Answer) -> Check:
    if "content-length" in answer.headers:
        return well("lengths", "answers come with their length")
    return note(
        "lengths",
        "answers come without their length (as behind php-fpm)",
        "Nothing; a cut file is then known by its content only: “verify --deep” is worth its time.",
    )


async def _tls_check(origin: Origin, limits: Limits, ca_file: Path | None) -> Check:
    if origin.scheme != "https":
        return well("tls", "none: this machine itself (loopback)")
    if proxy_for(origin):
        return well("tls", "accepted; its details are not looked at through a proxy")
    context = new_ssl_context(ca_file)
    try:
        async with asyncio.timeout(limits.connect_timeout_s):
            _, writer = await asyncio.open_connection(origin.host, origin.port, ssl=context)
        try:
            shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
            version, certificate = shown.version() or "TLS", shown.getpeercert() or {}
        finally:
            writer.close()
    except (OSError, TimeoutError):
        return well("tls", "accepted; its details could not be looked at")
    return _certificate_check(version, certificate)


def _certificate_check(version: str, certificate: "ssl._PeerCertRetDictType") -> Check:
    named = re.search(r"'organizationName', '([^']*)'", str(certificate.get("issuer", "")))
    issuer = named[1] if named else "an unnamed authority"
    ends_s = ssl.cert_time_to_seconds(str(certificate.get("notAfter", "Jan  1 00:00:00 1970 GMT")))
    ends = f"{datetime.fromtimestamp(ends_s, UTC):%Y-%m-%d}"
    found = f"{clean(version)}, certificate of {clean(issuer)} until {ends}"
    if ends_s - time.time() < _CERTIFICATE_LIMIT_S:
        return note("tls", found, "It ends soon: the server's people must renew it.")
    return well("tls", found)
