"""BIDS from a stock LORIS (24, 26, 28) against the same data from the old PREVENT-AD server."""

import json
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from preventad_tui.demo.answer_effects import Status
from preventad_tui.demo.effects import ReplaceText
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer

VALIDATOR_PATH = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])

CANDIDATES = 3  # every kind of scan but pcasl, and a fieldmap pair against its numbers
GENERATIONS = ("b24", "b26", "b28")
STUDY = {
    "README",
    "dataset_description.json",
    "participants.tsv",
    "participants.json",
    ".bids-validator-config.json",
}


def tree(root: Path) -> dict[str, bytes]:
    """The dataset's files, without our own folder."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".preventad-tui" not in path.parts
    }


def is_written_here(path: str) -> bool:
    return path in STUDY or "_scans." in path


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, DemoServer]]:
    running = {
        generation: DemoServer(
            generation=generation,
            candidates=CANDIDATES,
            body_scale=0.1,
            integer_ids=generation != "a",
        ).start()
        for generation in ("a", *GENERATIONS)
    }
    yield running
    for server in running.values():
        server.stop()


@pytest.fixture
def get(offline_program, servers, tmp_path):  # type: ignore[no-untyped-def]
    """Download from a generation; gives the finished process and the folder."""

    def run(generation: str, *more: str, folder: str = "", command: str = "get"):  # type: ignore[no-untyped-def]
        out = tmp_path / (folder or generation)
        server = servers[generation]
        done = offline_program(
            command, "--server", server.url, "-o", str(out), *(more or ("--all",))
        )
        return done, out

    for server in servers.values():
        server.faults.clear()
        server.forget_requests()
    return run


def sidecars_asked(server: DemoServer) -> list[str]:
    return [one.path for one in server.requests if one.path.endswith("/format/bidsjson")]


def test_every_stock_generation_gives_the_old_server_s_tree_and_bytes(get, servers):  # type: ignore[no-untyped-def]
    done, old = get("a")
    assert done.returncode == 0, done.stderr
    wanted = tree(old)
    assert sum("_magnitude" in path for path in wanted) > 10
    study = servers["a"].study
    swapped = [
        image
        for image in study.images
        if image.kind.scan_type.startswith("fieldmap-mag")
        and 2 - image.number % 2 != int(image.bids_stem[-1])
    ]
    assert swapped, "no pair of the demo is against its numbers"
    for generation in GENERATIONS:
        done, out = get(generation)
        assert done.returncode == 0, done.stderr
        found = tree(out)
        assert set(found) == set(wanted)
        differing = {path for path in wanted if found[path] != wanted[path]}
        assert differing
        assert all(map(is_written_here, differing)), sorted(differing)[:5]
        assert "no BIDS files of its own" in done.stderr
        assert "uni-MP2RAGE-defaced" in done.stderr


def test_what_is_written_here_says_so_and_says_what_the_server_knows(get, servers):  # type: ignore[no-untyped-def]
    done, out = get("b28", "-m", "t1w,bold")
    assert done.returncode == 0, done.stderr
    description = json.loads((out / "dataset_description.json").read_bytes())
    assert description["GeneratedBy"][0]["Name"] == "preventad-tui"
    assert servers["b28"].url in description["SourceDatasets"][0]["URL"]
    assert "made by preventad-tui" in (out / "README").read_text()
    rows = [line.split("\t") for line in (out / "participants.tsv").read_text().splitlines()]
    people = servers["b28"].study.by_id
    assert rows[0] == ["participant_id", "pscid", "sex", "site"]
    assert {row[0] for row in rows[1:]} == {f"sub-{one}" for one in people}
    assert all(row[2] == people[row[0][4:]].sex for row in rows[1:])
    described = json.loads((out / "participants.json").read_bytes())
    assert set(described) == set(rows[0][1:])
    scans = next(out.rglob("*_scans.tsv")).read_text().splitlines()
    assert scans[0] == "filename\tvisit_date\tage_at_visit"
    assert len(scans) > 1
    assert all(len(line.split("\t")[1]) == len("2019-05-20") for line in scans[1:])
    again, _ = get("b28", "-m", "t1w,bold")
    assert again.returncode == 0
    assert "Fetched in this run: 0 files" in again.stderr


def test_a_resume_asks_for_no_sidecar_again(get, servers, isolated):  # type: ignore[no-untyped-def]
    server = servers["b26"]
    pairs = sum(
        image.kind.scan_type.startswith("fieldmap-mag")
        for image in server.study.images
        if image.visit == "PREEN00"
    )
    choice = ("-m", "fieldmap", "-v", "PREEN00")
    planned, _ = get("b26", *choice, command="plan")
    assert planned.returncode == 0, planned.stderr
    assert sidecars_asked(server) == []
    done, out = get("b26", *choice)
    assert done.returncode == 0, done.stderr
    phases = pairs // 2
    assert len(sidecars_asked(server)) == 2 * pairs + phases  # to name them, and as files
    server.forget_requests()
    again, _ = get("b26", *choice)
    assert again.returncode == 0
    assert sidecars_asked(server) == []
    # Another folder goes by the answers in the cache, and this folder by its ledger.
    other, _ = get("b26", *choice, folder="other")
    assert other.returncode == 0
    assert len(sidecars_asked(server)) == pairs + phases
    assert tree(out) == tree(out.parent / "other")
    shutil.rmtree(isolated / ".cache")
    next(out.rglob("*_magnitude1.json")).unlink()
    server.forget_requests()
    last, _ = get("b26", *choice)
    assert last.returncode == 0
    assert len(sidecars_asked(server)) == 1
    assert tree(out) == tree(out.parent / "other")


def test_one_image_of_a_swapped_pair_gets_its_right_name(get, servers):  # type: ignore[no-untyped-def]
    server = servers["b24"]
    image = next(
        image
        for image in server.study.images
        if image.kind.scan_type.startswith("fieldmap-mag")
        and 2 - image.number % 2 != int(image.bids_stem[-1])
    )
    done, out = get("b24", "-m", "fieldmap", "-c", image.candidate, "-v", image.visit, "--json")
    assert done.returncode == 0, done.stderr
    path = f"sub-{image.candidate}/ses-{image.visit}/fmap/{image.bids_stem}"
    assert (out / f"{path}.nii.gz").read_bytes() == server.body(f"{path}.nii.gz")
    assert (out / f"{path}.json").read_bytes() == server.body(f"{path}.json")


@pytest.mark.parametrize("trouble", ["missing", "silent"])
def test_without_echo_times_the_numbers_name_the_pairs(get, servers, trouble):  # type: ignore[no-untyped-def]
    server = servers["b28"]
    effect = Status(404) if trouble == "missing" else ReplaceText(b'"EchoTime":', b'"Echo":')
    server.faults.add(Fault(effect, path="*fieldmap-magnitude*/format/bidsjson"))
    done, out = get("b28", "-m", "fieldmap", "-v", "PREBL00", folder=trouble)
    assert done.returncode == (3 if trouble == "missing" else 0), done.stderr
    named = {path.name for path in out.rglob("*_magnitude?.nii.gz")}
    assert len(named) == sum(
        image.kind.scan_type.startswith("fieldmap-mag")
        for image in server.study.images
        if image.visit == "PREBL00"
    )


def test_a_server_error_on_a_sidecar_is_waited_out(get, servers):  # type: ignore[no-untyped-def]
    server = servers["b28"]
    server.faults.add(Fault(Status(503), path="*fieldmap-magnitude*/format/bidsjson", times=3))
    done, out = get("b28", "-m", "fieldmap", "-v", "NAPEN00")
    assert done.returncode == 0, done.stderr
    for path in tree(out):
        if not is_written_here(path):
            assert (out / path).read_bytes() == server.body(path)


def test_a_new_participant_rewrites_the_table_of_participants(offline_program, tmp_path):  # type: ignore[no-untyped-def]
    out = tmp_path / "out"
    with DemoServer(generation="b28", candidates=3, body_scale=0.1) as server:
        port = server.port
        choice = ("-o", str(out), "-m", "t1w", "-v", "PREBL00")
        done = offline_program("get", "--server", server.url, *choice)
        assert done.returncode == 0, done.stderr
        before = (out / "participants.tsv").read_text()
    with DemoServer(generation="b28", candidates=5, body_scale=0.1, port=port) as server:
        done = offline_program("get", "--server", server.url, *choice)
        assert done.returncode == 0, done.stderr
        assert "added" in done.stderr  # what changed is said before anything is fetched
        assert done.stderr.index("added") < done.stderr.index("To fetch")
        after = (out / "participants.tsv").read_text()
    assert len(before.splitlines()) == 1 + 3
    assert len(after.splitlines()) == 1 + 5


def test_the_validator_finds_nothing_new_in_the_written_files(get):  # type: ignore[no-untyped-def]
    program = shutil.which("bids-validator-deno", path=VALIDATOR_PATH)
    if program is None:
        pytest.skip("bids-validator-deno is not installed")
    done, out = get("b28", "-m", "t1w,FLAIR,bold,fieldmap,asl", "--data-releases")
    assert done.returncode == 0, done.stderr
    config = out / ".preventad-tui" / "bids-subset.json"
    told = subprocess.run(
        [program, "--json", "--config", config, out], capture_output=True, check=False
    )
    issues = json.loads(told.stdout)["issues"]["issues"]
    errors = [issue for issue in issues if issue["severity"] == "error"]
    assert errors == []
