"""A log that cannot be written is said once and changes nothing else."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.demo.effects import Delay, StallAfter, Status
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer

WISH = ("-m", "t1w", "-v", "PREEN00")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


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


@pytest.mark.parametrize("signal_too", [False, True], ids=["to its end", "ended by a signal"])
def test_a_log_that_never_opens_holds_up_nothing(
    program: Any, server: DemoServer, tmp_path: Path, signal_too: bool
) -> None:
    """D17: a named pipe that nobody reads stands for a disk that does not answer."""
    os.mkfifo(tmp_path / "pipe")
    if signal_too:
        server.faults.add(Fault(StallAfter(0), path="*_T1w.nii.gz"))
    began = time.monotonic()
    running = program.start(
        *("get", "--server", program.server, "-o", "out", *WISH, "--log-file", "pipe")
    )
    if signal_too:
        wait_for(lambda: any(one.path.endswith("_T1w.nii.gz") for one in server.requests))
        running.send_signal(signal.SIGTERM)
        began = time.monotonic()
    _, stderr = running.communicate(timeout=60)
    assert running.returncode == (143 if signal_too else 0), stderr
    assert time.monotonic() - began < 15
    assert len(lines_about_the_log(stderr)) == 1, stderr
    assert "does not answer" in stderr


def test_a_disk_of_the_log_that_hangs_in_mid_run(
    program: Any, server: DemoServer, load_fake: Any, tmp_path: Path
) -> None:
    """D17: what the engine logs meets a disk that answers no more; the run goes on and ends."""
    with load_fake("disks").lossy_disk(tmp_path / "fuse") as disk:
        path = disk.path / "our.log"
        server.faults.add(
            Fault(Delay(1.0), path="*_T1w.nii.gz", times=1),
            Fault(Status(500), path="*_T1w.json", times=2),
        )
        running = program.start(
            *("get", "--server", program.server, "-o", "out", *WISH, "--log-file", str(path)),
            "--debug",
        )
        wait_for(lambda: any("/images/" in one.path for one in server.requests))
        began = time.monotonic()
        said = []
        with disk.hanging():
            while "log cannot be written" not in (line := running.stderr.readline()):
                assert line, said  # the last one; the kernel then holds the ended process
                said.append(line)
            waited_s = time.monotonic() - began
        stderr = "".join((*said, line, running.communicate(timeout=20)[1]))
        assert running.returncode == 0, stderr
        assert waited_s < 20
        assert "35 files on disk" in stderr
        assert len(lines_about_the_log(stderr)) == 1, stderr
        assert "does not answer" in stderr
        assert path.stat().st_size > 0


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
