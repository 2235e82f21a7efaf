"""D12: names and paths at and over what the server may name, the disk takes, the system opens."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.disk_view import META
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.listing import link_parts
from preventad_tui.core.names import last_part
from preventad_tui.core.states import FileState
from preventad_tui.demo.bodies import Text, whole
from preventad_tui.demo.effects import Effect
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.messages import Answer, Call
from preventad_tui.demo.server import DemoServer

LENGTHS = (*range(190, 202), *range(250, 301))
SHORT_AND_LONG = ("t1w", "bold")
NAME_BYTES = 48
"""What our own names, of partials and of the ledger's segments, need at most."""
PATH_BYTES = 4095


class LongNames(Effect):
    """Lists each image of a kind under names of many lengths too, and serves them."""

    def __init__(self, ending: str) -> None:
        self.ending = ending
        self.real: dict[str, str] = {}

    def call(self, call: Call) -> Call:
        """A file that is asked for by a long name is the real one."""
        parts = (self.real.get(part, part) for part in call.target.split("/"))
        return replace(call, target="/".join(parts))

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Add a row for each length."""
        if not call.resource.endswith(("/bids", "/images")):
            return answer
        document = json.loads(whole(answer.body))
        rows = document["Images"]
        rows += [new for row in rows[:] for new in self._longer(row)]
        return replace(answer, body=Text(json.dumps(document).encode()))

    def _longer(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        link = next((text for text in row.values() if str(text).endswith(self.ending)), None)
        if link is None or ("T1w" not in str(row) and "t1w" not in str(row)):
            return []
        image = link_parts(link)[2]
        name = last_part(link).removesuffix(self.ending)
        made = []
        for length in LENGTHS:
            more = length - len(name + self.ending)
            if name in image:  # MINC: a longer number at the end
                longer = f"{name[:-3]}{'0' * more}{name[-3:]}"
            else:
                longer = name.replace("_", f"_{'x' * (more - 1)}_", 1)
            assert len(longer + self.ending) == length
            other = f"{length}-{image}" if name not in image else longer + self.ending
            for long, real in ((longer, name), (other, image)):
                for ending in ("", self.ending, ".json", ".qc.json"):
                    self.real[long + ending] = real + ending
            made.append(json.loads(json.dumps(row).replace(image, other).replace(name, longer)))
        return made


def get(server: DemoServer, cwd: Path, folder: str, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "preventad_tui", "get", "--server", server.url, "-o", folder, *more],
        env={
            **os.environ,
            "PREVENTAD_USERNAME": server.username,
            "PREVENTAD_PASSWORD": server.password,
        },
        cwd=cwd, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def put_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and META not in path.parts]


@pytest.mark.parametrize(
    ("kind", "ending", "longest"),
    [("bids", ".nii.gz", 200), ("minc", ".mnc", 200 - len(".qc.json"))],
)
def test_d12_names_up_to_the_limit_arrive_and_longer_ones_are_refused(
    new_site: Callable[..., Any],
    tmp_path: Path,
    kind: str,
    ending: str,
    longest: int,
    figures: Callable[[str], None],
) -> None:
    """D12: names of up to 200 bytes with what is added to them are files; longer ones are not."""
    server, rows = new_site(deflate=False).server, LongNames(ending)
    server.faults.add(Fault(rows, path="*"))
    done = get(server, tmp_path, "out", "-t", kind, "-m", "t1w")
    assert done.returncode == ExitCode.OK, done.stderr
    images = [path for path in put_below(tmp_path / "out") if path.name.endswith(ending)]
    originals = [path for path in images if len(path.name) < 100]
    taken = [length for length in LENGTHS if length <= longest]
    for length in taken:
        assert sum(len(path.name) == length for path in images) == len(originals)
    assert len(images) == len(originals) * (1 + len(taken))
    of = {path.name: path.read_bytes() for path in originals}
    for path in images:
        assert path.read_bytes() == of[rows.real.get(path.name, path.name)]
    refused = len(originals) * (len(LENGTHS) - len(taken))
    assert f"{refused} rows of the server's list were not understood" in done.stdout + done.stderr
    assert list((tmp_path / "out" / META / "partial").iterdir()) == []
    again = get(server, tmp_path, "out", "-t", kind, "-m", "t1w")
    assert again.returncode == ExitCode.OK
    assert "Fetched in this run: 0 files" in again.stderr
    figures(
        f"{len(images)} files with names of up to {longest} bytes whole, {refused} rows with names "
        "of up to 300 refused"
    )


@pytest.mark.parametrize(
    "told", [NAME_BYTES, 255], ids=["the disk says so", "the disk does not say"]
)
def test_d12_a_disk_with_shorter_names(site: Any, lossy: Any, told: int) -> None:
    """D12: what the disk has no room for fails by itself; all else is fetched, nothing lost."""
    site.path = lossy.path / "out"
    lossy.allow_names(NAME_BYTES, told)
    for _ in range(2):
        run = site.download(SHORT_AND_LONG)
        assert run.summary.exit_code is ExitCode.SOME_FAILED
        long = {
            item.file.path for item in run.plan.items if len(last_part(item.file.path)) > NAME_BYTES
        }
        assert long
        failed = run.ended(FileState.FAILED)
        assert {path: end.reason for path, end in failed.items()} == dict.fromkeys(
            long, "name-too-long"
        )
        assert set(site.files()) == {item.file.path for item in run.plan.items} - long
        assert bool([note for note in run.plan.folder_notes if "too long" in note]) == (
            told == NAME_BYTES
        )
        assert site.partials() == []
    if told == NAME_BYTES:
        assert not [one for one in site.server.requests if last_part(one.path) in
                    {last_part(path) for path in long}]  # fmt: skip
    lossy.allow_names(255, 255)
    assert site.download(SHORT_AND_LONG).summary.exit_code is ExitCode.OK
    assert site.differences() == []


@pytest.mark.parametrize("root_bytes", [3_990, 4_030, PATH_BYTES])
def test_d12_whole_paths_up_to_what_the_system_opens(
    server: DemoServer, tmp_path: Path, root_bytes: int
) -> None:
    """D12: a file that no program could open by its path fails at planning, by name."""
    missing = root_bytes - len(str(tmp_path))
    parts = ["d" * 200] * (missing // 201)
    rest = missing - 201 * len(parts)
    parts = [*parts, "d" * (rest - 1)] if rest > 1 else [*parts[:-1], parts[-1] + "d" * rest]
    folder = "/".join(parts)
    assert len(str(tmp_path / folder)) == root_bytes
    done = get(server, tmp_path, folder, "-m", "t1w", "--json")
    ends = [json.loads(line) for line in done.stdout.splitlines()]
    files = {one["path"]: one for one in ends if one["type"] == "file"}
    too_long = {path for path in files if root_bytes + 1 + len(path) > PATH_BYTES}
    assert {path for path, one in files.items() if one["state"] == "failed"} == too_long
    assert {one["reason"] for one in files.values()} <= {"", "name-too-long"}
    assert done.returncode == (ExitCode.SOME_FAILED if too_long else ExitCode.OK), done.stderr
    assert bool(too_long) == (root_bytes > 3_990)
    assert ("too long" in done.stderr) == bool(too_long)


def test_d12_a_folder_whose_own_path_is_too_long(server: DemoServer, tmp_path: Path) -> None:
    """D12: it is said in one sentence, and nothing is made."""
    folder = "/".join(["d" * 200] * 21)
    done = get(server, tmp_path, folder, "-m", "t1w")
    assert done.returncode == ExitCode.STORAGE
    assert "too long" in done.stderr
    assert list(tmp_path.rglob("*.json")) == []
