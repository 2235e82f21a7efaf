"""Where the interface pauses or asks, `get` waits or ends, with the state kept."""

import time
from collections.abc import Callable
from typing import Any

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
