"""A scratch purge takes files, ledger and all: what was there is still known."""

import shutil
from pathlib import Path
from typing import Any

from preventad_tui.demo.server import DemoServer

CHOICE = ("-o", "out", "-m", "t1w", "-v", "PREEN00")


def asked(server: DemoServer) -> list[str]:
    return [
        one.path
        for one in server.requests
        if "/candidates/" in one.path and "bidsfiles" in one.path
    ] + [one.path for one in server.requests if one.path.endswith(".nii.gz")]


def test_after_all_of_it_went_plan_and_status_say_what_was_removed(
    program: Any, records: Any, isolated: Path
) -> None:
    done = program.here("get", *CHOICE)
    assert done.returncode == 0, done.stderr
    count = len([path for path in (program.cwd / "out").rglob("*") if path.is_file()])
    ours = len(list((program.cwd / "out/.preventad-tui").rglob("*.*"))) and [
        path for path in (program.cwd / "out/.preventad-tui").rglob("*") if path.is_file()
    ]
    count -= len(ours)
    shutil.rmtree(program.cwd / "out")
    plan = program.here("plan", *CHOICE, "--json")
    assert plan.returncode == 0, plan.stderr
    assert records(plan.stdout)[0]["missing_files"] == count
    assert "Removed from disk since" in plan.stderr
    assert not (program.cwd / "out").exists()
    status = program("status", "-o", "out", "--json")
    assert status.returncode == 0, status.stderr
    assert records(status.stdout)[-1]["missing"] == count
    assert "Nothing is left" in status.stderr
    # --missing decides, as for any removed file.
    left = program.here("get", *CHOICE, "--missing", "leave", "--json")
    assert left.returncode in (0, 3), left.stderr
    assert not list((program.cwd / "out").rglob("*.nii.gz"))
    assert program.here("get", *CHOICE, "--missing", "fail").returncode == 3
    again = program.here("get", *CHOICE)
    assert again.returncode == 0, again.stderr
    assert len(list((program.cwd / "out").rglob("*.nii.gz"))) > 0
    for path in (isolated / ".local/state").rglob("*.gz"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_purged_ledger_comes_back_and_costs_no_request(
    program: Any, server: DemoServer, records: Any
) -> None:
    assert program.here("get", *CHOICE).returncode == 0
    ledger = program.cwd / "out/.preventad-tui/ledger"
    for segment in ledger.iterdir():
        segment.unlink()
    image = next((program.cwd / "out").rglob("*.nii.gz"))
    image.unlink()
    status = program("status", "-o", "out", "--json")
    assert records(status.stdout)[-1]["missing"] == 1
    server.forget_requests()
    done = program.here("get", *CHOICE)
    assert done.returncode == 0, done.stderr
    assert "known again" in done.stderr
    assert [path.rpartition("/")[2] for path in asked(server)] == [image.name]


def test_a_moved_folder_takes_its_copy_along(program: Any, records: Any) -> None:
    assert program.here("get", *CHOICE).returncode == 0
    (program.cwd / "out").rename(program.cwd / "moved")
    moved = ("-o", "moved", *CHOICE[2:])
    assert program.here("get", *moved).returncode == 0
    plan = program.here("plan", *CHOICE, "--json")
    assert records(plan.stdout)[0]["missing_files"] == 0
    shutil.rmtree(program.cwd / "moved")
    plan = program.here("plan", *moved, "--json")
    assert records(plan.stdout)[0]["missing_files"] > 0


def test_another_folder_in_its_place_does_not_get_it(program: Any, records: Any) -> None:
    assert program.here("get", *CHOICE).returncode == 0
    other = ("-o", "other", "-m", "bold", "-v", "PREBL00", "-c", "1")
    (program.cwd / "out").rename(program.cwd / "aside")
    candidate = records(program.here("list", "candidates", "--json").stdout)[0]["candidate"]
    other = ("-o", "other", "-m", "T2star", "-c", candidate)
    assert program.here("get", *other).returncode in (0, 3)
    (program.cwd / "other").rename(program.cwd / "out")
    status = program("status", "-o", "out", "--json")
    assert records(status.stdout)[-1]["missing"] == 0


def test_a_state_folder_that_cannot_be_written_stops_nothing(program: Any, isolated: Path) -> None:
    state = isolated / ".local/state/preventad-tui"
    state.mkdir(parents=True, mode=0o700)
    (state / "digests").write_text("in the way")
    done = program.here("get", *CHOICE)
    assert done.returncode == 0, done.stderr


def test_the_old_file_is_kept_where_asked_for(program: Any, server: DemoServer) -> None:
    from preventad_tui.demo.effects import NewVersion
    from preventad_tui.demo.faults import Fault

    assert program.here("get", *CHOICE).returncode == 0
    image = next((program.cwd / "out").rglob("*.nii.gz"))
    before = image.read_bytes()
    server.faults.add(Fault(NewVersion(), path=f"*/{image.name}"))
    plan = program.here("plan", *CHOICE, "--check-updates")
    assert plan.returncode == 0
    assert image.read_bytes() == before
    done = program.here("get", *CHOICE, "--check-updates", "--keep-old")
    assert done.returncode == 0, done.stderr
    assert image.read_bytes() != before
    kept = [path for path in (program.cwd / "out/.preventad-tui/old").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in kept] == [before]
    relative = kept[0].relative_to(program.cwd / "out/.preventad-tui/old")
    assert "/".join(relative.parts[1:]) == str(image.relative_to(program.cwd / "out"))
    assert program("verify", "-o", "out", "--deep").returncode == 0
