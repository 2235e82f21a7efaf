"""The demo server: a LORIS of some generation on loopback, in a thread of its own."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from typing import Literal, Self

from aiohttp import web

from preventad_tui.demo.accounts import ACCOUNTS, Account, Gate, Standing
from preventad_tui.demo.archive import Archive
from preventad_tui.demo.bodies import whole
from preventad_tui.demo.edition import Edition
from preventad_tui.demo.errors import DemoError
from preventad_tui.demo.faults import Faults
from preventad_tui.demo.generations import GENERATIONS, loris
from preventad_tui.demo.handling import Handler
from preventad_tui.demo.messages import Call
from preventad_tui.demo.recording import Record, Request
from preventad_tui.demo.site import Options, Site
from preventad_tui.demo.study import Study
from preventad_tui.demo.tokens import TokenOffice

HOST = "127.0.0.1"
_START_LIMIT_S = 10.0

Generation = Literal["a", "b24", "b26", "b28"]


class DemoServer:
    """A LORIS server with synthetic data, as a context manager.

    `candidates` keeps only so many, `body_scale` multiplies the images' slices and so their
    bytes, `integer_ids` lists ids as numbers (b24, b26), `fpm` sends bodies without length,
    `deflate` compresses text when asked (a), `second_project` gets every third candidate (b),
    `delay_s` waits before each answer, `keepalive_s`
    is how long an idle connection stays open, `record_limit` how many requests are remembered,
    and with `tls` the server speaks HTTPS.
    """

    def __init__(
        self,
        size: str = "small",
        generation: Generation = "a",
        port: int = 0,
        *,
        accounts: tuple[Account, ...] = ACCOUNTS,
        candidates: int | None = None,
        body_scale: float = 1.0,
        integer_ids: bool = False,
        fpm: bool = False,
        deflate: bool = True,
        second_project: str = "",
        delay_s: float = 0.0,
        keepalive_s: float = 75.0,
        record_limit: int | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if generation not in GENERATIONS:
            known = ", ".join(GENERATIONS)
            raise DemoError(f"Unknown generation {generation!r}: use one of {known}.")
        study = Study.make(size)
        self.study = study.restricted(candidates) if candidates is not None else study
        self.archive = Archive(self.study, body_scale)
        self.faults = Faults()
        self.generation = generation
        self.port = port
        self.username, self.password = accounts[0].name, accounts[0].password
        self._keepalive_s = keepalive_s
        self._tls = tls
        self._record = Record(record_limit)
        self._tokens = TokenOffice("https://demo.invalid")
        self._gate = Gate(accounts, self._tokens)
        site = Site(
            self.study, self.archive, self._gate, Options(integer_ids, fpm, deflate, second_project)
        )
        self._loris = loris(generation, site)
        self._handler = Handler(self._loris, self.faults, self._record, self._tokens, delay_s)
        self.project = self._loris.project
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @property
    def url(self) -> str:
        """The address of the web server, without the API's path."""
        return f"{'https' if self._tls else 'http'}://{HOST}:{self.port}"

    @property
    def requests(self) -> list[Request]:
        """All requests so far."""
        return self._record.snapshot()

    def wait_idle(self, limit_s: float = 5.0) -> bool:
        """Wait until no request runs; gives False when the time is over."""
        return self._record.wait_idle(limit_s)

    def forget_requests(self) -> None:
        """Empty the list of requests."""
        self._record.clear()

    @property
    def token_lifetime_s(self) -> float:
        """How long tokens issued from now on are valid."""
        return self._tokens.lifetime_s

    @token_lifetime_s.setter
    def token_lifetime_s(self, seconds: float) -> None:
        self._tokens.lifetime_s = seconds

    @property
    def clock_offset_s(self) -> float:
        """How far the server's clock is ahead: in its tokens and its Date header."""
        return self._tokens.clock_offset_s

    @clock_offset_s.setter
    def clock_offset_s(self, seconds: float) -> None:
        self._tokens.clock_offset_s = seconds

    def expire_tokens(self) -> None:
        """Make all tokens issued so far invalid."""
        self._tokens.expire_all()

    def set_standing(self, standing: Standing, username: str | None = None) -> None:
        """Change what LORIS makes of an account."""
        self._gate.set_standing(username or self.username, standing)

    def lock_out(self, username: str | None = None) -> None:
        """Lock an account as more than ten failed logins from this address do."""
        self._gate.lock_out(username or self.username)

    def forgive(self) -> None:
        """Forget all failed logins, as an hour does."""
        self._gate.forgive()

    def body(self, path: str, edition: Edition | None = None) -> bytes:
        """Give the bytes that belong at a path of a finished download, BIDS or MINC.

        Without an edition: those that the server sends now, NewVersion faults included.
        """
        stored = self.archive.by_output(path)
        if stored is None:
            raise KeyError(path)
        shown = self._edition(f"*/{stored.name}") if edition is None else edition
        found = self.archive.by_output(path, shown)
        assert found is not None
        return whole(found.body)

    def body_of_link(self, link: str, edition: Edition | None = None) -> bytes:
        """Give the bytes behind a link as the API lists it."""
        shown = self._edition(link) if edition is None else edition
        stored = self.archive.by_link(link, shown)
        if stored is None:
            raise KeyError(link)
        return whole(stored.body)

    def _edition(self, link: str) -> Edition:
        # The version does not matter: faults match below it.
        call = Call("GET", "/api/v/" + link.lstrip("/"), ())
        for effect in self.faults.standing(call):
            call = effect.call(call)
        return call.edition

    def start(self) -> Self:
        """Serve; after a stop on the same port."""
        if self._thread is not None:
            return self
        ready: list[BaseException | None] = []
        told = threading.Event()

        def tell(trouble: BaseException | None) -> None:
            ready.append(trouble)
            told.set()

        self._thread = threading.Thread(target=self._run, args=(tell,), daemon=True)
        self._thread.start()
        if not told.wait(_START_LIMIT_S):
            raise DemoError("The demo server did not start within 10 seconds.")
        if ready[0] is not None:
            self._thread.join()
            self._thread = None
            raise DemoError(
                f"The demo server cannot use port {self.port}: it is taken or not allowed. "
                "Choose another with --port, or 0 for any free one."
            ) from ready[0]
        return self

    def stop(self) -> None:
        """End all connections and stop listening."""
        if self._thread is None or self._loop is None or self._stop is None:
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, tell: Callable[[BaseException | None], None]) -> None:
        try:
            asyncio.run(self._serve(tell))
        except OSError as trouble:
            tell(trouble)

    async def _serve(self, tell: Callable[[BaseException | None], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = self._handler.stopping = asyncio.Event()
        web_server = web.Server(self._handler, access_log=None, keepalive_timeout=self._keepalive_s)
        runner = web.ServerRunner(web_server, shutdown_timeout=0.1)
        await runner.setup()
        try:
            listener = web.TCPSite(runner, HOST, self.port, ssl_context=self._tls)
            await listener.start()
            self.port = runner.addresses[0][1]
            tell(None)
            await self._stop.wait()
        finally:
            await runner.cleanup()
