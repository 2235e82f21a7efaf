"""The command, and the child process that the program starts."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from preventad_tui.demo.child import DemoChild, DemoError


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _gone(pid: int, limit_s: float = 5) -> bool:
    end = time.monotonic() + limit_s
    while _alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not _alive(pid)


def _answers(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"GET /api/v0.0.3-dev/projects HTTP/1.1\r\nHost: x\r\n\r\n")
        return connection.recv(100).startswith(b"HTTP/1.1 401")


def test_child_serves_and_ends() -> None:
    start = time.monotonic()
    with DemoChild() as child:
        assert time.monotonic() - start < 5
        assert (child.username, child.password) == ("demo", "demo")
        assert _answers(child.url)
        pid = child.pid
        assert pid is not None
    assert _gone(pid)
    child.stop()  # a second time does nothing


def test_child_sees_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREVENTAD_PASSWORD", "hush")
    with DemoChild() as child:
        environment = Path(f"/proc/{child.pid}/environ").read_bytes()
    assert b"hush" not in environment


def test_child_dies_with_a_killed_parent() -> None:
    program = (
        "import os, time\n"
        "from preventad_tui.demo.child import DemoChild\n"
        "child = DemoChild().start()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert _alive(pid)
        parent.kill()
        assert _gone(pid)


def test_a_taken_port_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DemoError, match=f"cannot use port {port}"):
            DemoChild(port=port).start()


def test_missing_aiohttp_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "aiohttp.py").write_text("raise ModuleNotFoundError('no', name='aiohttp')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(DemoError, match=r"pip install 'preventad-tui\[demo\]'"):
        DemoChild().start()


def test_importing_the_child_loads_no_server() -> None:
    program = (
        "import sys, preventad_tui.demo.child\n"
        "print([n for n in sys.modules if n.split('.')[0] in ('aiohttp', 'textual', 'httpx')])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert told.stdout.strip() == b"[]"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command_prints_one_line_and_ends_on_signals(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "preventad_tui.demo", "--generation", "b28", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline().decode()
        assert line.startswith("demo server: http://127.0.0.1:")
        assert line.endswith("  user: demo  password: demo\n")
        os.kill(process.pid, number)
        assert process.wait(5) == 0
        assert process.stdout.read() == b""
        assert process.stderr.read() == b""


def test_full_is_ready_soon_and_small_in_memory() -> None:
    start = time.monotonic()
    with DemoChild("full") as child:
        assert time.monotonic() - start < 5
        status = Path(f"/proc/{child.pid}/status").read_text()
    (peak,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    assert int(peak.split()[1]) < 200_000
