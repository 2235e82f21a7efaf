"""S25, invariants 3 and 13: every file that a whole `get` opens for writing, seen by strace."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from preventad_tui.core.disk_view import META
from preventad_tui.demo.server import DemoServer

OPENS = ("open", "openat", "openat2", "creat")
MOVES = ("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat")
CHANGES = ("unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "truncate", "mknod", "mknodat")
WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE")
CALL = re.compile(r"(\d+) +(\w+)\((.*)\)\s+= (-?\d+)")
BEGUN = re.compile(r"(\d+) +(\w+\(.*) <unfinished \.\.\.>")
RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)")
PLACE = re.compile(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')


class Call(NamedTuple):
    """A system call that went well: its name, the paths it names, all that it was told."""

    name: str
    paths: tuple[str, ...]
    arguments: str


def calls(log: Path) -> Iterator[Call]:
    """The calls of a trace made with `-f -y`; those split between threads are put together."""
    begun: dict[str, str] = {}
    for line in log.read_text(errors="replace").splitlines():
        if half := BEGUN.match(line):
            begun[half[1]] = half[2]
            continue
        if rest := RESUMED.match(line):
            line = f"{rest[1]} {begun.pop(rest[1])}{rest[2]}"
        if (call := CALL.match(line)) and int(call[4]) >= 0:
            places = PLACE.findall(call[3])
            paths = (os.path.normpath(os.path.join(base or "/", name)) for base, name in places)
            yield Call(call[2], tuple(paths), call[3])


@pytest.fixture
def trace(tmp_path: Path, server: DemoServer) -> Callable[..., list[Call]]:
    """Run a command of the program under strace, in an empty folder."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")

    def run(*arguments: str) -> list[Call]:
        log = tmp_path / "strace.log"
        names = ",".join((*OPENS, *MOVES, *CHANGES))
        done = subprocess.run(
            [
                *("strace", "-f", "-y", "-qq", "-s", "4096", "-o", str(log)),
                *("-e", f"trace={names}", sys.executable, "-m", "preventad_tui"),
                *(*arguments, "--server", server.url),
            ],
            env={
                **os.environ,
                "PREVENTAD_USERNAME": server.username,
                "PREVENTAD_PASSWORD": server.password,
                "PYTHONDONTWRITEBYTECODE": "1",
                "TMPDIR": str(tmp_path / "tmp"),
            },
            cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
        if "Operation not permitted" in done.stderr or "ptrace" in done.stderr:
            pytest.skip(f"strace may not trace here: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, done.stderr
        return list(calls(log))

    return run


def test_s25_what_a_download_opens_for_writing(
    trace: Callable[..., list[Call]], tmp_path: Path, isolated: Path, figures: Callable[[str], None]
) -> None:
    """S23, S25, invariants 3 and 13: nothing elsewhere; final names come by rename alone."""
    (tmp_path / "tmp").mkdir()
    seen = trace("get", "-o", "out", "--all", "--debug")
    out = tmp_path / "out"
    ours = [isolated / place for place in (".config", ".cache", ".local/state", ".local/share")]
    roots = (out, *(place / "preventad-tui" for place in ours))
    allowed = (*(f"{root}/" for root in roots), "/dev/null", "/dev/tty", "/dev/pts/")
    # Folders on the way to one's own are made where they are not there.
    made = {str(parent) for root in roots for parent in (root, *root.parents)}
    opened = [one for one in seen if one.name in OPENS and WRITING.search(one.arguments)]
    touching = [*opened, *(one for one in seen if one.name in (*MOVES, *CHANGES))]
    elsewhere = {
        path
        for one in touching
        for path in one.paths
        if not path.startswith(allowed) and not (one.name.startswith("mkdir") and path in made)
    }
    assert elsewhere == set()
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not [one for one in seen if one.name.startswith("symlink")]

    final = {str(path) for path in out.rglob("*") if path.is_file() and META not in path.parts}
    assert len(final) > 100
    assert not [one for one in opened if set(one.paths) & final]
    came = {one.paths[1]: one.paths[0] for one in seen if one.name in MOVES}
    assert set(came) >= final
    partials = f"{out}/{META}/partial/"
    assert all(came[path].startswith(partials) for path in final)
    new = [one for one in opened if one.paths[0].startswith(partials)]
    assert len(new) >= len(final)
    assert all("O_EXCL" in one.arguments and "O_NOFOLLOW" in one.arguments for one in new)
    figures(
        f"{len(seen):,} calls, {len(opened)} opened for writing, {len(final)} final names by "
        "rename alone, 0 elsewhere"
    )
