"""The stock LORIS generations, where they differ from the old one."""

from hashlib import md5

import pytest

from preventad_tui.demo.accounts import Standing
from preventad_tui.demo.server import DemoServer

LIST_TAG = md5(b"{}").hexdigest()


def _minc(b) -> str:
    return next(
        row["Link"]
        for row in b.ask("/projects/PREVENT-AD/images").json["Images"]
        if row["ScanType"] == "dwi65"
    )


def test_project_and_versions(b, b_server) -> None:
    assert b_server.project == "PREVENT-AD"
    wrong = b.ask("/projects", base="/api/v0.0.3-dev", token="")
    assert wrong.status == (400 if b_server.generation == "b24" else 404)
    assert wrong.json == {"error": "Unsupported version"}
    assert b.ask("/projects", base="/api/v0.0.4-dev").status == 200
    assert b.ask("", base="/api/").status == 400
    unknown = b.ask("/projects", token="")
    assert (unknown.status, unknown.json) == (401, {"error": "unauthorized"})
    assert unknown.header("Content-Type") == "application/json"
    assert b.ask("/loginxyz", "POST", body=b"{}").status == 404


def test_documents(b, b_server) -> None:
    reply = b.ask("/candidates/")
    assert reply.header("Content-Type") == "application/json"
    assert reply.header("Content-Length") == str(len(reply.body))
    assert reply.header("Cache-Control") == "private, max-age=10800"
    assert b.ask("/candidates", base="/api/v0.0.4-dev").header("Cache-Control") is None
    rows = reply.json["Candidates"]
    keys = ["CandID", "Project", "PSCID", "Site", "EDC", "DoB", "Sex"]
    assert all(list(row) == keys and isinstance(row["CandID"], str) for row in rows)
    ids = [row["CandID"] for row in rows]
    assert (ids == sorted(ids)) == (b_server.generation == "b28")
    images = b.ask("/projects/PREVENT-AD/images").json["Images"]
    assert len(images) == sum(1 for _ in b_server.study.images)
    assert b"/candidates/" in b.ask("/projects/PREVENT-AD/images").body  # slashes as they are
    assert b.ask("/projects").json["Projects"]["PREVENT-AD"]["useEDC"] == "false"
    visit = _minc(b).split("/images/")[0]
    assert "Battery" in b.ask(visit).json["Meta"]
    dev = b.ask(visit, base="/api/v0.0.4-dev").json["Meta"]
    assert ("Cohort" in dev) == (b_server.generation != "b24")
    listed = b.ask(f"{visit}/images", base="/api/v0.0.4-dev").json["Files"]
    assert listed[0]["IsPhantom"] is False
    assert "IsPhantom" not in b.ask(f"{visit}/images").json["Files"][0]
    one = b_server.study.candidates[0]
    assert b.ask(f"/candidates/{one.pscid}", base="/api/v0.0.4-dev").status == 200
    assert b.ask(f"{_minc(b)}/qc").json["Selected"] in (True, False, None)


def test_no_bids_but_formats(b, b_server) -> None:
    for path in ("/projects/PREVENT-AD/bids", "/projects/PREVENT-AD/data_releases"):
        assert b.ask(path).json == {"error": "not found"}
    link = _minc(b)
    visit = link.split("/images/")[0]
    for path in (f"{link}/bids", f"{visit}/bidsfiles"):
        assert b.ask(path).status == 404
    for kind, end in (
        ("nifti", ".nii.gz"), ("bval", ".bval"), ("bvec", ".bvec"), ("bidsjson", ".json"),
    ):  # fmt: skip
        reply = b.ask(f"{link}/format/{kind}")
        assert reply.status == 200
        assert (reply.header("Content-Disposition") or "").endswith(end)
        assert reply.body == b_server.body_of_link(f"{link}/format/{kind}")
    assert b.ask(f"{link}/format/raw").status == 415
    t1w = next(
        row["Link"]
        for row in b.ask("/projects/PREVENT-AD/images").json["Images"]
        if row["ScanType"] == "t1w-defaced"
    )
    assert b.ask(f"{t1w}/format/bval").status == 404
    assert b.ask(f"{t1w}/").body == b.ask(t1w).body  # one trailing slash is taken off


def test_tags(b, b_server) -> None:
    link = _minc(b)
    for path in ("/candidates", "/projects", "/projects/PREVENT-AD/images", f"{link}/qc"):
        assert b.ask(path).header("ETag") == LIST_TAG
    reply = b.ask(link)
    stored = b_server.archive.by_link(link)
    text = f'{{"filename":"{stored.name}","size":{len(reply.body)},"mtime":{stored.mtime}}}'
    assert reply.header("ETag") == md5(text.encode()).hexdigest()
    assert reply.header("Last-Modified") == b.ask("/projects").header("Last-Modified")
    assert b.ask(link, headers={"If-None-Match": reply.header("ETag")}).status == 304
    assert b.ask(link, headers={"If-None-Match": f'"{reply.header("ETag")}"'}).status == 200
    assert b.ask(link, headers={"If-None-Match": LIST_TAG}).status == 304
    assert b.ask("/projects", headers={"If-None-Match": LIST_TAG}, token="").status == 304
    dead = b.ask(link, headers={"If-None-Match": "x"}, token="dead")
    assert dead.status == 500
    assert b"<html>" in dead.body
    assert b.ask(link, token="dead").status == 401


def test_methods(b) -> None:
    link = _minc(b)
    head = b.ask(link, "HEAD")
    assert (head.status, head.header("Allow")) == (405, "GET")
    tag = b.ask(link).header("ETag")
    assert b.ask(link, "HEAD", headers={"If-None-Match": tag}).status == 304
    assert b.ask(link, "PUT").json == {"error": "method not allowed"}
    assert b.ask(link, "PUT", token="").status == 401  # after authentication
    assert b.ask(link, "OPTIONS").status == 200
    assert b.ask("/login").header("Allow") == "POST"
    assert b.ask(link, headers={"Range": "bytes=0-5"}).status == 200
    assert b.ask(link, headers={"Accept-Encoding": "gzip"}).header("Content-Encoding") is None


def test_errors(b) -> None:
    unknown = b.ask("/candidates/9999999")
    assert unknown.status == 500
    assert len(unknown.body) > 15_000
    assert (unknown.header("Content-Type") or "").startswith("text/html")
    assert b.ask("/candidates/abc").json == {"error": "Candidate not found"}
    link = _minc(b)
    visit = link.split("/images/")[0]
    assert b.ask(f"{visit}/images/none.mnc").json == {"error": "none.mnc not found."}
    assert b.ask(f"{visit[:-2]}99").json == {"error": "Visit not found"}
    assert b.ask("/projects/other").json == {"error": "not found"}
    assert b.ask("/projects/prevent-ad").status == 200  # case does not matter here
    assert b.ask("/projects/PREVENT-AD/images?since=never").status == 400


def test_authorization(b, b_server) -> None:
    lower = b.ask("/projects", token="", headers={"authorization": f"Bearer {b.token}"})
    assert lower.status == (401 if b_server.generation == "b24" else 200)
    assert b.ask("/projects", token="", headers={"Authorization": "Bearer"}).status == 500
    two = b.ask("/projects", token="", headers={"Authorization": f"Bearer  {b.token}"})
    assert two.status == 401
    assert b.login("demo", "").json == {"error": "Please enter a password"}
    assert b.login("mustchangepassword").json == {"error": ""}
    b.login()


def test_rights(b, b_server) -> None:
    link = _minc(b)
    visit = link.split("/images/")[0]
    b.login("noimaging")
    assert b.ask("/projects/PREVENT-AD/images").json == {"Images": []}
    assert b.ask(f"{visit}/images").json["Files"] == []
    assert b.ask(link).status == 404
    b.login("nocandidates")
    assert b.ask("/candidates").json == {"error": "forbidden"}
    b_server.set_standing(Standing.DEACTIVATED, "nocandidates")
    assert b.ask("/projects").status == 403
    b_server.set_standing(Standing.NO_CANDIDATES, "nocandidates")
    assert b.login("mfa").status == 200
    page = b.ask(link)
    assert page.status == 200
    assert (b"<html>" in page.body) == (b_server.generation == "b28")


@pytest.mark.parametrize("generation", ["b24", "b26", "b28"])
def test_integer_ids(generation: str, browse) -> None:
    with DemoServer(generation=generation, candidates=2, integer_ids=True) as server:
        browser = browse(server)
        kind = str if generation == "b28" else int
        for path, key in (
            ("/candidates", "Candidates"),
            ("/projects/PREVENT-AD/images", "Images"),
        ):
            row = browser.ask(path).json[key][0]
            assert isinstance(row.get("CandID", row.get("Candidate")), kind)
        someone = server.study.candidates[0].cand_id
        assert browser.ask(f"/candidates/{someone}").json["Meta"]["CandID"] == someone
