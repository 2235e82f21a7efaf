"""N10, N11, H1, H4: faults of TLS, proxies, throttling and rights in mid-run; the engine's odds."""

import datetime
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import trustme

from preventad_tui.core.commands import CancelFile, Resume
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import FileRetried, Paused, PauseReason
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.server import Server
from preventad_tui.core.states import FileState
from preventad_tui.demo.effects import Status
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
HOST = "loris.example.org"
DAY = datetime.timedelta(days=1)


class Behind:
    """A demo server under another address."""

    def __init__(self, server: DemoServer, url: str) -> None:
        self._server = server
        self.url = url

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)


class Secured:
    """A TLS server whose certificate can change, behind a relay and an HTTP proxy."""

    def __init__(self, relay: ModuleType, base: Path, patch: pytest.MonkeyPatch) -> None:
        self.authority = trustme.CA()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.show()
        self.server = DemoServer(candidates=1, tls=self.context)
        self.relay = relay
        ca_file = base / "ca.pem"
        self.authority.cert_pem.write_to_path(str(ca_file))
        patch.setenv("SSL_CERT_FILE", str(ca_file))

    def show(self, *names: str, **dates: Any) -> None:
        """From the next connection on the server has this certificate."""
        names = names or (HOST, "127.0.0.1")
        self.authority.issue_cert(*names, **dates).configure_cert(self.context)


@pytest.fixture
def secured(
    load_fake: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Secured]:
    secured = Secured(load_fake("fault_proxy"), tmp_path, monkeypatch)
    with secured.server:
        yield secured


NOW = datetime.datetime.now(datetime.UTC)
BAD = {
    "expired": {"not_before": NOW - 2 * DAY, "not_after": NOW - DAY},
    "not valid before": {"not_before": NOW + DAY, "not_after": NOW + 2 * DAY},
}


@pytest.mark.parametrize("fault", BAD)
def test_n10_the_certificate_turns_bad_in_mid_run(
    secured: Secured, downloads: ModuleType, tmp_path: Path, fault: str
) -> None:
    """N10: expired or not yet valid in mid-run: a pause that says so, 0 failed, back by itself."""
    with secured.relay.FaultProxy(secured.server.port) as proxy:
        site = downloads.Site(
            Behind(secured.server, f"https://127.0.0.1:{proxy.port}"), tmp_path / "out"
        )
        run = site.start(jobs=4)
        run.until(lambda s: s.files_ended > 10)
        secured.show(**BAD[fault])
        proxy.reset()
        run.until(lambda s: s.pause_reason is PauseReason.TLS)
        assert "certificate" in run.engine.snapshot().sentence
        assert run.engine.snapshot().counts.get(FileState.FAILED, 0) == 0
        secured.show()
        run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert site.differences() == []


def test_n10_another_host_s_certificate_ends_a_batch_run_with_5(
    secured: Secured, downloads: ModuleType, tmp_path: Path
) -> None:
    """N10: `get` waits for its limit, ends with 5, all kept; the next run goes on."""
    with secured.relay.FaultProxy(secured.server.port) as proxy:
        site = downloads.Site(
            Behind(secured.server, f"https://127.0.0.1:{proxy.port}"), tmp_path / "out"
        )
        run = site.start(jobs=4, give_up_after_s=0.3)
        run.until(lambda s: s.files_ended > 10)
        secured.show("other.example.org")
        proxy.reset()
        run.join()
        assert run.summary.exit_code is ExitCode.SERVER
        assert run.summary.failed == 0
        secured.show()
        assert site.download().summary.exit_code is ExitCode.OK


def test_n11_the_proxy_refuses_in_mid_run(
    secured: Secured, downloads: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N11, S11, S15: through an HTTP proxy: 407, then dead: a pause, its password never said."""
    with secured.relay.FaultProxy(secured.server.port, speaks_connect=True) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:hunter2secret@127.0.0.1:{proxy.port}")
        site = downloads.Site(Behind(secured.server, f"https://{HOST}"), tmp_path / "out")
        run = site.start(jobs=4)
        run.until(lambda s: s.files_ended > 10)
        refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        proxy.line = secured.relay.Line(instead=refusal)
        proxy.reset()
        run.until(lambda s: s.pause_reason is PauseReason.PROXY)
        said = run.engine.snapshot().sentence
        assert f"127.0.0.1:{proxy.port}" in said
        proxy.refuse()
        run.until(lambda s: s.sentence != said)
        proxy.line = secured.relay.Line()
        proxy.listen()
        run.join()
        assert run.summary.exit_code is ExitCode.OK
        assert site.differences() == []
    assert "hunter2secret" not in repr(run.events)


def test_h1_waits_without_a_time_grow(new_site: Callable[..., Any], downloads: ModuleType) -> None:
    """H1: 429 again and again without Retry-After: all wait, longer each time; no attempt."""
    limits = replace(downloads.QUICK, probe_first_s=0.1, probe_max_s=0.4)
    site = new_site(limits=limits)
    refused = Fault(Status(429), path="/candidates/*", times=5)
    site.server.faults.add(refused)
    run = site.download(jobs=1)
    assert run.summary.exit_code is ExitCode.OK
    ends = [one.ended_s for one in site.server.requests if one.status == 429]
    waits = [later - earlier for earlier, later in pairwise(ends)]
    for wait, least in zip(waits, (0.1, 0.2, 0.4, 0.4), strict=True):
        assert least - 0.02 <= wait < least + 1.0
    assert [event.reason for event in run.of(Paused)] == [PauseReason.RATE_LIMIT] * 5
    assert run.of(FileRetried) == []


@pytest.mark.parametrize("value", ["soon", "-5", "nan", "1e400", "Fri, 99 Foo 2020", ""])
def test_h1_a_time_that_is_none(new_site: Callable[..., Any], value: str) -> None:
    """H1: a Retry-After that says nothing is a wait all the same, and never a crash."""
    site = new_site()
    site.server.faults.add(Fault(Status(429, retry_after=value), path="/candidates/*", times=1))
    started = time.monotonic()
    if value == "1e400":  # an hour at most: not waited for here
        run = site.start(("t1w",))
        run.until(lambda s: s.pause_reason is PauseReason.RATE_LIMIT and bool(s.next_try_s))
        assert run.engine.snapshot().next_try_s <= 3600
        run.engine.send(Resume())
        run.join()
    else:
        run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK
    assert time.monotonic() - started < 10


def test_h4_no_rights_at_all_ends_a_batch_run_with_4(new_site: Callable[..., Any]) -> None:
    """H4: everything is forbidden: `get` ends with 4, not with a list of 100 files."""
    site = new_site()
    site.server.faults.add(Fault(Status(403), path="/[cp]*/*/*"))
    run = site.download(wait_for_login=False)
    assert run.summary.exit_code is ExitCode.AUTH
    assert run.summary.on_disk == 0


def test_an_image_far_too_small_is_kept_and_noted(
    new_site: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A well-formed image under half of what its scan type ever was: kept, `suspicious`."""
    monkeypatch.setattr(Server, "has_known_sizes", property(lambda _self: True))
    site = new_site()
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK
    images = [end for path, end in run.ended().items() if path.endswith("T1w.nii.gz")]
    assert images
    assert all("suspicious" in end.message for end in images)
    notes = {line.note for path, line in run.folder.ledger.lines.items() if path.endswith(".gz")}
    assert notes == {"suspicious"}


def test_cancelling_a_file_that_is_being_made_final(
    new_site: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file on its way into place cannot be taken back any more: it is on disk, counted once."""
    site, commit, inside = new_site(), OutputFolder.commit, threading.Event()
    paths: list[str] = []

    def slow(self: OutputFolder, finished: Any) -> Any:
        paths.extend(one.line.path for one in finished)
        inside.set()
        time.sleep(0.3)
        return commit(self, finished)

    monkeypatch.setattr(OutputFolder, "commit", slow)
    run = site.start(("t1w",), jobs=4)
    assert inside.wait(10)
    first = list(paths)
    for path in first:
        run.engine.send(CancelFile(path))
    run.join()
    assert run.summary.exit_code is ExitCode.OK
    assert {run.ended()[path].state for path in first} == {FileState.ON_DISK}
    assert run.summary.cancelled == 0
