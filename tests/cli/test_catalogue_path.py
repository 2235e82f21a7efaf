"""`--catalogue PATH`: the published dataset as the list without an account, sizes with one."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

Records = Callable[[str], list[dict[str, Any]]]
NOBODY = {"PREVENTAD_USERNAME": "", "PREVENTAD_PASSWORD": ""}
COLUMNS = ("candidate", "visit", "modality", "scan_type", "name")


@pytest.fixture(scope="module")
def module_server() -> Iterator[DemoServer]:
    with DemoServer(candidates=2, body_scale=0.1) as server:
        yield server


@pytest.fixture(scope="module")
def module_clone(
    module_server: DemoServer,
    load_fake: Callable[[str], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    made: Path = load_fake("clones").make_clone(
        module_server, tmp_path_factory.mktemp("conp") / "clone"
    )
    return made


@pytest.fixture
def clone(module_clone: Path) -> str:
    return str(module_clone)


def size_of(server: DemoServer, load_fake: Any) -> int:
    return sum(len(server.body(path)) for path in load_fake("clones").bids_paths(server))


def test_the_list_is_the_server_s_own(
    program: Any, server: DemoServer, clone: str, records: Records
) -> None:
    live = program.here("list", "images", "--json")
    server.forget_requests()
    done = program.here("list", "images", "--json", "--catalogue", clone, **NOBODY)
    assert done.returncode == 0, done.stderr
    assert server.requests == []
    assert "no server is asked" in done.stderr

    def images(stdout: str) -> list[tuple[str, ...]]:
        return sorted(tuple(line[name] for name in COLUMNS) for line in records(stdout))

    assert images(done.stdout) == images(live.stdout)
    for line in records(done.stdout):
        assert line["estimated"] is False
        assert line["size_bytes"] > 0
    table = program.here("list", "modalities", "--catalogue", clone, **NOBODY).stdout
    assert "~" not in table
    assert "?" not in table


def test_the_plan_has_true_sizes_without_and_with_an_account(
    program: Any, server: DemoServer, clone: str, records: Records, load_fake: Any, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = ("plan", "--all", "-o", str(out), "--json")
    offline = program.here(*command, "--catalogue", clone, **NOBODY)
    assert offline.returncode == 0, offline.stderr
    assert server.requests == []
    plain = records(program.here(*command).stdout)[0]
    live = records(program.here(*command, "--catalogue", clone).stdout)[0]
    without = records(offline.stdout)[0]
    whole = size_of(server, load_fake)
    for plan in (without, live):
        assert (plan["known_bytes"], plan["estimated_bytes"], plan["unknown_files"]) == (
            whole,
            0,
            0,
        )
        assert plan["files"] == plain["files"]
    assert plain["known_bytes"] == 0
    assert not out.exists()


def test_a_download_says_where_to_ask_for_an_account(
    program: Any, server: DemoServer, clone: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = program.here("get", "-m", "t1w", "-o", str(out), "--catalogue", clone, **NOBODY)
    assert done.returncode == 4
    assert f"A download needs an account. Ask for one at {server.url}" in done.stderr
    assert server.requests == []
    assert not out.exists()


def test_what_is_on_disk_shows_without_an_account(
    program: Any, server: DemoServer, clone: str, records: Records, tmp_path: Path
) -> None:
    choice = ("-m", "t1w,fieldmap", "-o", str(tmp_path / "out"), "--catalogue", clone)
    assert program.here("get", *choice).returncode == 0
    server.forget_requests()
    done = program.here("plan", *choice, "--json", **NOBODY)
    assert done.returncode == 0, done.stderr
    plan = records(done.stdout)[0]
    assert plan["to_fetch_files"] == 0
    assert plan["on_disk_files"] == plan["files"] > 0
    assert server.requests == []


def test_minc_and_a_folder_that_is_no_clone_are_refused(
    program: Any, clone: str, tmp_path: Path
) -> None:
    minc = program.here("list", "visits", "-t", "minc", "--catalogue", clone, **NOBODY)
    assert (minc.returncode, "is BIDS" in minc.stderr) == (2, True)
    for path in (tmp_path, tmp_path / "nowhere"):
        done = program.here("list", "visits", "--catalogue", str(path), **NOBODY)
        assert (done.returncode, "git clone" in done.stderr) == (2, True)


def test_names_that_are_unknown_are_counted_and_left_out(
    program: Any, clone: str, records: Records, tmp_path: Path
) -> None:
    other = tmp_path / "clone"
    shutil.copytree(clone, other, symlinks=True)
    known = next(other.rglob("*_T1w.nii.gz"))
    for name in ("sub-1_ses-X_run-001_T1w", known.name[:-7].replace("_T1w", "_PDw"), "x\x1b[2J"):
        os.symlink(os.readlink(known), known.with_name(f"{name}.nii.gz"))
    before = records(
        program.here("list", "visits", "--json", "--catalogue", clone, **NOBODY).stdout
    )
    done = program.here("list", "visits", "--json", "--catalogue", str(other), **NOBODY)
    assert done.returncode == 0, done.stderr
    assert records(done.stdout) == before
    assert "2 images of the clone under names unknown here, left out: 1 PDw, 1 T1w" in done.stderr
    assert "\x1b" not in done.stderr


def test_too_little_room_is_said_before_and_refuses_nothing(
    program: Any, clone: str, load_fake: Any, tmp_path: Path
) -> None:
    """With true sizes and a disk of 256 kB; the folder itself is not made by a plan."""
    with load_fake("disks").small_disk(tmp_path / "small", "size=256k") as disk:
        wish = ("-o", f"{disk}/out", "-m", "t1w", "--catalogue", clone)
        planned = program.here("plan", *wish)
        assert planned.returncode == 0, planned.stderr
        assert planned.stderr.count("This may not fit on that disk.") == 1
        assert not (disk / "out").exists()
        fetched = program.here("get", *wish)
        assert fetched.stderr.count("This may not fit on that disk.") == 1
        assert fetched.returncode == 6
        assert "The disk is full" in fetched.stderr
        assert list((disk / "out/.preventad-tui/partial").iterdir()) == []
    roomy = program.here("plan", "-o", f"{tmp_path}/out", *wish[2:])
    assert "may not fit" not in roomy.stderr
    assert "Free in" in roomy.stderr
