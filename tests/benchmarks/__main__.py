"""`python tests/benchmarks [NAME ...]`: measure, print one table of ratios, write it as JSON."""

import argparse
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import conduct
import state
import terminal
import transfers
from measure import HEAD, Table
from peers import NOTES, WITHOUT_UV, Peers, peers_python

Benchmark = Callable[[Table, Peers, Path, int], None]

BENCHMARKS: dict[str, Benchmark] = {
    "big": partial(transfers.big, tls=False),
    "big-tls": partial(transfers.big, tls=True),
    "small": transfers.small,
    "updates": transfers.updates,
    "far": transfers.far,
    "paint": terminal.paint,
    "keys": terminal.keys,
    "load": terminal.load,
    "state": state.state,
    "memory": state.memory,
    "conduct": conduct.conduct,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python tests/benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; default all"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=Path("benchmarks.json"))
    parser.add_argument(
        "--markdown", type=Path, help="write the table as Markdown too, for the results page"
    )
    parser.add_argument(
        "--peers",
        type=Path,
        default=Path.home() / ".cache/preventad-tui-peers",
        help="an environment for the peers of PyPI; made by uv if it is not there",
    )
    options = parser.parse_args()
    table = Table()
    python = peers_python(options.peers)
    began = time.monotonic()
    for name in options.names or BENCHMARKS:
        print(f"{name}\n{HEAD}", flush=True)
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            work = Path(folder)
            peers = Peers(work / "runs", python)
            peers.clear()
            BENCHMARKS[name](table, peers, work, options.rounds)
    about: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.platform()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
        "rounds": options.rounds,
        "load": os.getloadavg(),
        "seconds": time.monotonic() - began,
        "programs": versions(),
        "notes": [*NOTES, *([] if python else [WITHOUT_UV])],
    }
    table.write(options.json, about)
    head = f"{about['machine']}, {about['when']}, {options.rounds} rounds, {about['seconds']:.0f} s"
    print(f"\n{head}\n{table.text()}\n", *about["notes"], sep="\n")
    if options.markdown:
        command = " ".join(
            ["python tests/benchmarks", *options.names, f"--rounds {options.rounds}"]
        )
        programs = "; ".join(about["programs"].values())
        text = [f"`{command}`: {head}.", programs, table.markdown(), *about["notes"]]
        options.markdown.write_text("\n\n".join(text) + "\n")


def versions() -> dict[str, str]:
    """The first line that each program says of itself."""
    words = {"curl": "--version", "aria2c": "--version", "wget": "--version", "nginx": "-v"}
    found = {}
    for program, option in words.items():
        path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if path:
            run = subprocess.run([path, option], capture_output=True, text=True)
            found[program] = (run.stdout or run.stderr).splitlines()[0]
    return found


if __name__ == "__main__":
    main()
