"""Where the interface pauses or asks, `get` waits or ends, with the state kept."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from preventad_tui.demo.effects import Status
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer

Records = Callable[[str], list[dict[str, Any]]]
SLOW = ("get", "-o", "out", "-v", "PREEN00", "--limit-rate", "500k", "--json")


def wait_for_some_files(program: Any, count: int = 3) -> None:
    end = time.monotonic() + 30
    while len(list((program.cwd / "out").rglob("sub-*/**/*.json"))) < count:
        assert time.monotonic() < end, "the download did not begin"
        time.sleep(0.05)


def test_an_outage_is_waited_out(program: Any, server: DemoServer, records: Records) -> None:
    child = program.start(*SLOW, "--server", program.server)
    wait_for_some_files(program)
    server.stop()
    time.sleep(1.5)
    server.start()
    stdout, stderr = child.communicate(timeout=60)
    assert child.returncode == 0, stderr
    kinds = [one["type"] for one in records(stdout)]
    assert kinds.index("pause") < kinds.index("resume")
    assert records(stdout)[-1]["failed"] == 0


def test_after_the_limit_it_gives_up_and_the_next_run_goes_on(
    program: Any, server: DemoServer, records: Records
) -> None:
    child = program.start(*SLOW, "--server", program.server, "--give-up-after", "1s")
    wait_for_some_files(program)
    server.stop()
    try:
        stdout, stderr = child.communicate(timeout=60)
    finally:
        server.start()
    assert child.returncode == 5, stderr
    summary = records(stdout)[-1]
    assert summary["exit_code"] == 5
    assert summary["not_done"] > 0
    assert summary["failed"] == 0
    assert "resume" not in {one["type"] for one in records(stdout)}
    done = program.here("get", "-o", "out", "-v", "PREEN00", "-q")
    assert done.returncode == 0, done.stderr


def test_a_token_that_ends_without_a_password_is_code_4(
    program: Any, server: DemoServer, records: Records
) -> None:
    assert program.here("login", "--token-file", "token").returncode == 0
    server.forget_requests()
    child = program.start(
        *SLOW, "--server", program.server, "--token-file", "token", PREVENTAD_PASSWORD=""
    )
    wait_for_some_files(program)
    server.expire_tokens()
    stdout, stderr = child.communicate(timeout=60)
    assert child.returncode == 4, stderr
    assert records(stdout)[-1]["failed"] == 0
    assert not [one for one in server.requests if one.path.endswith("/login")]
    assert program.here("get", "-o", "out", "-v", "PREEN00", "-q").returncode == 0


def test_files_that_are_gone_are_listed_with_code_3(
    program: Any, server: DemoServer, records: Records
) -> None:
    server.faults.add(Fault(Status(404), path="*_T1w.json"))
    done = program.here("get", "-o", "out", "-m", "t1w", "-v", "PREEN00", "--json")
    assert done.returncode == 3
    *_, summary = lines = records(done.stdout)
    gone = [one for one in lines if one.get("state") == "gone"]
    assert len(gone) == summary["gone"] > 1
    for one in gone:
        assert done.stderr.count(one["path"]) == 2  # at once, and in the list at the end
    server.faults.clear()
    assert program.here("get", "-o", "out", "-m", "t1w", "-v", "PREEN00", "-q").returncode == 0


def test_a_study_file_that_is_gone_changes_no_code(program: Any, server: DemoServer) -> None:
    server.faults.add(Fault(Status(404), path="*/README"))
    done = program.here("get", "-o", "out", "-m", "t1w", "-v", "PREEN00")
    assert done.returncode == 0, done.stderr
    assert "README: gone" in done.stderr


def test_a_fault_of_the_program_is_one_line_and_a_traceback_in_the_log(
    program: Any, isolated: Path
) -> None:
    code = (
        "import sys, preventad_tui.headless.list as it\n"
        "async def run(session):\n"
        "    password = 'canary-in-a-local'\n"
        "    raise KeyError('broken')\n"
        "it.run = run\n"
        "from preventad_tui.cli import main\n"
        "sys.exit(main(['list', 'visits']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=program.env(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "KeyError" in done.stderr
    log = isolated / ".local/state/preventad-tui/log/preventad-tui.log"
    text = log.read_text()
    assert "Traceback" in text
    assert "KeyError" in text
    assert "canary" not in text
