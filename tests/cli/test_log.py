"""A log that cannot be written is said once and changes nothing else."""

from pathlib import Path
from typing import Any

import pytest

from preventad_tui.demo.effects import Status
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer

WISH = ("-m", "t1w", "-v", "PREEN00")


def lines_about_the_log(stderr: str) -> list[str]:
    assert "Logging error" not in stderr
    assert "Traceback" not in stderr
    return [line for line in stderr.splitlines() if "log" in line.split() and "cannot" in line]


@pytest.mark.parametrize("where", ["a folder", "below a file", "a read-only folder"])
def test_one_that_cannot_be_opened(
    program: Any, load_fake: Any, tmp_path: Path, where: str
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    path = logs / "our.log"
    if where == "a folder":
        path.mkdir()
    elif where == "below a file":
        path.write_bytes(b"")
        path = path / "our.log"
    else:
        load_fake("disks").mount("--bind", "-o", "ro", str(logs), str(logs))
    try:
        done = program.here("get", "-o", "out", *WISH, "--log-file", str(path))
    finally:
        if where == "a read-only folder":
            load_fake("disks").unmount(logs)
    assert done.returncode == 0, done.stderr
    assert len(lines_about_the_log(done.stderr)) == 1
    assert "Log: " not in done.stderr


def test_a_disk_that_is_full_for_the_log_only(program: Any, load_fake: Any, tmp_path: Path) -> None:
    """The log is opened; not a line fits. A failing server gives it something to say."""
    with load_fake("disks").small_disk(tmp_path / "small", "size=16k") as disk:
        path = disk / "our.log"
        path.write_bytes(b"")
        with (disk / "filler").open("wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)):
                    pass
            except OSError:
                pass
        done = program.here("get", "-o", "out", *WISH, "--log-file", str(path), "--debug")
        assert done.returncode == 0, done.stderr
        assert path.read_bytes() == b""
    assert len(lines_about_the_log(done.stderr)) == 1, done.stderr
    assert "No space left" in done.stderr


def test_what_the_server_said_is_in_the_log_and_nowhere_on_disk(
    program: Any, server: DemoServer, tmp_path: Path
) -> None:
    """H2: a page with status 500: the first words of it, cleaned and cut; the file comes later."""
    page = f"<html><body><h1>Out of memory \x1b[31m{'words ' * 100}</h1>".encode()
    server.faults.add(Fault(Status(500, body=page), path="*_T1w.nii.gz", times=1))
    done = program.here("get", "-o", "out", *WISH, "--log-file", "our.log")
    assert done.returncode == 0, done.stderr
    log = (tmp_path / "our.log").read_text()
    (line,) = [line for line in log.splitlines() if "server-error" in line]
    assert "the server answered 500: Out of memory \\u{1b}[31mwords" in line
    assert "words " * 40 not in line
    assert "code 0" in log
    saved = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not any(b"Out of memory" in path.read_bytes() for path in saved)
