"""A download during which one works: nothing is lost, memory is flat, a slow line stays usable.

The hour is in the long set; the quick one takes under a minute.
"""

import random
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.disk_view import META
from preventad_tui.demo.server import DemoServer

LINE_LIMIT_BYTES_PER_S = 3000
REPAINTS_PER_S = 15
QUIET_S = 2.5
WINDOW_S = 5.0


@dataclass(frozen=True)
class Pace:
    """How much comes at which rate; `pause_s` is how long nobody touches a key, now and then."""

    candidates: int
    body_scale: float
    limit_rate: str
    at_least_s: float
    growth_bytes: int
    pause_s: float = 0.0


PACES = [
    pytest.param(Pace(3, 0.2, "150k", 20, 25_000_000), id="quick"),
    pytest.param(
        Pace(12, 1.0, "310k", 250, 12_000_000, 5.0),
        id="five-minutes",
        marks=[pytest.mark.long, pytest.mark.timeout(1200)],
    ),
    pytest.param(
        Pace(12, 1.0, "26k", 3400, 12_000_000, 30.0),
        id="hour",
        marks=[pytest.mark.long, pytest.mark.timeout(9000)],
    ),
]

LOOKS = (
    ("1", "\x1b[B", "\x1b[B", "\x1b[A"),
    ("1", "/", "t", "1", "w", "\r", "\x1b"),
    ("1", " ", "u"),
    ("1", "f", "\x1b[B", "\x1b"),
    ("1", "c", "m", "\x1b"),
    ("?", "\x1b[6~", "\x1b"),
    ("2", "\x1b[B", "\x1b[B", "g"),
    ("1", "v", "v", "v"),
)
"""What one looks at; each leaves the selection as it was."""


@dataclass
class Measured:
    """What was seen while it ran."""

    line_bytes_per_s: list[float] = field(default_factory=list)
    repaints_per_s: list[float] = field(default_factory=list)
    memory_bytes: list[int] = field(default_factory=list)


def memory_of(pid: int) -> int:
    """The resident memory of a process, bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS: this is no Linux")


def watch(terminal: Any, seconds: float) -> tuple[int, int]:
    """Bytes and pieces that are written while no key is pressed."""
    before, pieces, end = len(terminal.written), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        seen = len(terminal.written)
        terminal.read(0.02)
        pieces += len(terminal.written) > seen
    return len(terminal.written) - before, pieces


def wait_quiet(terminal: Any) -> None:
    """Until what the keys caused is drawn."""
    watch(terminal, QUIET_S)


def is_over(terminal: Any) -> bool:
    """Whether the transfers screen says so; goes there."""
    terminal.press("2")
    terminal.wait_text("Transfers")
    return "finished" in terminal.text


@pytest.mark.parametrize("pace", PACES)
def test_work_goes_on_while_it_downloads(
    pace: Pace, start: Any, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    folder = tmp_path / "out"
    measured = Measured()
    with DemoServer(candidates=pace.candidates, body_scale=pace.body_scale) as server:
        terminal = start(
            *("--server", server.url, "--username", server.username, "-o", str(folder)),
            *("--limit-rate", pace.limit_rate, "--all"),
        )
        terminal.log_in(server.password)
        terminal.wait_text("candidate  visit")
        terminal.wait_for(lambda: "to fetch  0 files" not in terminal.text)
        terminal.wait_text("+ [x] ")
        terminal.press("d")
        terminal.wait_text("at once")
        terminal.press("\r")
        begun = time.monotonic()
        terminal.wait_text("Transfers")
        # The selection of the next download is edited while this one runs.
        terminal.press("1")
        terminal.wait_text("candidate  visit")
        terminal.press("G ")
        terminal.press("k ")
        while not is_over(terminal):
            for size in ((dice.randint(60, 200), dice.randint(16, 60)), (80, 24)):
                terminal.resize(*size)
                terminal.read(0.1)
            for key in dice.choice(LOOKS):
                terminal.press(key)
                terminal.read(0.1)
            terminal.press("\x1b")
            terminal.press(dice.choice("12"))
            wait_quiet(terminal)
            size_bytes, pieces = watch(terminal, WINDOW_S)
            measured.line_bytes_per_s.append(size_bytes / WINDOW_S)
            measured.repaints_per_s.append(pieces / WINDOW_S)
            measured.memory_bytes.append(memory_of(terminal.child.pid))
            watch(terminal, pace.pause_s)
        numbers = r"([\d,]+) of ([\d,]+) files"
        terminal.wait_for(lambda: re.search(numbers, terminal.text))
        ended = re.search(numbers, terminal.text)
        assert ended
        took_s = time.monotonic() - begun
        terminal.press("1")
        terminal.wait_text("candidate  visit")
        terminal.press("g")
        wait_quiet(terminal)
        kept = terminal.text
        terminal.press("q")
        assert terminal.end() == 0
        planned = [item for item in folder.rglob("*") if item.is_file() and META not in item.parts]
        assert ended[1] == ended[2] == f"{len(planned):,}"
        for path in planned:
            assert path.read_bytes() == server.body(str(path.relative_to(folder))), path
    samples = measured.memory_bytes
    early = statistics.median(samples[len(samples) // 4 : len(samples) // 2 + 1])
    late = statistics.median(samples[-max(1, len(samples) // 4) :])
    record_property(
        "figures",
        f"{took_s:.0f} s of work during a download: to the terminal "
        f"{statistics.median(measured.line_bytes_per_s):.0f} B/s, at most "
        f"{max(measured.line_bytes_per_s):.0f}; repaints at most "
        f"{max(measured.repaints_per_s):.1f}/s; memory {early / 1e6:.0f} MB, at the end "
        f"{late / 1e6:.0f} MB",
    )
    assert took_s >= pace.at_least_s
    assert max(measured.line_bytes_per_s) < LINE_LIMIT_BYTES_PER_S
    assert max(measured.repaints_per_s) <= REPAINTS_PER_S
    assert late - early < pace.growth_bytes
    assert re.search(r"[+-] \[ \] sub-", kept), f"the selection was not kept as edited:\n{kept}"
