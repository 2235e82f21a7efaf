"""A plain HTTP client that shows names and bytes as they came, and servers to ask."""

import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer


@dataclass(frozen=True)
class Reply:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Browser:
    """Asks one server; a connection a request, no cookies, no compression, no redirects."""

    def __init__(self, server: DemoServer, base: str = "") -> None:
        self.server = server
        default = "/api/v0.0.3-dev" if server.generation == "a" else "/api/v0.0.3"
        self.base = base or default
        self.token = ""

    def login(self, name: str = "demo", password: str = "demo") -> Reply:
        body = json.dumps({"username": name, "password": password}).encode()
        reply = self.ask("/login", "POST", body=body, token="")
        if reply.status == 200:
            self.token = reply.json["token"]
        return reply

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        token: str | None = None,
        base: str | None = None,
        timeout: float = 5.0,
    ) -> Reply:
        token = self.token if token is None else token
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=timeout)
        try:
            target = (self.base if base is None else base) + path
            connection.request(method, target, body, sent | (headers or {}))
            response = connection.getresponse()
            return Reply(response.status, tuple(response.getheaders()), response.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


@pytest.fixture
def a(server: DemoServer) -> Iterator[Browser]:
    """A logged-in browser on the old generation, without faults."""
    server.faults.clear()
    server.forgive()
    server.token_lifetime_s = 86_400
    browser = Browser(server)
    assert browser.login().status == 200
    yield browser
    server.faults.clear()


@pytest.fixture
def browse() -> Callable[..., Browser]:
    """Make a browser for a server, logged in."""

    def make(server: DemoServer, name: str = "demo", base: str = "") -> Browser:
        browser = Browser(server, base)
        browser.login(name)
        return browser

    return make


@pytest.fixture(scope="module", params=["b24", "b26", "b28"])
def b_server(request: pytest.FixtureRequest) -> Iterator[DemoServer]:
    with DemoServer(generation=request.param, candidates=3) as running:
        yield running


@pytest.fixture
def b(b_server: DemoServer) -> Iterator[Browser]:
    """A logged-in browser on one of the stock generations."""
    b_server.forgive()
    browser = Browser(b_server)
    assert browser.login().status == 200
    yield browser
    b_server.faults.clear()
