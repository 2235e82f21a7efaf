"""N1 to N9, N13, N14: connections that break, stall, crawl, vanish; whole runs through a relay."""

import random
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from preventad_tui.core.commands import Resume
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import FileRetried, Paused, PauseReason, Resumed
from preventad_tui.core.states import FileState
from preventad_tui.demo.effects import Drop, RawBytes
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Behind:
    """A demo server that is only reached through the relay."""

    def __init__(self, server: DemoServer, proxy: Any) -> None:
        self._server = server
        self.proxy = proxy
        self.url = f"http://localhost:{proxy.port}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)


@pytest.fixture
def relay(load_fake: Callable[[str], ModuleType]) -> ModuleType:
    return load_fake("fault_proxy")


@pytest.fixture
def behind(relay: ModuleType, downloads: ModuleType, tmp_path: Any) -> Iterator[Callable[..., Any]]:
    """Make a site whose server is behind a relay, `site.server.proxy`; words lower its limits."""
    with DemoServer(candidates=1) as server, relay.FaultProxy(server.port) as proxy:

        def make(**limits: Any) -> Any:
            told = replace(downloads.QUICK, **limits)
            return downloads.Site(Behind(server, proxy), tmp_path / "out", limits=told)

        yield make


def whole(site: Any, run: Any) -> None:
    assert run.summary.exit_code is ExitCode.OK, run.ended(FileState.FAILED)
    assert run.summary.failed == run.summary.not_done == 0
    assert site.differences() == []
    assert site.partials() == []


PATIENT = {"attempts": 10**6, "failures_to_offline": 10**6}


def transfers_cut(site: Any, relay: ModuleType, seed: int, count: int) -> None:
    """N4: `count` connections reset at a random byte, until all of them are used up."""
    rng = random.Random(seed)
    lines = [
        relay.Line(
            end_after=rng.choice((rng.randrange(1, 400), rng.randrange(200, 60_000))),
            ending=rng.choice(("reset", "close", "half")),
        )
        for _ in range(count)
    ]
    site.server.proxy.plan(*lines)
    site.server.proxy.reset()
    run = site.start().join(240)
    assert site.server.proxy.connections > count // 4, f"seed {seed}"
    whole(site, run)


def test_n4_resets_at_random_bytes(behind: Any, relay: ModuleType) -> None:
    """N4: every transfer comes to its end however often and wherever it is cut."""
    transfers_cut(behind(**PATIENT), relay, seed=4, count=60)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_n4_resets_at_random_bytes_long(
    behind: Any, relay: ModuleType, figures: Callable[[str], None]
) -> None:
    """N4: 500 of them."""
    site = behind(**PATIENT)
    transfers_cut(site, relay, seed=44, count=500)
    figures(f"{site.server.proxy.connections} connections, 500 cut, 0 files wrong or failed")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"end_after": 30_000, "ending": "stall"}, "stalled"),  # N5
        ({"rate": 200.0}, "header-timeout"),  # N7: the headers already crawl
        ({"end_after": 30_000, "ending": "close"}, "cut"),
        ({"end_after": 30_000, "ending": "half"}, "cut"),
        ({"instead": b"garbage\r\n\r\n"}, "bad-http"),  # N14
        ({"instead": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"}, "bad-http"),
    ],
)
def test_n5_n7_n14_one_bad_connection(
    behind: Any, relay: ModuleType, line: dict[str, Any], reason: str
) -> None:
    """N5, N7, N14: the fault is named, the file tried again, the others go on."""
    site = behind(header_timeout_s=0.5)
    site.server.proxy.plan(relay.Line(**line))
    run = site.download(jobs=1)
    whole(site, run)
    assert reason in [event.reason for event in run.of(FileRetried)]


def test_n6_a_trickle_is_given_up_in_its_window(behind: Any, relay: ModuleType) -> None:
    """N6: bytes come, but fewer than a kilobyte a second: given up within window + 1 s."""
    site = behind(slow_window_s=0.5, slow_bytes_per_s=10**6)
    site.server.proxy.plan(relay.Line(rate=20_000.0))
    started = time.monotonic()
    run = site.start(("t1w",), jobs=1)
    while not run.of(FileRetried):
        assert time.monotonic() - started < 10
        time.sleep(0.01)
    site.server.proxy.reset()
    whole(site, run.join())
    assert run.of(FileRetried)[0].reason == "slow"


def test_n3_a_connect_that_hangs_is_given_up(behind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """N3: nobody takes the connection: after the connect limit a pause, and back by itself."""
    site = behind(connect_timeout_s=0.4)
    port = site.server.proxy.port
    run = site.start(jobs=2)
    run.until(lambda s: s.files_ended > 10)
    site.server.proxy.refuse()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deaf.bind(("127.0.0.1", port))
        deaf.listen(0)
        fill = [socket.socket() for _ in range(3)]
        for one in fill:  # a full backlog: further connects get no answer at all
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        run.until(lambda s: s.pause_reason is PauseReason.OFFLINE)
        for one in fill:
            one.close()
    site.server.proxy.listen()
    whole(site, run.join())


def test_n2_a_server_that_restarts_twenty_times(behind: Any) -> None:
    """N2: refused connections in mid-run, 20 times: 0 failed, 0 corrupt."""
    site = behind()
    run = site.start(jobs=4)
    for restart in range(20):
        ended = 4 * (restart + 1)
        run.until(lambda s, ended=ended: s.files_ended > ended)
        site.server.proxy.refuse()
        site.server.proxy.listen()
    whole(site, run.join())


def test_n1_the_name_is_not_found_in_mid_run(behind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """N1: the look-up fails at the start and in mid-run: said, waited, back by itself."""
    site = behind()
    real, broken = socket.getaddrinfo, []

    def lookup(host: Any, *rest: Any, **more: Any) -> Any:
        if broken:
            raise socket.gaierror(-2, "Name or service not known")
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    run = site.start(jobs=4)
    run.until(lambda s: s.files_ended > 10)
    broken.append(1)
    site.server.proxy.reset()
    run.until(lambda s: s.pause_reason is PauseReason.OFFLINE)
    assert "name" in run.engine.snapshot().sentence
    broken.clear()
    whole(site, run.join())
    assert len(run.of(Resumed)) == len(run.of(Paused))


def drops(site: Any) -> int:
    """N8: every second request meets a connection that the server has just closed."""
    dropped = Fault(Drop(), path="/[cp]*/*/*")
    every_second = [replace(dropped, nth=number) for number in range(2, 2400, 2)]
    site.server.faults.add(*every_second)
    run = site.start(jobs=1).join(200)
    whole(site, run)
    assert run.of(FileRetried) == []
    return sum(site.server.faults.hits(one) for one in every_second)


def test_n8_every_idle_connection_is_dropped(new_site: Callable[..., Any]) -> None:
    """N8: a dropped idle connection costs no attempt, not even once for each file."""
    assert drops(new_site()) >= 100


@pytest.mark.long
def test_n8_a_thousand_idle_connections_dropped(
    new_site: Callable[..., Any], figures: Callable[[str], None]
) -> None:
    """N8: 1,000 of them."""
    count = drops(new_site(candidates=7))
    assert count >= 1000
    figures(f"{count} idle connections dropped, 0 failed, 0 attempts counted")


def test_n9_an_outage_burns_no_attempts_and_is_asked_about_seldom(behind: Any) -> None:
    """N9: offline for twenty probe times: 0 failed, at most one probe each, then the queue."""
    site = behind(probe_first_s=0.05, probe_max_s=0.1)
    run = site.start(jobs=4)
    run.until(lambda s: s.files_ended > 5)
    site.server.proxy.line = type(site.server.proxy.line)(instead=b"")
    site.server.proxy.reset()
    run.until(lambda s: s.pause_reason is PauseReason.OFFLINE)
    before = site.server.proxy.connections
    time.sleep(2)
    asked = site.server.proxy.connections - before
    assert 5 < asked <= 22
    assert run.engine.snapshot().counts.get(FileState.FAILED, 0) == 0
    site.server.proxy.line = type(site.server.proxy.line)()
    run.engine.send(Resume())
    whole(site, run.join())
    assert max((event.attempt for event in run.of(FileRetried)), default=0) <= 2


def test_n13_flows_that_are_forgotten(behind: Any) -> None:
    """N13: after a suspend or a NAT timeout old connections are silent: new ones are made."""
    site = behind(idle_timeout_s=0.5, header_timeout_s=0.5)
    run = site.start(jobs=4)
    for ended in (10, 40, 70):
        run.until(lambda s, ended=ended: s.files_ended > ended)
        site.server.proxy.forget_flows()
    started = time.monotonic()
    whole(site, run.join())
    assert time.monotonic() - started < 10


def test_n14_anything_at_all_in_place_of_an_answer(new_site: Callable[..., Any]) -> None:
    """N14: random bytes, half headers, lengths that quarrel: retried, never a crash."""
    rng = random.Random(14)
    site = new_site()
    heads = (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 103 Early\r\n\r\n" * 50, b"HTTP/0.9 x\r\n")
    for number in range(40):
        data = rng.choice(heads) + rng.randbytes(rng.randrange(200))
        site.server.faults.add(
            Fault(RawBytes(data), path="/candidates/*", nth=2 + number * 7, times=1)
        )
    whole(site, site.download())
