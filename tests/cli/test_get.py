"""`get` from the outside: what it puts on disk, what it asks of the server, how it ends."""

import hashlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

Records = Callable[[str], list[dict[str, Any]]]


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".preventad-tui" not in path.parts
    }


def file_requests(server: DemoServer) -> list[str]:
    return [
        one.path for one in server.requests if "/images/" in one.path or one.path.endswith(".tsv")
    ]


def test_a_bids_download_is_laid_out_byte_for_byte_and_asked_once(
    program: Any, server: DemoServer
) -> None:
    arguments = ("get", "-o", "out", "-m", "t1w,dwi65", "-v", "PREEN00")
    done = program.here(*arguments)
    assert done.returncode == 0, done.stderr
    found = files_below(program.cwd / "out")
    assert {path for path in found if "/" not in path} == {
        "README",
        "dataset_description.json",
        "participants.tsv",
        "participants.json",
        ".bids-validator-config.json",
    }
    for path, content in found.items():
        assert content == server.body(path), path
    images = [path for path in found if path.endswith(".nii.gz")]
    assert {image.rpartition("_")[2] for image in images} >= {"T1w.nii.gz", "dwi.nii.gz"}
    assert all("/ses-PREEN00/" in path for path in images)
    for image in images:
        stem = image.removesuffix(".nii.gz")
        assert f"{stem}.json" in found
        assert ("_dwi" not in image) or {f"{stem}.bval", f"{stem}.bvec"} <= set(found)
        session = "/".join(image.split("/")[:2])
        assert f"{session}/{session.replace('/', '_')}_scans.tsv" in found

    server.forget_requests()
    again = program.here(*arguments)
    assert again.returncode == 0, again.stderr
    assert file_requests(server) == []
    assert files_below(program.cwd / "out") == found


def test_a_minc_download_holds_json_that_parses(program: Any, server: DemoServer) -> None:
    done = program.here("get", "-o", "out", "-t", "minc", "-m", "t1w", "-v", "ses-PREEN00")
    assert done.returncode == 0, done.stderr
    found = files_below(program.cwd / "out")
    images = [path for path in found if path.endswith(".mnc")]
    assert images
    for image in images:
        assert json.loads(found[f"{image}.qc.json"])
        candidate, visit, _ = image.split("/")
        assert json.loads(found[f"{candidate}/candidate.json"])["CandID"] == candidate
        assert json.loads(found[f"{candidate}/{visit}/session.json"])["Visit"] == visit
        assert found[image] == server.body(image)


def test_names_are_compared_whole(program: Any, records: Records) -> None:
    done = program.here("list", "images", "-m", "t2STAR", "--json")
    scan_types = {one["scan_type"] for one in records(done.stdout)}
    assert scan_types == {"T2star-defaced"}


def test_an_unknown_modality_names_what_there_is(program: Any) -> None:
    done = program.here("get", "-o", "out", "-m", "T1")
    assert done.returncode == 2
    assert "Did you mean t1w" in done.stderr
    assert "task-retrieval-bold" in done.stderr


def test_a_wrong_password_is_asked_once_and_stops_the_others(
    program: Any, server: DemoServer
) -> None:
    arguments = ("get", "-o", "out", "--all")
    done = program.here(*arguments, PREVENTAD_PASSWORD="wrong")
    assert done.returncode == 4
    assert "Incorrect username or password" in done.stderr
    logins = [one for one in server.requests if one.path.endswith("/login")]
    assert len(logins) == 1

    server.forget_requests()
    other = program.here(*arguments)
    assert other.returncode == 4
    assert "a moment ago" in other.stderr
    assert not [one for one in server.requests if one.path.endswith("/login")]

    limits = json.dumps({"refused_login_mark_s": 0})
    later = program.here(
        "get", "-o", "out", "-m", "t1w", "-v", "PREEN00", PREVENTAD_TUI_LIMITS=limits
    )
    assert later.returncode == 0, later.stderr


def test_no_server_is_code_5(offline_program: Any) -> None:
    done = offline_program("get", "-o", "out", "--all", "--server", "http://127.0.0.1:9")
    assert done.returncode == 5
    assert "127.0.0.1:9" in done.stderr


def test_a_server_that_is_no_loris_is_code_5(program: Any, tmp_path: Path) -> None:
    done = program("get", "-o", "out", "--all", "--server", f"{program.server}/api/v9.9")
    assert done.returncode == 5, done.stderr


def test_a_folder_below_a_file_is_code_6(program: Any) -> None:
    (program.cwd / "file").write_text("x")
    done = program.here("get", "-o", "file/out", "--all")
    assert done.returncode == 6
    assert "not a folder" in done.stderr


def test_a_folder_of_the_other_type_is_code_6(program: Any) -> None:
    assert program.here("get", "-o", "out", "-m", "t1w", "-v", "PREEN00").returncode == 0
    before = files_below(program.cwd / "out")
    done = program.here("get", "-o", "out", "-t", "minc", "-m", "t1w", "-v", "PREEN00")
    assert done.returncode == 6
    assert "BIDS" in done.stderr
    assert files_below(program.cwd / "out") == before


def test_state_from_a_newer_version_is_code_9_and_untouched(program: Any) -> None:
    assert program.here("get", "-o", "out", "-m", "t1w", "-v", "PREEN00").returncode == 0
    state = program.cwd / "out" / ".preventad-tui" / "folder.json"
    newer = json.loads(state.read_text()) | {"format": 99}
    state.write_text(json.dumps(newer))
    done = program.here("get", "-o", "out", "-m", "t1w", "-v", "PREEN00")
    assert done.returncode == 9
    assert json.loads(state.read_text()) == newer


def test_json_lines_tell_the_run(program: Any, records: Records, server: DemoServer) -> None:
    done = program.here("get", "-o", "out", "-m", "t1w", "-v", "PREEN00", "--json")
    assert done.returncode == 0, done.stderr
    lines = records(done.stdout)
    plan, *files, summary = lines
    assert plan["type"] == "plan"
    assert set(plan) >= {
        *("candidates", "sessions", "images", "files", "known_bytes", "estimated_bytes"),
        *("on_disk_files", "on_disk_bytes", "missing_files", "to_fetch_files"),
        *("to_fetch_bytes", "free_bytes"),
    }
    assert {one["type"] for one in files} == {"file"}
    assert len(files) == plan["files"]
    for one in files:
        assert set(one) >= {
            *("path", "state", "reason", "size_bytes", "md5", "seconds", "attempts"),
        }
        content = (program.cwd / "out" / one["path"]).read_bytes()
        assert one["state"] == "on_disk"
        assert one["size_bytes"] == len(content)
        assert one["md5"] == hashlib.md5(content).hexdigest()
    assert summary["type"] == "summary"
    assert set(summary) >= {
        *("exit_code", "on_disk", "verified", "unchanged", "failed", "gone", "forbidden"),
        *("changed", "cancelled", "size_bytes", "seconds"),
    }
    assert summary["exit_code"] == 0
    assert summary["on_disk"] == len(files)


def test_quiet_says_the_summary_only(program: Any) -> None:
    done = program.here("get", "-o", "out", "-m", "t1w", "-v", "PREEN00", "-q")
    assert done.returncode == 0
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "on disk" in done.stderr


def test_without_a_terminal_there_are_no_carriage_returns(program: Any) -> None:
    done = program.here("get", "-o", "out", "-m", "t1w", "-v", "PREEN00")
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stderr


def test_files_removed_from_disk_are_said_and_fetched_or_not(
    program: Any, server: DemoServer, records: Records
) -> None:
    arguments = ("-o", "out", "-m", "t1w", "-v", "PREEN00")
    assert program.here("get", *arguments).returncode == 0
    victim = next((program.cwd / "out").rglob("*.nii.gz"))
    victim.unlink()
    plan = program.here("plan", *arguments, "--json")
    assert records(plan.stdout)[0]["missing_files"] == 1
    assert "Removed from disk since: 1 file" in plan.stderr
    assert program.here("get", *arguments, "--missing", "leave").returncode in (0, 3)
    assert not victim.exists()
    assert program.here("get", *arguments, "--missing", "fail").returncode == 3
    assert not victim.exists()
    server.forget_requests()
    assert program.here("get", *arguments).returncode == 0
    assert victim.is_file()
    assert len(file_requests(server)) == 1


def test_the_shards_of_a_selection_are_disjoint_and_whole(program: Any) -> None:
    arguments = ("-m", "t1w", "-v", "PREEN00,PREBL00")
    assert program.here("get", "-o", "whole", *arguments).returncode == 0
    for part in ("1/3", "2/3", "3/3"):
        done = program.here("get", "-o", "parts", *arguments, "--shard", part)
        assert done.returncode == 0, done.stderr
    assert files_below(program.cwd / "parts") == files_below(program.cwd / "whole")


def test_a_selection_by_lists_of_candidates_and_sessions(program: Any, records: Records) -> None:
    every = records(program.here("list", "candidates", "--json").stdout)
    names = [one["candidate"] for one in every[:2]]
    (program.cwd / "people.txt").write_text(f"sub-{names[0]}\n{names[1]}  # the second\n")
    listed = program.here("list", "candidates", "-c", "@people.txt", "--json")
    assert [one["candidate"] for one in records(listed.stdout)] == names
    image = records(program.here("list", "images", "-c", names[0], "--json").stdout)[0]
    (program.cwd / "sessions.tsv").write_text(
        f"participant_id\tsession_id\nsub-{names[0]}\tses-{image['visit']}\n"
    )
    listed = program.here("list", "images", "--sessions", "sessions.tsv", "--json")
    places = {(one["candidate"], one["visit"]) for one in records(listed.stdout)}
    assert places == {(names[0], image["visit"])}


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_user_files_are_private_and_data_follows_the_umask(
    program: Any, isolated: Path, umask: int
) -> None:
    """S5, S6."""
    before = os.umask(umask)
    try:
        done = program.here("get", "-o", "out", "-m", "t1w", "-v", "PREEN00")
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    own = [path for path in isolated.rglob("preventad-tui*")]
    own += [below for path in own if path.is_dir() for below in path.rglob("*")]
    assert any(path.name == "preventad-tui.log" for path in own)
    for path in own:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))
    data = program.cwd / "out" / "README"
    assert stat.S_IMODE(data.stat().st_mode) == 0o666 & ~umask


def test_the_demo_server_needs_no_login_and_leaves_no_child(offline_program: Any) -> None:
    done = offline_program(
        *("get", "--server", "demo", "-o", "out", "-m", "T2star", "-v", "PREBL00"),
        PREVENTAD_USERNAME="",
        PREVENTAD_PASSWORD="",
    )
    assert done.returncode == 0, done.stderr
    state = json.loads((offline_program.cwd / "out/.preventad-tui/folder.json").read_text())
    assert (state["server"], state["project"]) == ("demo", "loris")
    assert list((offline_program.cwd / "out").rglob("*.nii.gz"))


def test_a_reader_that_has_enough_does_not_end_the_download(program: Any) -> None:
    """`get --json | head -1`: the files come all the same, and the exit code is about them."""
    arguments = ("get", "--server", program.server, "-o", "out", "-m", "t1w", "--json")
    with subprocess.Popen(
        [sys.executable, "-m", "preventad_tui", *arguments, "--limit-rate", "2M"],
        env=program.env(),
        cwd=program.cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert json.loads(child.stdout.readline())["type"] == "plan"
        child.stdout.close()
        assert child.stderr is not None
        said = child.stderr.read()
        assert child.wait(60) == 0, said
    assert "Traceback" not in said
    assert '"to_fetch_files": 0' in program.here("plan", "-o", "out", "-m", "t1w", "--json").stdout
