"""T11 and T12: what is kept of each file, and the plan over all of them."""

import json
import sys
from pathlib import Path

from measure import Table, run_child
from peers import HERE, Peers


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
