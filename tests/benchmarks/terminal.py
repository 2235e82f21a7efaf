"""T7 to T10: the program in a pseudo-terminal, timed by what it writes."""

import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import sys
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from front import Front, make_study
from measure import Cost, Table, interleaved, ratios, run_child
from peers import HERE, Peers

FULL = 25_000
HUGE = 250_000
KEYS = 60
WINDOW_S = 4.0
BODY_BYTES = 3_000_000
_ESCAPES = re.compile(rb"\x1b(\[[0-9;?>=<]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-Z0-9]|.)")
_LIMIT_S = 120.0


class Terminal:
    """A program in a terminal of 120 by 40."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.began = time.monotonic()
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.execve(command[0], command, env)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._plain = b""
        self.written = 0

    def read(self, timeout_s: float) -> bytes:
        """What is written within the time; b"" for nothing."""
        if not select.select([self._fd], [], [], timeout_s)[0]:
            return b""
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:
            raise SystemExit(f"the program ended:\n{self._plain[-3000:].decode()}") from None
        self.written += len(data)
        self._plain = (self._plain + _ESCAPES.sub(b"", data))[-20_000:]
        return data

    def wait_text(self, text: str) -> float:
        """Wait until it is written; seconds since the program's start."""
        end = time.monotonic() + _LIMIT_S
        while text.encode() not in self._plain:
            self.read(0.5)
            if time.monotonic() > end:
                raise SystemExit(f"no “{text}” in\n{self._plain[-3000:].decode()}")
        return time.monotonic() - self.began

    def settle(self, quiet_s: float = 1.0) -> None:
        """Wait until nothing was written for a while."""
        end = time.monotonic() + _LIMIT_S
        while self.read(quiet_s) and time.monotonic() < end:
            pass

    def press(self, key: str) -> float:
        """Press a key and wait for the paint; seconds until its first byte."""
        self.send(key)
        began = time.monotonic()
        while not self.read(0.5):
            if time.monotonic() - began > _LIMIT_S:
                raise SystemExit(f"nothing happens on {key!r}")
        return time.monotonic() - began

    def send(self, keys: str) -> None:
        """Press keys without waiting."""
        self._plain = b""
        os.write(self._fd, keys.encode())

    def watch(self, seconds: float) -> int:
        """Read for a while; the number of bytes written meanwhile."""
        before, end = self.written, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)
        return self.written - before

    def end(self) -> int:
        """End the program by a signal; the most memory that it held, by `wait4`."""
        os.kill(self._pid, signal.SIGTERM)
        deadline = time.monotonic() + 20
        while True:
            pid, _, usage = os.wait4(self._pid, os.WNOHANG)
            if pid:
                os.close(self._fd)
                return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            if time.monotonic() > deadline:
                raise SystemExit("the program does not end")
            try:
                self.read(0.05)
            except SystemExit:
                time.sleep(0.02)


def start(
    peers: Peers,
    front: Front,
    *words: str | Path,
    probe: Path | None = None,
    env: Mapping[str, str] = MappingProxyType({}),
) -> Terminal:
    """The program before the browser's server, logged in by the environment's token."""
    env = {**peers.environment(), "TERM": "xterm-256color", "LANG": "C.UTF-8", **env}
    program = [str(HERE / "ui_child.py"), str(probe)] if probe else ["-m", "preventad_tui"]
    options = ["--server", front.origin(), *map(str, words)]
    return Terminal([sys.executable, *program, *options], env)


def paint(table: Table, peers: Peers, work: Path, rounds: int) -> None:
    """T10: the browser's first paint with a cached catalogue, by the import of the toolkit."""
    with Front(make_study(work / "full", FULL, 0)) as front:
        warm = start(peers, front)
        warm.wait_text("PREFU")
        warm.settle()
        warm.end()

        def first() -> Cost:
            terminal = start(peers, front)
            seconds = terminal.wait_text("1000000")
            terminal.settle()
            return Cost(seconds, 0, terminal.end())

        def toolkit() -> Cost:
            return run_child([sys.executable, "-c", "import textual.app"])[0]

        costs = interleaved({"browser": first, "import textual.app": toolkit}, rounds)
    what = f"first paint of {FULL:,} images by `import textual.app`"
    table.at_most("T10", what, 2.5, ratios(costs["browser"], costs["import textual.app"]))


def keys(table: Table, peers: Peers, work: Path, rounds: int) -> None:
    """T9: key to paint with everything open, and ticking everything."""
    medians: dict[int, list[float]] = {FULL: [], HUGE: []}
    ticks: list[float] = []
    fronts = {count: Front(make_study(work / str(count), count, 0)) for count in medians}
    for _ in range(rounds):
        for count, front in fronts.items():
            with front:
                terminal = start(peers, front)
                terminal.wait_text("1000000")
                terminal.settle(3.0)
                for key in ("v", "G", "=", *("k", "=") * 4, "g"):
                    terminal.press(key)
                    terminal.settle(0.3)
                times = []
                for number in range(KEYS):
                    times.append(terminal.press("j" if number % 30 < 20 else "\x1b[6~"))
                    terminal.settle(0.05)
                median = statistics.median(times)
                tick = terminal.press("a")
                terminal.settle()
                print(f"     {count:,} rows: key {median * 1e3:.1f} ms, all {tick * 1e3:.1f} ms")
                medians[count].append(median)
                if count == HUGE:
                    ticks.append(tick / median)
                terminal.end()
    by_full = [huge / full for huge, full in zip(medians[HUGE], medians[FULL], strict=True)]
    table.at_most("T9", f"key to paint at {HUGE:,} rows by that at {FULL:,}", 1.5, by_full)
    table.at_most("T9", f"ticking {HUGE:,} by a key press", 4, ticks)
    table.told("T9", f"key to paint at {HUGE:,} rows", [1e3 * one for one in medians[HUGE]], "ms")


def load(table: Table, peers: Peers, work: Path, rounds: int) -> None:
    """T8 and T7: the interface's loop with 8 transfers; the memory with 4.

    T8 has two idles: a browser in which nothing moves, and the same screen drawn as often, with
    100 lines of the log a second, while nothing is transferred (`pretended.py`).
    """
    still, drawn, sent, peaks, files = [], [], [], [], []
    study = make_study(work / "load", FULL, BODY_BYTES, one_body=True)
    with Front(study) as front:
        for _ in range(rounds):
            pretended = under_load(peers, front, work, 8, pretends=True)
            full = under_load(peers, front, work, 8)
            half = under_load(peers, front, work, 4)
            print(
                f"     p99 still {full.still_s * 1e3:.1f} ms, drawn {pretended.busy_s * 1e3:.1f},"
                f" 8 at once {full.busy_s * 1e3:.1f}, 4 at once {half.busy_s * 1e3:.1f};"
                f" {full.files} files, {full.shown_bytes:,} bytes shown, {half.peak / 1e6:.0f} MB"
            )
            still.append(full.busy_s / full.still_s)
            drawn.append(full.busy_s / pretended.busy_s)
            sent.append(full.shown_bytes / WINDOW_S)
            files.append(full.files / WINDOW_S)
            peaks.append(half.peak / 1e6)
    what = "loop lateness p99, 8 transfers at full speed"
    table.at_most("T8", f"{what}, by the same drawn without them", 2, drawn)
    table.at_most("T8", f"{what}, by a still browser's", 2, still)
    table.told("T8", "files (and lines of the log) a second meanwhile", files, "/s")
    table.told("T8", "bytes to the terminal meanwhile", sent, "B/s")
    table.at_most("T7", f"whole program, {FULL:,} images, 4 transfers: peak", 150, peaks, "MB")


@dataclass(frozen=True, slots=True)
class Loaded:
    """One run in the interface: latenesses (p99), what came, what was shown, the memory."""

    still_s: float
    busy_s: float
    files: int
    shown_bytes: int
    peak: int


def under_load(
    peers: Peers, front: Front, work: Path, jobs: int, *, pretends: bool = False
) -> Loaded:
    """Look at the loop in the browser, then in the transfers."""
    out, probe = peers.new_folder(), work / "probe"
    terminal = start(
        peers,
        front,
        "-o",
        out,
        "-j",
        str(jobs),
        probe=probe,
        env={"PRETENDED": ""} if pretends else {},
    )
    terminal.wait_text("1000000")
    terminal.settle(3.0)
    nothing = window(terminal)[0]
    terminal.press("a")
    terminal.settle()
    terminal.press("d")
    terminal.settle(2.0)
    terminal.send("\r")
    terminal.watch(1.5)
    before = sum(1 for _ in out.rglob("*.nii.gz"))
    busy, shown_bytes = window(terminal)
    files = sum(1 for _ in out.rglob("*.nii.gz")) - before
    peak = terminal.end()
    samples = [tuple(map(float, one.split())) for one in probe.open()]
    peers.clear()
    return Loaded(p99(samples, nothing), p99(samples, busy), files, shown_bytes, peak)


def window(terminal: Terminal) -> tuple[tuple[float, float], int]:
    """A span of the clock to look at, and the bytes written in it."""
    began = time.monotonic()
    count = terminal.watch(WINDOW_S)
    return (began, time.monotonic()), count


def p99(samples: list[tuple[float, ...]], span: tuple[float, float]) -> float:
    """The 99th of 100 latenesses within a span."""
    found = sorted(late for when, late in samples if span[0] <= when <= span[1])
    return found[int(len(found) * 0.99)]
