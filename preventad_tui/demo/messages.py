"""A request as the demo server sees it, and the answer it gives."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from preventad_tui.demo.bodies import Body, Text
from preventad_tui.demo.edition import FIRST, Edition

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    target: str  # as sent, with the query
    headers: Headers  # names in the case they were sent in
    body: bytes = b""
    client: str = "127.0.0.1"
    edition: Edition = FIRST  # a fault may show another state of a file

    @property
    def query(self) -> str:
        """The part after the question mark."""
        return self.target.partition("?")[2]

    @property
    def path(self) -> str:
        """The path, runs of slashes taken as one."""
        path = self.target.partition("?")[0]
        if "://" in path:  # a request through a proxy names the whole URL
            path = "/" + path.split("://", 1)[1].partition("/")[2]
        while "//" in path:
            path = path.replace("//", "/")
        return path

    @property
    def resource(self) -> str:
        """The path below the API's version, e.g. `/projects/loris/bids`."""
        parts = self.path.split("/", 3)
        return "/" + parts[3] if len(parts) > 3 and parts[1] == "api" else self.path

    def header(self, name: str, *, exact: bool = False) -> str | None:
        """Give a header's value; `exact` compares the case of its name too."""
        for key, value in self.headers:
            if key == name or (not exact and key.lower() == name.lower()):
                return value
        return None

    @property
    def cookie(self) -> str | None:
        """The PHP session that the client names."""
        for part in (self.header("Cookie") or "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == "PHPSESSID" and value:
                return value
        return None

    @property
    def wants_gzip(self) -> bool:
        """Tell whether the client accepts a compressed answer."""
        return "gzip" in (self.header("Accept-Encoding") or "")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    status: int = 200
    headers: Headers = ()
    body: Body = field(default_factory=Text)
    sized: bool = True  # False: chunked, without Content-Length

    def header(self, name: str) -> str | None:
        """Give a header's value."""
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None

    def with_headers(self, *headers: tuple[str, str]) -> Answer:
        """Give the same answer with headers added, or replaced where they are there."""
        new = {name.lower() for name, _ in headers}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in new)
        return replace(self, headers=kept + headers)

    def without(self, *names: str) -> Answer:
        """Give the same answer without some headers."""
        gone = {name.lower() for name in names}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in gone)
        return replace(self, headers=kept)


def php_json(value: object) -> bytes:
    """Encode as LORIS 20.1 does: compact ASCII with escaped slashes."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()


def laminas_json(value: object) -> bytes:
    """Encode as LORIS 22 to 28 do: compact ASCII, the signs that HTML knows as \\u00XX."""
    text = json.dumps(value, separators=(",", ":")).replace('\\"', "\\u0022")
    for sign in "<>&'":
        text = text.replace(sign, f"\\u{ord(sign):04X}")
    return text.encode()


def page(title: str, text: str) -> bytes:
    """Give an HTML page as Apache writes them."""
    return (
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
        f"<title>{title}</title>\n</head><body>\n<h1>{title.partition(' ')[2]}</h1>\n"
        f"<p>{text}</p>\n</body></html>\n"
    ).encode()


def apache(status: int, reason: str, text: str) -> Answer:
    """Give an answer of the web server in front of LORIS."""
    headers = (("Content-Type", "text/html; charset=iso-8859-1"),)
    return Answer(status, headers, Text(page(f"{status} {reason}", text)))


def apache_not_found() -> Answer:
    """Give Apache's own 404, for paths that no rewrite rule matches."""
    return apache(404, "Not Found", "The requested URL was not found on this server.")
