"""Quality ratings as a filter, and servers with several projects."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from preventad_tui.demo.documents_a import rating
from preventad_tui.demo.effects import Status
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer


@pytest.mark.parametrize("generation", ["a", "b26"])
@pytest.mark.parametrize("data_type", ["bids", "minc"])
def test_only_images_with_the_rating_are_listed(  # type: ignore[no-untyped-def]
    offline_program, records, generation: str, data_type: str
) -> None:
    with DemoServer(generation=generation, candidates=3) as server:
        for word, status in (("Pass", "Pass"), ("fail", "Fail"), ("unrated", None)):
            done = offline_program(
                *("list", "images", "--server", server.url, "-t", data_type, "--qc", word),
                "--json",
            )
            wanted = [
                image
                for image in server.study.images
                if rating(image)[0] == status and (data_type == "minc" or image.bids_stem)
            ]
            if not wanted:
                assert done.returncode == 2
                continue
            assert done.returncode == 0, done.stderr
            names = {
                image.minc_name if data_type == "minc" else image.bids_stem for image in wanted
            }
            found = {line["name"] for line in records(done.stdout)}
            # Fieldmaps of a stock server are listed by number until they are fetched.
            assert {name for name in found if "magnitude" not in name} == {
                name for name in names if "magnitude" not in name
            }
            assert len(found) == len(names)


def test_a_rating_that_nobody_has_names_those_there_are(program: Any) -> None:
    done = program.here("list", "images", "--qc", "perfect")
    assert done.returncode == 2
    assert "fail, pass, unrated" in done.stderr


def test_a_list_without_ratings_says_so(program: Any, server: DemoServer) -> None:
    server.faults.add(Fault(Status(404), path="*/projects/loris/images"))
    done = program.here("list", "visits", "--qc", "pass")
    assert done.returncode == 2
    assert "nothing of quality control" in done.stderr
    assert program.here("list", "visits").returncode == 0


@pytest.fixture(scope="module")
def two_projects() -> Iterator[DemoServer]:
    with DemoServer(generation="b28", candidates=3, second_project="PILOT") as server:
        yield server


def test_several_projects_are_named_and_one_is_chosen(  # type: ignore[no-untyped-def]
    offline_program, records, two_projects: DemoServer, tmp_path: Path
) -> None:
    url = two_projects.url
    done = offline_program("list", "candidates", "--server", url)
    assert done.returncode == 2
    assert "PILOT, PREVENT-AD" in done.stderr
    found = {}
    for project in ("PILOT", "prevent-ad"):
        done = offline_program(
            "list", "candidates", "--server", url, "--project", project, "--json"
        )
        assert done.returncode == 0, done.stderr
        found[project] = {line["candidate"] for line in records(done.stdout)}
    assert not found["PILOT"] & found["prevent-ad"]
    assert found["PILOT"] | found["prevent-ad"] == set(two_projects.study.by_id)
    out = tmp_path / "out"
    choice = ("--server", url, "-o", str(out), "-m", "t1w")
    done = offline_program("get", *choice, "--project", "PILOT")
    assert done.returncode == 0, done.stderr
    assert {path.name[4:] for path in out.glob("sub-*")} <= found["PILOT"]
    done = offline_program("get", *choice, "--project", "PREVENT-AD")
    assert done.returncode == 6  # a folder holds one project's data
    assert "PILOT" in done.stderr


def test_on_a_terminal_the_project_is_asked_for(  # type: ignore[no-untyped-def]
    offline_program, two_projects: DemoServer
) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "preventad_tui", "list", "visits", "--server", two_projects.url],
        env=offline_program.env(),
        encoding="utf-8",
        timeout=30,
    )
    child.expect("several projects: PILOT, PREVENT-AD. Which one")
    child.sendline("pilot")
    child.expect("PRE")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
