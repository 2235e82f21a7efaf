"""`plan` and `list`: numbers that agree, in tables, TSV and JSON lines."""

from collections.abc import Callable
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

Records = Callable[[str], list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("what", "kind", "keys"),
    [
        ("candidates", "candidate", {"candidate", "sessions", "images", "size_bytes"}),
        ("visits", "visit", {"visit", "sessions", "images", "size_bytes"}),
        ("modalities", "modality", {"modality", "sessions", "images", "size_bytes"}),
        ("images", "image", {"candidate", "visit", "modality", "scan_type", "name"}),
        ("coverage", "coverage", {"visit", "modality", "sessions", "images"}),
    ],
)
def test_each_list_has_its_records(
    program: Any, records: Records, what: str, kind: str, keys: set[str]
) -> None:
    lines = records(program.here("list", what, "--json").stdout)
    assert {one["type"] for one in lines} == {kind}
    assert all(keys <= set(one) for one in lines)


def test_tables_and_tsv_hold_the_same_rows(program: Any) -> None:
    table = program.here("list", "modalities").stdout.splitlines()
    tsv = program.here("list", "modalities", "--tsv").stdout.splitlines()
    assert tsv[0].split("\t") == ["modality", "candidates", "sessions", "images", "size_bytes"]
    assert len(table) == len(tsv)
    assert "bold (rest)" in "\n".join(table)
    assert any(line.startswith("bold\t") for line in tsv)


def test_plan_downloads_nothing_and_adds_up(program: Any, records: Records) -> None:
    done = program.here("plan", "-o", "out", "-m", "t1w,rest", "--json")
    assert done.returncode == 0, done.stderr
    plan, *parts = records(done.stdout)
    assert {one["type"] for one in parts} == {"plan_part"}
    assert sum(one["files"] for one in parts) == plan["files"] == plan["to_fetch_files"]
    assert sum(one["images"] for one in parts) == plan["images"]
    assert {one["modality"] for one in parts} == {"", "t1w", "bold"}
    assert not (program.cwd / "out").exists()
    assert plan["free_bytes"] > 0


def test_a_quota_command_is_shown_in_the_plan(program: Any, isolated: Any) -> None:
    config = isolated / ".config" / "preventad-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('quota_command = "echo 12 of 50 GB; env | grep PREVENTAD || true"\n')
    done = program.here("plan", "-o", "out", "-m", "t1w", "-v", "PREEN00")
    assert "Quota: 12 of 50 GB" in done.stderr
    assert "Quota: PREVENTAD" not in done.stderr


def test_a_stock_server_is_listed_too(offline_program: Any) -> None:
    with DemoServer(generation="b26") as server:
        offline_program.server = server.url
        done = offline_program.here("list", "visits", "-t", "minc")
    assert done.returncode == 0, done.stderr
    assert "PREEN00" in done.stdout
