"""Runs of child processes with the operating system's accounting, and the table of their ratios."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

RUN_LIMIT_S = 600.0


@dataclass(frozen=True)
class Cost:
    """What one run took: wall clock, processor seconds, and the most memory that it held."""

    seconds: float
    cpu_s: float
    peak_bytes: int = 0
    more: Mapping[str, float] = field(default_factory=dict)


def run_child(
    command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> tuple[Cost, str]:
    """Run a program to its end; its cost by `wait4`, and what it wrote to its output.

    The processor's time and the peak are those of the process and of the children it waited for.
    """
    began = time.monotonic()
    process = subprocess.Popen(
        list(map(str, command)), cwd=cwd, env=dict(env) if env else None, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    output = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))[:300]}: ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    cost = Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)
    return cost, output


@dataclass
class Figure:
    """One line of the table: a ratio (or a plain figure) in every round."""

    target: str
    what: str
    wanted: str
    values: list[float]
    unit: str = ""
    is_good: bool | None = None

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return statistics.median(self.values)


class Table:
    """Collects figures, prints them, writes them."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []

    def at_least(
        self, target: str, what: str, bound: float, values: Sequence[float], unit: str = ""
    ) -> None:
        """A figure that must not be smaller."""
        figure = Figure(target, what, f">= {bound:g}", list(values), unit)
        figure.is_good = figure.median >= bound
        self._add(figure)

    def at_most(
        self, target: str, what: str, bound: float, values: Sequence[float], unit: str = ""
    ) -> None:
        """A figure that must not be larger."""
        figure = Figure(target, what, f"<= {bound:g}", list(values), unit)
        figure.is_good = figure.median <= bound
        self._add(figure)

    def told(self, target: str, what: str, values: Sequence[float], unit: str = "") -> None:
        """A figure without a bound."""
        self._add(Figure(target, what, "", list(values), unit))

    def _add(self, figure: Figure) -> None:
        self.figures.append(figure)
        print(_line(figure), flush=True)

    def text(self) -> str:
        """The whole table, by target."""
        return "\n".join([HEAD, *map(_line, self._ordered())])

    def markdown(self) -> str:
        """The whole table, by target, for a results page."""
        rows = [
            "| target | measured | wanted | min | median | max | |",
            "|---|---|---|---|---|---|---|",
        ]
        for one in self._ordered():
            numbers = [f"{value:.3g}" for value in (min(one.values), one.median, max(one.values))]
            numbers[1] += f" {one.unit}" if one.unit else ""
            cells = [one.target, one.what, one.wanted, *numbers, _WORDS[one.is_good]]
            rows.append(f"| {' | '.join(cells)} |")
        return "\n".join(rows)

    def _ordered(self) -> list[Figure]:
        return sorted(self.figures, key=lambda one: int(one.target[1:] or 99))

    def write(self, path: Path, about: Mapping[str, object]) -> None:
        """All figures with all rounds as JSON."""
        rows = [asdict(one) | {"median": one.median} for one in self.figures]
        path.write_text(json.dumps({**about, "figures": rows}, indent=1) + "\n")


HEAD = f"{'':4} {'measured':56} {'wanted':>8} {'min':>8} {'median':>8} {'max':>8}"


_WORDS = {None: "", True: "holds", False: "FALLS SHORT"}


def _line(one: Figure) -> str:
    words = _WORDS[one.is_good]
    numbers = " ".join(f"{value:8.3g}" for value in (min(one.values), one.median, max(one.values)))
    return f"{one.target:4} {one.what:56} {one.wanted:>8} {numbers} {one.unit:3} {words}".rstrip()


Contestant = Callable[[], Cost]


def interleaved(contestants: Mapping[str, Contestant], rounds: int) -> dict[str, list[Cost]]:
    """Let all run once a round, each round in another order, so that drift hits all alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in contestants}
    names = list(contestants)
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            cost = contestants[name]()
            costs[name].append(cost)
            print(
                f"     round {number + 1} {name:44} {cost.seconds:7.3f} s"
                f" {cost.cpu_s:7.3f} CPU s {cost.peak_bytes / 1e6:7.1f} MB",
                flush=True,
            )
    return costs


def ratios(
    above: Sequence[Cost],
    below: Sequence[Cost],
    of: Callable[[Cost], float] = lambda one: one.seconds,
) -> list[float]:
    """Round by round, one's figure by the other's."""
    return [of(one) / of(other) for one, other in zip(above, below, strict=True)]
