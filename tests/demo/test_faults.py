"""Every kind of fault does what its name says."""

import gzip
import http.client
import json
import threading
import time

import pytest

from preventad_tui.demo.effects import (
    BlankCrash,
    CloseAfter,
    Delay,
    DoubleRows,
    Drop,
    Effect,
    EmptyBody,
    EmptyList,
    ExpireTokens,
    ExtraBytes,
    FlipByte,
    GarbledList,
    GzipEncoded,
    HtmlPage,
    JsonError,
    NewTag,
    NewVersion,
    NotModified,
    Partial,
    RawBytes,
    Redirect,
    ReplaceBody,
    ReplaceText,
    Reset,
    ShortClean,
    Slow,
    SlowHeaders,
    StallAfter,
    Status,
    WithHeader,
    WrongLength,
)
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer


@pytest.fixture
def link(a) -> str:
    return a.ask("/projects/loris/bids").json["Images"][0]["NiftiLink"]


@pytest.fixture
def with_fault(a, server, link):
    def ask(effect: Effect, path: str = link, **more):
        server.faults.clear()
        server.faults.add(Fault(effect, path="*.nii.gz" if path == link else path))
        return a.ask(path, **more)

    return ask


@pytest.mark.parametrize("at", [0, 1, 1000, 70_000])
def test_broken_transfers(with_fault, at: int) -> None:
    with pytest.raises(http.client.IncompleteRead) as caught:
        with_fault(CloseAfter(at))
    assert len(caught.value.partial) == at
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        with_fault(Reset(at))
    with pytest.raises(TimeoutError):
        with_fault(StallAfter(at), timeout=0.2)
    short = with_fault(ShortClean(at))
    assert (short.status, len(short.body)) == (200, at)
    assert short.header("Content-Length") is None


def test_lengths(with_fault, server, link) -> None:
    true = server.body_of_link(link)
    assert len(with_fault(WrongLength(100)).body) == 100
    with pytest.raises(http.client.IncompleteRead) as caught:
        with_fault(WrongLength(len(true) + 7))
    assert caught.value.partial == true
    assert with_fault(ExtraBytes()).body == true
    assert with_fault(EmptyBody()).header("Content-Length") == "0"


def test_no_http(with_fault) -> None:
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        with_fault(Drop())
    with pytest.raises(http.client.BadStatusLine):
        with_fault(RawBytes(b"hello\r\n\r\n"))
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert with_fault(RawBytes(raw)).body == b""


def test_time(with_fault) -> None:
    for effect, path, least_s in (
        (Delay(0.2), "/projects", 0.2),
        (Slow(500), "/projects", 0.1),
        (SlowHeaders(3_000), "/projects", 0.15),
    ):
        start = time.monotonic()
        assert with_fault(effect, path).json["Projects"]
        assert time.monotonic() - start >= least_s * 0.8


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503])
def test_statuses(with_fault, status: int) -> None:
    reply = with_fault(Status(status, retry_after="7"))
    assert (reply.status, reply.header("Retry-After")) == (status, "7")
    assert (reply.body == b"") == (status == 500)
    assert (b"<html>" in reply.body) == (status >= 502)


def test_wrong_answers(with_fault) -> None:
    page = with_fault(HtmlPage())
    assert (page.status, page.body[:9]) == (200, b"<!DOCTYPE")
    error = with_fault(JsonError("no"))
    assert (error.status, error.json) == (200, {"error": "no"})
    away = with_fault(Redirect("http://elsewhere.invalid/", 307))
    assert (away.status, away.header("Location")) == (307, "http://elsewhere.invalid/")
    part = with_fault(Partial(10, 20))
    assert (part.status, len(part.body)) == (206, 20)
    assert (part.header("Content-Range") or "").startswith("bytes 10-29/")
    same = with_fault(NotModified())
    assert (same.status, same.body) == (304, b"")
    assert with_fault(ReplaceBody(b"x")).body == b"x"


def test_changed_bytes(with_fault, a, server, link) -> None:
    server.faults.clear()
    first = a.ask(link)
    flipped = with_fault(FlipByte(-5000)).body
    different = [
        at for at, pair in enumerate(zip(flipped, first.body, strict=True)) if len({*pair}) > 1
    ]
    assert different == [len(first.body) - 5000]
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(flipped)
    coded = with_fault(GzipEncoded())
    assert coded.header("Content-Encoding") == "gzip"
    assert gzip.decompress(coded.body) == first.body
    sized = with_fault(GzipEncoded("x-gzip", sized=True))
    assert sized.header("Content-Length") == str(len(sized.body))
    labelled = with_fault(WithHeader("Content-Encoding", "gzip"))
    assert (labelled.header("Content-Encoding"), labelled.body) == ("gzip", first.body)  # fmt: skip


def test_versions(with_fault, a, server, link) -> None:
    server.faults.clear()
    first = a.ask(link)
    other = with_fault(NewVersion())
    assert len(other.body) == len(first.body)
    assert other.body != first.body
    assert gzip.decompress(other.body)
    assert other.header("ETag") != first.header("ETag")
    assert server.body_of_link(link) == other.body
    stem = link.rsplit("/", 1)[1].split("_")
    place = f"{stem[0]}/{stem[1]}/anat/{link.rsplit('/', 1)[1]}"
    assert server.body(place) == other.body
    assert a.ask(link, headers={"If-None-Match": first.header("ETag")}).status == 200
    assert a.ask(link, headers={"If-None-Match": other.header("ETag")}).status == 304
    larger = with_fault(NewVersion(2, larger=1))
    assert len(larger.body) > len(first.body)
    touched = with_fault(NewTag())
    assert touched.body == first.body
    assert touched.header("ETag") not in (first.header("ETag"), other.header("ETag"))
    server.faults.clear()
    assert a.ask(link) == first or a.ask(link).body == first.body


def test_lists(with_fault) -> None:
    path = "/projects/loris/bids"
    empty = with_fault(EmptyList(), path).json
    assert (empty["Images"], empty["SessionFiles"]) == ([], [])
    rows = with_fault(GarbledList(every=5), path).json["Images"]
    assert sum("NiftiLink" not in row for row in rows if isinstance(row, dict)) > 1
    assert {type(row) for row in rows} == {type(None), int, str, list, dict}
    once = len(rows)
    assert len(with_fault(DoubleRows(every=1), path).json["Images"]) == 2 * once
    hostile = with_fault(ReplaceText(b"_T1w", b"_..\\/..\\/x"), path).json["Images"]
    assert any("_../../x" in row["NiftiLink"] for row in hostile)


def test_a_script_that_dies_keeps_its_headers(with_fault) -> None:
    reply = with_fault(BlankCrash())
    assert (reply.status, reply.body) == (500, b"")
    assert reply.header("ETag")
    assert reply.header("Content-Disposition")


def test_tokens_end_at_a_request(a, server) -> None:
    server.faults.add(Fault(ExpireTokens(), path="/candidates*", nth=3))
    statuses = [a.ask("/candidates").status for _ in range(4)]
    assert statuses == [200, 200, 401, 401]
    a.login()
    assert a.ask("/candidates").status == 200


def test_which_requests_are_hit(a, server) -> None:
    fault = Fault(Status(503), path="/projects", times=2)
    server.faults.add(fault, Fault(Status(404), path="/candidates", method="HEAD"))
    assert [a.ask("/projects").status for _ in range(3)] == [503, 503, 200]
    assert a.ask("/candidates").status == 200
    assert server.faults.hits(fault) == 2
    server.faults.remove(fault)
    assert server.faults.hits(fault) == 0
    hits = []
    for _ in range(2):
        server.faults.clear()
        server.faults.add(Fault(Status(503), path="/projects", probability=0.3, seed=4))
        hits.append([a.ask("/projects").status for _ in range(20)])
    assert hits[0] == hits[1]
    assert 0 < hits[0].count(503) < 15


def test_a_stopped_server_lets_nobody_hang(a, server, link) -> None:
    server.faults.add(Fault(StallAfter(10)))
    ended = []

    def wait() -> None:
        try:
            a.ask(link)
        except (http.client.HTTPException, OSError) as trouble:
            ended.append(trouble)

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.2)
    start = time.monotonic()
    server.stop()
    thread.join()
    assert time.monotonic() - start < 3
    assert ended
    server.start()


def test_broken_off_transfers_are_counted(a, server, link) -> None:
    server.forget_requests()
    server.faults.add(Fault(CloseAfter(1234)))
    with pytest.raises(http.client.IncompleteRead):
        a.ask(link)
    assert server.wait_idle()
    assert [(one.status, one.sent_bytes) for one in server.requests] == [(200, 1234)]
    assert json.dumps(server.requests[0].path)


def test_a_client_that_leaves_is_no_error(a, server, link, caplog) -> None:
    with DemoServer(candidates=1, body_scale=100) as large:
        browser = a.__class__(large)
        browser.login()
        image = next(one for one in large.study.images if one.kind.scan_type == "t1w-defaced")
        connection = http.client.HTTPConnection("127.0.0.1", large.port, timeout=5)
        token = {"Authorization": f"Bearer {browser.token}"}
        connection.request("GET", f"/api/v0.0.3-dev{image.link}", headers=token)
        connection.getresponse().read(1000)
        connection.close()
        assert large.wait_idle()
        assert 1000 <= large.requests[-1].sent_bytes < 30_000_000
    assert caplog.records == []
