"""N13, P6: stopped by Ctrl+Z, a laptop's lid or a batch system, and continued."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from preventad_tui.core.limits import Limits
from preventad_tui.demo.server import DemoServer


class Reached:
    """A server as it is reached through a relay."""

    def __init__(self, url: str) -> None:
        self.url = url


def stopped_and_continued(
    site: Any,
    load_fake: Callable[[str], ModuleType],
    stopped_s: float,
    back_within_s: float,
    figures: Callable[[str], None],
    **limits: float,
) -> None:
    """Stop a download; its flows are forgotten meanwhile, as by a NAT; continue it."""
    server = site.server
    with (
        load_fake("fault_proxy").FaultProxy(server.port) as proxy,
        load_fake("forks").Forks(Reached(proxy.url)) as forks,
    ):
        how = {"settings": {"rate_limit": 1_500_000}, "within_s": stopped_s + 120}
        child = forks.run(site.path, limits=limits, **how)
        while len(server.requests) < 12:
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGSTOP)
        proxy.forget_flows()
        time.sleep(stopped_s)
        server.wait_idle()
        made = proxy.connections
        os.kill(child.pid, signal.SIGCONT)
        continued = time.monotonic()
        # By a new connection, and a whole answer over it.
        answered = _wait(lambda: proxy.connections > made and len(site.asked()), back_within_s)
        _wait(lambda: len(site.asked()) > answered, back_within_s)
        back_s = time.monotonic() - continued
        assert back_s < back_within_s
        assert child.wait() == 0
    assert site.differences() == []
    assert site.partials() == []
    figures(f"stopped for {stopped_s:.1f} s, flows forgotten: back after {back_s:.1f} s")


def _wait(for_what: Callable[[], int], within_s: float) -> int:
    end = time.monotonic() + within_s
    while not (found := for_what()):
        assert time.monotonic() < end
        time.sleep(0.005)
    return found


def test_n13_stopped_and_continued(
    site: Any, load_fake: Callable[[str], ModuleType], figures: Callable[[str], None]
) -> None:
    """N13: with limits of half a second."""
    stopped_and_continued(site, load_fake, 1.0, 5.0, figures)


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("stopped_s", [2.0, 120.0])
def test_n13_with_the_shipped_limits(
    site: Any,
    load_fake: Callable[[str], ModuleType],
    figures: Callable[[str], None],
    stopped_s: float,
) -> None:
    """N13: on its way again within 70 s, whether the clock went on meanwhile or, as asleep, not."""
    stopped_and_continued(site, load_fake, stopped_s, 70.0, figures, **asdict(Limits()))


SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
program = os.fork()
if program == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, "-m", "preventad_tui", *sys.argv[1:]])
while True:
    _, status = os.waitpid(program, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        sys.exit(os.waitstatus_to_exitcode(status))
    os.tcsetpgrp(0, os.getpid())
    print("stopped, fg goes on $", flush=True)
    sys.stdin.readline()
    os.tcsetpgrp(0, program)
    os.killpg(program, signal.SIGCONT)
"""
"""A shell's job control: a job stops, and any line brings it back."""


def test_p6_suspended_and_brought_back(
    server: DemoServer,
    downloads: ModuleType,
    load_fake: Callable[[str], ModuleType],
    tmp_path: Path,
    isolated: Path,
) -> None:
    """P6: ctrl+z asks, gives the terminal back; `fg` draws all again and the download goes on."""
    folder = tmp_path / "out"
    with load_fake("terminal").terminals() as start:
        terminal = start(
            *("-c", SHELL, "--server", server.url, "--username", server.username),
            *("-o", str(folder), "--all", "--limit-rate", "2500k"),
            module=False,
        )
        terminal.log_in(server.password)
        terminal.wait_text("[x]")
        terminal.start_download()
        terminal.press("\x1a")
        terminal.wait_text("Suspend?")
        terminal.press("y")
        terminal.wait_text("fg goes on $")
        assert terminal.written.rindex(b"\x1b[?1049l") > terminal.written.rindex(b"\x1b[?1049h")
        before = len(terminal.written)
        time.sleep(0.7)
        terminal.read()
        assert len(terminal.written) == before  # nothing draws over the shell
        terminal.press("fg\r")
        terminal.wait_text("Transfers")
        terminal.wait_text("finished")
        assert b"\x1b[?1049h" in terminal.written[before:]
        terminal.press("q")
        assert terminal.end() == 0
    assert downloads.breaches(folder, finished=True) == []
