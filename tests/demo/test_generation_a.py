"""LORIS 20.1 with the PREVENT-AD override, fact by fact."""

import base64
import gzip
import http.client
import json
import socket
import ssl
import threading
import time
from email.utils import parsedate_to_datetime
from hashlib import md5

import pytest
import trustme

from preventad_tui.demo.accounts import Standing
from preventad_tui.demo.server import DemoServer

BIDS_TAG = md5(b"Bids:null").hexdigest()


def _image(a) -> dict[str, str]:
    return a.ask("/projects/loris/bids").json["Images"][0]


def _minc(a) -> str:
    return _image(a)["NiftiLink"].split("/bids/")[0]


def test_json_is_called_html_and_escaped_as_php_does(a) -> None:
    reply = a.ask("/projects/loris/bids")
    assert reply.status == 200
    assert reply.header("Content-Type") == "text/html; charset=UTF-8"
    assert reply.header("Content-Length") == str(len(reply.body))
    assert b"\\/projects\\/loris\\/bids\\/README" in reply.body
    assert b": " not in reply.body
    assert reply.body.isascii()
    assert not reply.body.endswith(b"\n")
    assert ("ETag", BIDS_TAG) in reply.headers  # the case of names, no quotes
    assert reply.header("Expires") == "Thu, 19 Nov 1981 08:52:00 GMT"
    assert "PHPSESSID=" in (reply.header("Set-Cookie") or "")


def test_the_list_of_everything(a, server) -> None:
    document = a.ask("/projects/loris/bids").json
    assert list(document) == [
        "DatasetDescription", "README", "BidsValidatorConfig", "Participants", "SessionFiles",
        "Images",
    ]  # fmt: skip
    images = document["Images"]
    assert len(images) == sum(1 for image in server.study.images if image.bids_stem)
    assert len(document["SessionFiles"]) == sum(1 for _ in server.study.sessions)
    for row in images:
        assert list(row)[:7] == [
            "Candidate", "PSCID", "Visit", "LorisScanType", "Subfolder", "NiftiLink", "JsonLink",
        ]  # fmt: skip
        assert isinstance(row["Candidate"], str)
        assert ("BvalLink" in row) == ("BvecLink" in row) == (row["Subfolder"] == "dwi")
        task = "_task-retrieval" in row["NiftiLink"] or "_task-encoding" in row["NiftiLink"]
        assert ("EventLink" in row) == task
        if task:
            assert row["EventLink"] == row["NiftiLink"].replace(".nii.gz", "_events.txt")


def test_every_listed_link_of_a_candidate_gives_its_file(a, server) -> None:
    document = a.ask("/projects/loris/bids").json
    someone = server.study.candidates[-1].cand_id
    rows = [row for row in document["Images"] if row["Candidate"] == someone]
    rows += [row for row in document["SessionFiles"] if row["Candidate"] == someone]
    rows += [document["Participants"], document["README"], document["BidsValidatorConfig"]]
    links = [value for row in rows for key, value in row.items() if key.endswith("Link")]
    assert len(links) > 40
    for link in links:
        reply = a.ask(link)
        assert reply.status == 200
        assert reply.body == server.body_of_link(link)
        name = link.rsplit("/", 1)[1]
        assert reply.header("Content-Disposition") == f"attachment; filename={name}"
        assert reply.header("Cache-control") == "private"


def test_output_paths(server) -> None:
    session = next(server.study.sessions)
    image = session.bids_images[0]
    name = image.bids_names[0]
    place = f"sub-{session.candidate}/ses-{session.visit}"
    by_link = server.body_of_link(f"{image.link}/bids/{name}")
    assert server.body(f"{place}/{image.kind.subfolder}/{name}") == by_link
    assert server.body("README").startswith(b"# PREVENT-AD demo")
    assert server.body(f"{place}/{session.scans_stem}.tsv").startswith(b"filename\t")
    minc = server.body(f"{session.candidate}/{session.visit}/{image.minc_name}")
    assert minc == server.body_of_link(image.link)
    with pytest.raises(KeyError):
        server.body("sub-1/ses-2/anat/none.nii.gz")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("//projects///loris/bids//", 200),
        ("/candidates/", 200),
        ("/projects/loris/images/", 200),
        ("{candidate}/", 200),
        ("{visit}/", 200),
        ("{visit}/images/", 404),
        ("{minc}/", 404),
        ("{minc}/qc/", 404),
        ("{visit}/bidsfiles/", 404),
        ("/projects/PREVENT-AD", 404),
        ("/candidates/abc", 404),
        ("/nothing", 404),
    ],
)
def test_slashes_and_rules(a, path: str, status: int) -> None:
    minc = _minc(a)
    visit = minc.split("/images/")[0]
    words = {"minc": minc, "visit": visit, "candidate": visit.rsplit("/", 1)[0]}
    reply = a.ask(path.format(**words), base="/api/v0.0.3-dev")
    assert reply.status == status
    if status == 404:
        assert reply.header("Content-Type") == "text/html; charset=iso-8859-1"
        assert b"The requested URL was not found on this server." in reply.body


def test_wrong_version_and_login_prefix(a) -> None:
    assert a.ask("/projects", base="/api/v0.0.3").status == 404
    assert b"<html>" in a.ask("/projects", base="/api/v0.0.3").body
    assert a.ask("/loginxyz/", "POST", body=b"{}").status == 400


def test_methods(a) -> None:
    minc, bids = _minc(a), _image(a)["NiftiLink"]
    visit = minc.split("/images/")[0]
    head = a.ask(minc, "HEAD", headers={"If-None-Match": a.ask(minc).header("ETag") or ""})
    assert (head.status, head.body) == (200, b"")
    assert head.header("Content-Length") == str(len(a.ask(minc).body))
    assert head.header("ETag") == a.ask(minc).header("ETag")
    scans = a.ask(f"{visit}/bidsfiles").json["Files"]["TsvLink"]
    assert a.ask(scans, "HEAD").status == 200
    for path, method in ((bids, "HEAD"), ("/projects", "HEAD"), (minc, "PUT"), (visit, "OPTIONS")):
        reply = a.ask(path, method, token="")  # before authentication, with nothing in it
        assert (reply.status, reply.body) == (405, b"")
        assert reply.header("Allow") in ("GET", "GET, HEAD")
    assert a.ask("/login").header("Allow") == "POST"


def test_file_types_and_tags(a, server) -> None:
    minc, row = _minc(a), _image(a)
    reply = a.ask(row["NiftiLink"])
    assert reply.header("Content-Type") == "text/plain;charset=UTF-8"
    assert reply.body[:2] == b"\x1f\x8b"
    assert reply.header("Content-Length") == str(len(reply.body))
    assert a.ask(row["JsonLink"]).header("Content-Type") == "application/json"
    assert a.ask(minc).header("Content-Type") == "application/octet-stream"
    flair = next(image for image in server.study.images if image.kind.is_minc2)
    assert a.ask(flair.link, "HEAD").header("Content-Type") == "application/x.minc2"
    stored = server.archive.by_link(row["NiftiLink"])
    assert stored is not None
    wanted = md5(f"{stored.mtime}{len(reply.body)}{stored.disk_path}".encode()).hexdigest()
    assert reply.header("ETag") == wanted
    for link in ("README", "participants.tsv", "dataset_description.json"):
        assert a.ask(f"/projects/loris/bids/{link}").header("ETag") == BIDS_TAG
    unknown = a.ask("/projects/loris/bids/nothing.tsv")
    assert (unknown.status, unknown.body) == (500, b"")
    assert unknown.header("ETag") is None
    assert a.ask(f"{minc}/qc").header("ETag") == ""
    assert a.ask(f"{minc}/qc", headers={"If-None-Match": ""}).status == 304
    assert a.ask(f"{minc}/bids").header("ETag") == a.ask(minc).header("ETag")
    assert a.ask("/projects/loris").header("ETag") == md5(b"Project:null").hexdigest()
    visit = minc.split("/images/")[0]
    inherited = a.ask(visit.rsplit("/", 1)[0]).header("ETag")
    assert a.ask(f"{visit}/images").header("ETag") == inherited == a.ask(visit).header("ETag")


def test_304_needs_the_very_bytes_of_the_tag(a) -> None:
    link = _image(a)["NiftiLink"]
    tag = a.ask(link).header("ETag") or ""
    same = a.ask(link, headers={"If-None-Match": tag})
    assert (same.status, same.body, same.header("ETag")) == (304, b"", tag)
    assert same.header("Content-Length") is None
    for value in (f'"{tag}"', f"W/{tag}", "*", f"{tag}, x"):
        assert a.ask(link, headers={"If-None-Match": value}).status == 200


def test_range_and_compression(a) -> None:
    row = _image(a)
    large = a.ask(row["NiftiLink"], headers={"Range": "bytes=10-20"})
    assert large.status == 200
    assert len(large.body) > 8_000
    small = a.ask(row["JsonLink"], headers={"Range": "bytes=10-20"})
    assert (small.status, len(small.body)) == (206, 11)
    assert (small.header("Content-Range") or "").startswith("bytes 10-20/")
    plain = a.ask(row["NiftiLink"])
    coded = a.ask(row["NiftiLink"], headers={"Accept-Encoding": "gzip"})
    assert coded.header("Content-Encoding") == "gzip"
    assert coded.header("Content-Length") is None
    assert coded.header("Transfer-Encoding") == "chunked"
    assert coded.header("ETag") == plain.header("ETag")
    assert gzip.decompress(coded.body) == plain.body
    listed = a.ask("/candidates", headers={"Accept-Encoding": "gzip, deflate"})
    assert gzip.decompress(listed.body) == a.ask("/candidates").body
    assert a.ask(row["JsonLink"], headers={"Accept-Encoding": "gzip"}).json


def test_documents(a, server) -> None:
    one = server.study.candidates[0]
    rows = a.ask("/candidates").json["Candidates"]
    assert len(rows) == 12
    keys = ["CandID", "PSCID", "Site", "DoB", "Gender", "Language", "Project"]
    assert all(list(row) == keys for row in rows)
    assert a.ask(f"/candidates/{one.cand_id}").json["Visits"] == list(one.by_visit)
    visit = a.ask(f"/candidates/{one.cand_id}/NAPEN00").json
    assert visit["Stages"] == []
    assert list(visit["Meta"]) == ["CandID", "Visit", "Site", "Battery", "Age_at_MRI"]
    files = a.ask(f"/candidates/{one.cand_id}/NAPBL00/images").json["Files"]
    assert all(list(row) == ["OutputType", "Filename", "AcquisitionType"] for row in files)
    assert {row["OutputType"] for row in files} == {"native", "defaced"}
    assert any(row["Filename"].endswith("_task-encoding-events_001.txt") for row in files)
    images = a.ask("/projects/loris/images").json["Images"]
    assert len(images) == sum(1 for _ in server.study.images)
    times = [row["InsertTime"] for row in images]
    assert times == sorted(times)
    later = a.ask("/projects/loris/images?since=" + times[-3].replace("+", "%2B")).json["Images"]
    assert len(later) == 2
    assert a.ask("/projects/loris/images?since=never").json == {"error": {"error": "Invalid date"}}
    qc = a.ask(images[0]["Link"] + "/qc").json
    assert qc["QC"] == images[0]["QC_status"]
    assert set(qc["Caveats"][0].values()) == {None}
    releases = a.ask("/projects/loris/data_releases").json
    link = releases[0]["Files"][0]["Link"]
    assert link.startswith("projects/")  # no leading slash here
    assert a.ask(f"/{link}").header("Content-Type") == "text/csv;charset=UTF-8"
    assert a.ask(f"/candidates/{one.cand_id}/NAPBL00/instruments/handedness").json["handedness"]


def test_errors(a) -> None:
    for path, status, error in (
        ("/candidates/999999", 400, "Invalid CandID format"),
        ("/candidates/1000001", 404, "Unknown CandID"),
        ("/candidates/2234567/XXX", 404, "Invalid visit XXX"),
        ("/candidates/2234567/NAPBL00/images/none.mnc", 404, "File not found"),
        ("/projects/other", 404, {"error": "Invalid project"}),
    ):
        reply = a.ask(path)
        assert (reply.status, reply.json) == (status, {"error": error})
        assert reply.header("Content-Type") == "text/html; charset=UTF-8"
        assert reply.header("ETag") is None


def test_tokens(a, server) -> None:
    bad = b'{"error":"User not authenticated"}'
    assert a.ask("/projects", token="").body == bad
    assert a.ask("/projects", token="garbage").status == 401
    assert a.ask("/projects", token="a.b.c").status == 401
    good = f"Bearer {a.token}"
    assert a.ask("/projects", token="", headers={"authorization": good}).status == 401
    assert a.ask("/projects", token="", headers={"Authorization": f"x {a.token}"}).status == 200
    assert a.ask("/projects", token="", headers={"Authorization": good[:7]}).status == 401
    server.expire_tokens()
    assert a.ask("/projects").status == 401
    a.login()
    assert a.ask("/projects").status == 200
    server.token_lifetime_s = 0.1
    a.login()
    time.sleep(0.15)
    assert a.ask("/projects").status == 401


def test_the_cookie_is_a_credential(a, server) -> None:
    cookie = (a.ask("/projects").header("Set-Cookie") or "").split(";")[0]
    server.expire_tokens()
    assert a.ask("/projects", headers={"Cookie": cookie}).status == 200
    assert a.ask("/projects", headers={"Cookie": "PHPSESSID=made-up"}).status == 401


def test_requests_with_the_same_cookie_wait_for_each_other(browse) -> None:
    with DemoServer(candidates=1, delay_s=0.25) as slow:
        browser = browse(slow)
        cookie = (browser.ask("/projects").header("Set-Cookie") or "").split(";")[0]
        times = []
        for headers in ({"Cookie": cookie}, {}):
            threads = [
                threading.Thread(
                    target=browser.ask, args=("/projects",), kwargs={"headers": headers}
                )
                for _ in range(4)
            ]
            start = time.monotonic()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            times.append(time.monotonic() - start)
        assert times[0] >= 4 * 0.25
        assert times[1] < 0.75 * times[0]


def test_logins(a, server) -> None:
    wrong = a.login("demo", "wrong")
    assert (wrong.status, wrong.json["error"]) == (401, "Incorrect username or password.")
    assert wrong.header("Content-Type") == "application/json"
    assert wrong.header("Set-Cookie") is None
    assert a.login("nobody", "demo").json == wrong.json
    for body in (b"", b"{}", b"username=demo", b'{"username":"demo","password":""}'):
        reply = a.ask("/login", "POST", body=body)
        assert (reply.status, reply.json) == (400, {"error": "Missing username or password"})
    for name, word in (
        ("notapproved", "not yet been activated"),
        ("deactivated", "deactivated"),
        ("expired", "expired"),
        ("suspended", "suspended"),
        ("mustchangepassword", ""),
    ):
        reply = a.login(name)
        assert reply.status == 401
        assert word in reply.json["error"]
        assert bool(reply.json["error"]) == bool(word)
    server.set_standing(Standing.EXPIRED)
    assert a.login().status == 401
    server.set_standing(Standing.GOOD)
    assert a.login().status == 200


def test_lock_out_stops_valid_tokens_too(a, server) -> None:
    for _ in range(11):
        assert a.login("demo", "wrong").json["error"].startswith("Incorrect")
    assert "too many bad login attempts" in a.login().json["error"]
    assert a.ask("/projects").status == 401
    server.forgive()
    assert a.ask("/projects").status == 200
    server.lock_out()
    assert a.ask("/projects").status == 401
    server.forgive()


def test_requests_are_recorded_as_they_were_sent(a, server) -> None:
    server.forget_requests()
    a.ask("/projects//loris?x=1", headers={"X-OddCase": "yes"})
    assert server.wait_idle()
    (request,) = server.requests
    assert request.path == "/api/v0.0.3-dev/projects//loris?x=1"
    assert ("X-OddCase", "yes") in request.headers
    assert (request.number, request.method, request.status) == (1, "GET", 200)
    assert request.sent_bytes > 100
    assert request.ended_s is not None
    assert request.ended_s >= request.started_s


def test_stop_and_start_on_the_same_port(browse) -> None:
    with DemoServer(candidates=1) as server:
        browser = browse(server)
        url = server.url
        server.stop()
        with pytest.raises(ConnectionRefusedError):
            browser.ask("/projects")
        server.start()
        assert server.url == url
        assert browser.ask("/projects").status == 200


def test_bodies_without_length_and_larger_ones(browse) -> None:
    with DemoServer(candidates=1, fpm=True, body_scale=3) as server:
        browser = browse(server)
        link = browser.ask("/projects/loris/bids").json["Images"][0]["NiftiLink"]
        reply = browser.ask(link)
        assert reply.header("Content-Length") is None
        assert reply.header("Transfer-Encoding") == "chunked"
        assert len(reply.body) > 1_200_000
        assert reply.body == server.body_of_link(link)


def test_the_clock_may_be_wrong(browse) -> None:
    with DemoServer(candidates=1) as server:
        server.clock_offset_s = 172_800
        browser = browse(server)
        claims = json.loads(base64.urlsafe_b64decode(browser.token.split(".")[1] + "=="))
        assert claims["iat"] > time.time() + 170_000
        assert claims["exp"] - claims["iat"] == 86_400
        assert claims["user"] == "demo"
        reply = browser.ask("/projects")
        assert reply.status == 200
        date = parsedate_to_datetime(reply.header("Date") or "")
        assert date.timestamp() > time.time() + 170_000


def test_an_idle_connection_is_closed_and_requests_may_go_unrecorded() -> None:
    with DemoServer(candidates=1, keepalive_s=0.1, record_limit=0) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            received = b""
            while piece := connection.recv(4096):
                received += piece
        assert received.startswith(b"HTTP/1.1 404")
        assert server.requests == []


def test_tls(tmp_path) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with DemoServer(candidates=1, tls=tls) as server:
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=trusting)
        connection.request("GET", "/api/v0.0.3-dev/projects")
        assert connection.getresponse().status == 401
        connection.close()
        assert server.url.startswith("https://")
