"""T7, T11 and T12: what is kept of each file, and the plan over all of them."""

import json
import sys
from pathlib import Path

from front import Front, make_study
from measure import Table, run_child
from peers import HERE, Peers
from terminal import start

IMAGES = 26_529  # with a sidecar each: 53,058 files, as many as the whole study has
WATCHED_S = 6.0
MEMORY_ROUNDS = 2  # not a ratio, and no machine's load changes it


def state(table: Table, peers: Peers, work: Path, rounds: int) -> None:
    """Bookkeeping, loading, planning."""
    found: list[dict[str, float]] = []
    for number in range(rounds):
        folder = work / f"state{number}"
        command = [sys.executable, HERE / "state_child.py", folder]
        _, output = run_child(command, env=peers.environment())
        found.append(json.loads(output))
        print(f"     round {number + 1} {output.strip()}", flush=True)
    shares = [one["bookkeeping"] for one in found]
    table.at_most("T11", "ledger's part of a completion by its write and fsync", 0.2, shares)
    loads = [one["load_s"] for one in found]
    table.at_most("T11", "loading 53,000 records", 0.25, loads, "s")
    plans = [one["plan_s"] for one in found]
    table.at_most("T12", "plan of 53,058 files with 50,000 complete", 1.5, plans, "s")


def memory(table: Table, peers: Peers, work: Path, rounds: int) -> None:
    """T7: the whole study in the catalogue, in the plan, and nearly all of it in the ledger."""
    study = make_study(work / "whole", IMAGES, 2048, sidecars=True, one_body=True)
    resumed, shown = [], []
    with Front(study) as front:
        for number in range(min(rounds, MEMORY_ROUNDS)):
            peers.clear()  # else the interface offers to go on with the round before
            out = work / f"out{number}"
            made = [sys.executable, HERE / "whole_child.py", study.root, front.origin(), out]
            run_child(made, env=peers.environment())
            words = ["get", "--all", "--quiet", "--server", front.origin(), "-o", out, "-j", "4"]
            command = [sys.executable, "-m", "preventad_tui", *words]
            resumed.append(run_child(command, env=peers.environment())[0].peak_bytes / 1e6)
            terminal = start(peers, front, "-o", out, "-j", "4")
            terminal.wait_text("1000000")
            terminal.settle(3.0)
            for key in ("a", "d"):
                terminal.press(key)
                terminal.settle(3.0)
            terminal.send("\r")
            terminal.watch(WATCHED_S)
            shown.append(terminal.end() / 1e6)
            print(f"     round {number + 1} get {resumed[-1]:.0f} MB, interface {shown[-1]:.0f} MB")
    table.at_most("T7", "`get --all`, 53,000 of 53,058 files on disk: peak", 150, resumed, "MB")
    table.at_most("T7", "interface, the same in plan and run: peak", 150, shown, "MB")
