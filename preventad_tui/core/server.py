"""Which server: its origin, what it is called, what it was found to be."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from preventad_tui.core.errors import UsageError
from preventad_tui.core.text import clean

API_VERSIONS = ("v0.0.3-dev", "v0.0.3")
"""Probed in this order: LORIS 20.1 with the PREVENT-AD override (and 22) serve the first, LORIS 23
and later the second; there is no endpoint that lists the versions."""

_VERSION = re.compile(r"v[0-9][A-Za-z0-9.-]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what a token belongs to."""

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """Host and, where it is not the scheme's own, port; IPv6 in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """`https://host[:port]`, without a slash at the end."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def is_loopback(self) -> bool:
        """Whether this is the machine itself (127.0.0.0/8, ::1, localhost)."""
        return is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class Server:
    """A server as people and the program's own files name it.

    `identity` stands in ledger, selections and keyring. `api_version` and `project` are `""`
    until chosen or found by asking. `fallback` is asked where `origin` is no LORIS API.
    """

    name: str
    identity: str
    origin: Origin
    api_version: str = ""
    project: str = ""
    fallback: Origin | None = None

    @property
    def has_known_sizes(self) -> bool:
        """Whether the medians of the published dataset tell what a file here will weigh."""
        return self.origin.host in _PREVENTAD_HOSTS


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What asking without credentials found.

    `generation` is `A` (one script per endpoint: LORIS 20, 21, the PREVENT-AD override) or `B`
    (LORIS 22 and later). `probes` says, a sentence each, what was asked and what came back.
    """

    server: Server
    generation: str
    base_path: str
    probes: tuple[str, ...] = ()


DEMO = "demo"
OPEN = Origin("https", "openpreventad.loris.ca", 443)
REGISTERED = Origin("https", "registeredpreventad-new.loris.ca", 443)
REGISTERED_BEFORE = Origin("https", "registeredpreventad.loris.ca", 443)
_PREVENTAD_HOSTS = frozenset(origin.host for origin in (OPEN, REGISTERED, REGISTERED_BEFORE))


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_server(text: str) -> Server:
    """The server meant by `open`, `registered` or a URL (with or without `/api/VERSION`).

    Raises:
        UsageError: not a URL, not https (loopback may be http), or with user and password in it.
    """
    word = text.strip()
    if word == "open":
        return server_at(OPEN)
    if word == "registered":
        return Server("registered", REGISTERED.url, REGISTERED, fallback=REGISTERED_BEFORE)
    hint = "Write open, registered, demo, or a URL such as https://loris.example.org."
    try:
        parts = urlsplit(word)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
    except ValueError as error:
        raise UsageError(f"“{clean(word)}” is not a server's address.", hint) from error
    if parts.scheme not in _DEFAULT_PORTS or not host or any(c.isspace() for c in word):
        raise UsageError(f"“{clean(word)}” is not a server's address.", hint)
    if "@" in parts.netloc:
        raise UsageError(
            "A server's address holds no user and no password.",
            "Leave them out; they are asked for, or use --username and --password-stdin.",
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise UsageError(
            f"{clean(host)} over http would show your password to the network.", "Use https."
        )
    server = server_at(
        Origin(parts.scheme, host, _DEFAULT_PORTS[parts.scheme] if port is None else port)
    )
    return _with_api_version(server, parts.path, word)


def _with_api_version(server: Server, path: str, word: str) -> Server:
    segments = [segment for segment in path.split("/") if segment]
    match segments:
        case [] | ["api"]:
            return server
        case ["api", version] if _VERSION.fullmatch(version):
            return Server(server.name, server.identity, server.origin, version)
        case _:
            raise UsageError(
                f"“{clean(word)}” has a path that is not a LORIS API's.",
                "Write scheme and host, with or without /api/VERSION.",
            )


def server_at(origin: Origin) -> Server:
    """The server at an origin; the study's own servers by their short names."""
    names = {OPEN: "open", REGISTERED: "registered", REGISTERED_BEFORE: "registered"}
    return Server(names.get(origin, origin.url), origin.url, origin)


def demo_server(url: str) -> Server:
    """The bundled demo server running at a URL; its identity is `demo`, whatever the port."""
    return Server(DEMO, DEMO, parse_server(url).origin)
