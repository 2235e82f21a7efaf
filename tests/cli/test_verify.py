"""`verify` and `status`: offline, honest, and repaired on demand."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

Records = Callable[[str], list[dict[str, Any]]]
GET = ("get", "-o", "out", "-m", "t1w", "-v", "PREEN00")


@pytest.fixture
def folder(program: Any) -> Path:
    """A finished download."""
    done = program.here(*GET)
    assert done.returncode == 0, done.stderr
    return program.cwd / "out"


def harm(folder: Path) -> dict[str, str]:
    """One file of each kind of trouble; the state that verify must name for each path."""
    images = sorted(folder.rglob("*_T1w.nii.gz"))
    flipped, cut, removed, edited = *images[:3], folder / "participants.tsv"
    stamp = flipped.stat()
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(content)
    os.utime(flipped, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    cut.write_bytes(cut.read_bytes()[:1000])
    removed.unlink()
    edited.write_text(edited.read_text() + "mine\n")
    (folder / "notes.txt").write_text("mine\n")
    troubles = {flipped: "damaged", cut: "damaged", removed: "missing", edited: "changed"}
    troubles[folder / "notes.txt"] = "extra"
    return {path.relative_to(folder).as_posix(): state for path, state in troubles.items()}


def test_a_whole_folder_holds_offline_and_where_it_can_only_be_read(
    program: Any, folder: Path, server: DemoServer, records: Records
) -> None:
    server.forget_requests()
    for arguments in ((), ("--deep",)):
        done = program("verify", "-o", "out", "--json", *arguments)
        assert done.returncode == 0, done.stderr
        summary = records(done.stdout)[-1]
        assert summary["type"] == "summary"
        assert summary["intact"] == summary["files"] > 0
    assert server.requests == []


def test_each_trouble_is_named_then_repaired(
    program: Any, folder: Path, server: DemoServer, records: Records
) -> None:
    troubles = harm(folder)
    done = program("verify", "-o", "out", "--json")
    assert done.returncode == 3
    *files, summary = records(done.stdout)
    assert {one["path"]: one["state"] for one in files} == troubles
    assert (summary["damaged"], summary["missing"], summary["changed"]) == (2, 1, 1)

    kept = program.here(*GET)
    assert kept.returncode == 3
    assert "participants.tsv: changed" in kept.stderr
    assert (folder / "participants.tsv").read_text().endswith("mine\n")

    repaired = program("verify", "-o", "out", "--repair")
    assert repaired.returncode == 0, repaired.stderr
    for path, state in troubles.items():
        if state != "extra":
            assert (folder / path).read_bytes() == server.body(path), path
    assert (folder / "notes.txt").read_text() == "mine\n"
    assert program("verify", "-o", "out").returncode == 0


def test_an_extra_file_is_listed_and_no_fault(program: Any, folder: Path) -> None:
    (folder / "notes.txt").write_text("mine\n")
    done = program("verify", "-o", "out")
    assert done.returncode == 0
    assert "extra: notes.txt" in done.stdout


def test_a_folder_that_is_not_ours_is_code_6(offline_program: Any) -> None:
    (offline_program.cwd / "photos").mkdir()
    for command in ("verify", "status"):
        assert offline_program(command, "-o", "photos").returncode == 6
        assert offline_program(command, "-o", "nowhere").returncode == 6
    assert list((offline_program.cwd / "photos").iterdir()) == []


def test_status_counts_by_candidate_and_modality(
    program: Any, folder: Path, records: Records
) -> None:
    victim = next(folder.rglob("*_T1w.nii.gz"))
    victim.unlink()
    done = program("status", "-o", "out", "--json")
    assert done.returncode == 0, done.stderr
    *parts, summary = records(done.stdout)
    assert {one["type"] for one in parts} == {"status_part"}
    assert {one["modality"] for one in parts} == {"", "t1w"}
    candidate = victim.name.split("_")[0].removeprefix("sub-")
    hit = next(one for one in parts if (one["candidate"], one["modality"]) == (candidate, "t1w"))
    assert hit["missing"] == 1
    assert summary["missing"] == 1
    assert summary["on_disk"] == sum(one["on_disk"] for one in parts)
    assert "oldest file" in done.stderr


@pytest.mark.skipif(shutil.which("md5sum") is None, reason="md5sum is not installed here")
def test_status_prints_lines_for_md5sum(program: Any, folder: Path) -> None:
    lines = program("status", "-o", "out", "--md5sums").stdout
    checked = subprocess.run(
        ["md5sum", "-c", "--strict", "--quiet"], input=lines, text=True, cwd=folder, check=False
    )
    assert checked.returncode == 0
    assert len(lines.splitlines()) > 10


def test_status_and_plan_work_in_a_moved_folder(program: Any, folder: Path) -> None:
    folder.rename(program.cwd / "elsewhere")
    assert program("status", "-o", "elsewhere").returncode == 0
    done = program.here("plan", "-o", "elsewhere", "-m", "t1w", "-v", "PREEN00", "--json")
    assert done.returncode == 0
    assert '"to_fetch_files": 0' in done.stdout


def test_a_published_list_is_compared_and_a_difference_is_no_fault(
    program: Any, folder: Path, records: Records
) -> None:
    """C10."""
    lines = program("status", "-o", "out", "--md5sums").stdout.splitlines()
    listed = program.cwd / "published.md5"
    listed.write_text("\n".join(lines) + "\n")
    same = program("verify", "-o", "out", "--against", "published.md5", "--json")
    assert same.returncode == 0, same.stderr
    assert len(records(same.stdout)) == 1
    verified = records(program("status", "-o", "out", "--json").stdout)[-1]
    assert verified["verified"] == len(lines)

    path = lines[0].split("  ", 1)[1]
    listed.write_text("\n".join([f"{'0' * 32}  {path}", *lines[2:]]) + "\n")
    done = program(
        "verify", "-o", "out", "--against", "published.md5", "--report", "report.tsv", "--json"
    )
    assert done.returncode == 0, done.stderr
    *files, summary = records(done.stdout)
    assert {one["state"] for one in files} == {"differs", "extra"}
    assert summary["published_differs"] == summary["published_extra"] == 1
    report = (program.cwd / "report.tsv").read_text().splitlines()
    assert any(line.startswith(f"{path}\t") and "differs" in line for line in report)

    listed.write_text(f"{'0' * 32}  not/here.nii.gz\n")
    done = program("verify", "-o", "out", "--against", "published.md5")
    assert done.returncode == 3
    assert "missing: not/here.nii.gz: in the published list, never downloaded" in done.stdout
    assert "Never downloaded into this folder: 1 file of the list." in done.stderr
    assert program("verify", "-o", "out", "--against", "nowhere").returncode == 2


def test_a_deep_check_is_noted_and_keeps_the_folder_resumable(
    program: Any, folder: Path, server: DemoServer, records: Records
) -> None:
    assert program("verify", "-o", "out", "--deep").returncode == 0
    summary = records(program("status", "-o", "out", "--json").stdout)[-1]
    assert summary["on_disk"] == 0
    assert summary["verified"] > 0
    again = program.here(*GET, "--json")
    assert again.returncode == 0
    assert records(again.stdout)[-1]["verified"] == summary["verified"]
