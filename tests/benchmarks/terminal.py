"""T7 to T10: the program in a pseudo-terminal, timed by what it writes."""

import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from front import Front, Study, make_study
from measure import Cost, Table, interleaved, ratios, run_child
from peers import HERE, Peers
from pseudo_terminal import Terminal

FULL = 25_000
HUGE = 250_000
KEYS = 60
WINDOW_S = 6.0
BODY_BYTES = 3_000_000
BODIES = 10_000


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
    """T9: key to paint with everything open, ticking everything; T8: the keys beside transfers."""
    medians: dict[int, list[float]] = {FULL: [], HUGE: []}
    beside: dict[int, list[float]] = {FULL: [], HUGE: []}
    slowest: dict[int, list[float]] = {FULL: [], HUGE: []}
    ticks: list[float] = []
    fronts = {count: Front(_study_with_some_bodies(work / str(count), count)) for count in medians}
    for _ in range(rounds):
        for count, front in fronts.items():
            with front:
                out = peers.new_folder()
                terminal = start(peers, front, "-o", out, "-j", "8")
                terminal.wait_text("1000000")
                terminal.settle(3.0)
                for key in ("v", "G", "=", *("k", "=") * 4, "g"):
                    terminal.press(key)
                    terminal.settle(0.3)
                times = press_keys(terminal)
                median = statistics.median(times)
                tick = terminal.press("a")
                terminal.settle()
                busy_times, files = keys_beside_transfers(terminal, out)
                terminal.end()
                peers.clear()
                busy = statistics.median(busy_times)
                print(
                    f"     {count:,} rows: key {median * 1e3:.1f} ms, all {tick * 1e3:.1f} ms;"
                    f" beside 8 transfers {busy * 1e3:.1f} ms, {files:.0f} files/s; the slowest of"
                    f" twenty {p95(times) * 1e3:.1f} and {p95(busy_times) * 1e3:.1f} ms"
                )
                medians[count].append(median)
                beside[count].append(busy / median)
                slowest[count].append(p95(busy_times) / p95(times))
                if count == HUGE:
                    ticks.append(tick / median)
    by_full = [huge / full for huge, full in zip(medians[HUGE], medians[FULL], strict=True)]
    table.at_most("T9", f"key to paint at {HUGE:,} rows by that at {FULL:,}", 1.5, by_full)
    table.at_most("T9", f"ticking {HUGE:,} by a key press", 4, ticks)
    table.told("T9", f"key to paint at {HUGE:,} rows", [1e3 * one for one in medians[HUGE]], "ms")
    for count, found in beside.items():
        what = f"key to paint at {count:,} rows beside 8 transfers, by without"
        table.at_most("T8", what, 2, found)
        table.at_most("T8", f"the same, 95th of 100 keys ({count:,})", 2, slowest[count])


def press_keys(terminal: Terminal) -> list[float]:
    """Go down, line by line and page by page; seconds from each key to its paint."""
    times = []
    for number in range(KEYS):
        times.append(terminal.press("j" if number % 30 < 20 else "\x1b[6~"))
        terminal.settle(0.05)
    return times


def keys_beside_transfers(terminal: Terminal, out: Path) -> tuple[list[float], float]:
    """Start what is ticked, back to the tree: the keys there, and files a second meanwhile."""
    terminal.press("d")
    terminal.wait_text("at once")
    terminal.settle(2.0)
    terminal.send("\r")
    terminal.wait_text("Pause")
    terminal.watch(2.0)
    terminal.press("1")
    terminal.watch(1.0)
    terminal.press("g")
    before, began = _images_in(out), time.monotonic()
    times = press_keys(terminal)
    files = (_images_in(out) - before) / (time.monotonic() - began)
    if not files:
        raise SystemExit("nothing was transferred while the keys were pressed")
    return times, files


def p95(times: list[float]) -> float:
    """The 95th of 100."""
    return sorted(times)[int(len(times) * 0.95)]


def _study_with_some_bodies(root: Path, images: int) -> Study:
    return make_study(root, images, BODY_BYTES, one_body=True, bodies=BODIES)


def _images_in(folder: Path) -> int:
    return sum(1 for _ in folder.rglob("*.nii.gz"))


def load(table: Table, peers: Peers, work: Path, rounds: int) -> None:
    """T8 and T7: the interface's loop with 8 transfers; the memory with 4.

    T8 has two idles: a browser in which nothing moves, and the same screen drawn as often, with
    100 lines of the log a second, while nothing is transferred (`pretended.py`).
    """
    still, drawn, sent, peaks, files = [], [], [], [], []
    study = _study_with_some_bodies(work / "load", FULL)
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
    before = _images_in(out)
    busy, shown_bytes = window(terminal)
    files = _images_in(out) - before
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
