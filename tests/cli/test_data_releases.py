"""The server's tables: chosen, fetched, resumed, checked like any other file."""

import json
from pathlib import Path

import pytest

from preventad_tui.demo.effects import CloseAfter, ReplaceText
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer

NAMES = ("Data_Dictionary_Demo.csv", "Demographics_Demo.csv", "Recall_Demo.csv")
FOLDER = "data_releases/demo_1.0"


def asked(server: DemoServer) -> list[str]:
    return [one.path.rpartition("/")[2] for one in server.requests if "/data_releases/" in one.path]


def assert_tables(server: DemoServer, out: Path) -> None:
    for name in NAMES:
        link = f"/projects/loris/data_releases/{name}"
        assert (out / FOLDER / name).read_bytes() == server.body_of_link(link)


@pytest.mark.parametrize("data_type", ["bids", "minc"])
def test_tables_alone_and_no_other_file(program, server, tmp_path, data_type) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "out"
    done = program.here("get", "-o", str(out), "--data-releases", "-t", data_type)
    assert done.returncode == 0, done.stderr
    assert_tables(server, out)
    files = {path.relative_to(out).as_posix() for path in out.rglob("*.*") if path.is_file()}
    ours = {path for path in files if path.startswith(".preventad-tui/")}
    assert files - ours == {f"{FOLDER}/{name}" for name in NAMES}
    status = program("status", "-o", str(out), "--json")
    assert '"modality":"data_releases"' in status.stdout.replace(" ", "")


def test_they_are_resumed_and_asked_for_once(program, server, tmp_path) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "out"
    choice = ("-o", str(out), "--data-releases", "-m", "t1w", "-v", "NAPEN00")
    server.faults.add(Fault(CloseAfter(20), path="*/data_releases/Recall*", times=20))
    done = program.here("get", *choice)
    assert done.returncode == 3, done.stderr
    assert not (out / FOLDER / "Recall_Demo.csv").exists()
    server.faults.clear()
    server.forget_requests()
    done = program.here("get", *choice)
    assert done.returncode == 0, done.stderr
    assert asked(server) == ["Recall_Demo.csv"]
    assert_tables(server, out)
    assert program("verify", "-o", str(out)).returncode == 0
    (out / FOLDER / "Recall_Demo.csv").write_bytes(b"CandID,Recall\n1,2\n")
    assert program("verify", "-o", str(out)).returncode == 3
    done = program.here("verify", "-o", str(out), "--repair")
    assert done.returncode == 0, done.stderr
    assert_tables(server, out)


def test_an_update_asks_plainly_since_their_tags_never_change(program, server, tmp_path) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "out"
    choice = ("-o", str(out), "--data-releases", "--check-updates")
    assert program.here("get", *choice).returncode == 0
    server.forget_requests()
    server.faults.add(Fault(ReplaceText(b"Female", b"female"), path="*/Demographics*"))
    done = program.here("get", *choice)
    assert done.returncode == 0, done.stderr
    assert sorted(asked(server)) == sorted(NAMES)
    assert all(
        "if-none-match" not in {name.lower() for name, _ in one.headers}
        for one in server.requests
        if "/data_releases/" in one.path
    )
    assert b"female" in (out / FOLDER / "Demographics_Demo.csv").read_bytes()
    assert "1 file," in done.stderr


def test_the_plan_counts_them(program, records, tmp_path) -> None:  # type: ignore[no-untyped-def]
    done = program.here("plan", "-o", str(tmp_path / "out"), "--data-releases", "--json")
    assert done.returncode == 0, done.stderr
    lines = records(done.stdout)
    assert (lines[0]["files"], lines[0]["images"]) == (3, 0)
    assert [line["modality"] for line in lines if line["type"] == "plan_part"] == ["data_releases"]


def test_a_server_without_them_says_so(offline_program, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with DemoServer(generation="b28", candidates=1) as stock:
        alone = offline_program(
            "get", "--server", stock.url, "-o", str(tmp_path / "a"), "--data-releases"
        )
        assert alone.returncode == 2
        assert "no data releases" in alone.stderr
        both = offline_program(
            *("plan", "--server", stock.url, "-o", str(tmp_path / "b"), "--data-releases", "--all")
        )
        assert both.returncode == 0
        assert "no data releases" in both.stderr


def test_a_selection_of_one_table_drives_a_download(program, server, tmp_path) -> None:  # type: ignore[no-untyped-def]
    out, chosen = tmp_path / "out", tmp_path / "one.json"
    rules = {"releases": ["demo_1.0/Recall_Demo.csv", "demo_1.0/Withdrawn.csv"]}
    chosen.write_text(json.dumps({"format": 1, "name": "one", "type": "bids", "rules": rules}))
    done = program.here("get", "-o", str(out), "--selection", str(chosen))
    assert done.returncode == 0, done.stderr
    assert "Gone from the server since: 1 table." in done.stderr
    assert asked(server) == ["Recall_Demo.csv"]
    assert [path.name for path in (out / FOLDER).iterdir()] == ["Recall_Demo.csv"]
