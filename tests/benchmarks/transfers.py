"""T1 to T6: files over the line, against the other programs."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from front import Front, free_port, make_study
from measure import Contestant, Cost, Table, interleaved, ratios
from peers import HERE, Peers

BIG = (20, 50_000_000)
SMALL_FILES = 5_000
FAR_FILES = 1_000
SMALL_BYTES = 2_048
ROUND_TRIP_S = 0.05


def speed(above: list[Cost], below: list[Cost]) -> list[float]:
    """How many times as fast the first is as the second."""
    return ratios(below, above)


def cpu(cost: Cost) -> float:
    """The processor's seconds."""
    return cost.cpu_s


def big(table: Table, peers: Peers, work: Path, rounds: int, *, tls: bool) -> None:
    """T1, T2, T3: 20 files of 50 MB, 8 at once."""
    count, size = BIG
    study = make_study(work / "big", count, size)
    with Front(study) as front:
        urls = front.urls(tls=tls)
        ca_file = front.ca_file if tls else None
        runs: dict[str, Contestant] = {
            "engine": lambda: fresh(peers, lambda: peers.engine(front, 8, tls=tls)),
            "curl": lambda: fresh(peers, lambda: peers.curl(urls, 8, ca_file)),
            "ref": lambda: fresh(peers, lambda: peers.curl(urls, 8, ca_file, verified=True)),
            "aria2c": lambda: fresh(peers, lambda: peers.aria2c(urls, 8, ca_file)),
            "get": lambda: fresh(peers, lambda: peers.command(front, 8, tls=tls)),
            "wget": lambda: fresh(peers, lambda: peers.wget(urls, ca_file)),
        }
        if peers.python:
            runs["original"] = lambda: fresh(peers, lambda: peers.original(urls, ca_file))
            runs["openneuro-py"] = lambda: fresh(peers, lambda: peers.openneuro(urls, 8, ca_file))
            runs["dandi"] = lambda: fresh(peers, lambda: peers.dandi(urls, 8, ca_file))
        costs = interleaved(runs, rounds)
    way = "TLS" if tls else "HTTP"
    mine = costs["engine"]
    files = f"{count} x {size // 1_000_000} MB, {way}: engine's speed by"
    if tls:
        table.at_least("T2", f"{files} ref's", 1.0, speed(mine, costs["ref"]))
    else:
        table.at_least("T1", f"{files} ref's", 1.25, speed(mine, costs["ref"]))
        table.at_least("T1", f"{files} curl's", 0.6, speed(mine, costs["curl"]))
        table.at_least("T1", f"{files} aria2c's", 1.1, speed(mine, costs["aria2c"]))
    target = "T2" if tls else "T1"
    for name in ("wget", "openneuro-py", "dandi"):
        if name in costs:
            table.told(target, f"{files} {name}'s", speed(mine, costs[name]))
    table.told(target, f"{files} that of `get` whole", speed(mine, costs["get"]))
    if "original" in costs:
        bound = 2.0 if tls else 2.5
        table.at_least("T3", f"{files} the script's", bound, speed(mine, costs["original"]))
    if not tls:
        peaks = [cost.peak_bytes / 1e6 for cost in mine]
        table.at_most(
            "T7", "peak of the engine's process, files of 50 MB, 8 at once", 60, peaks, "MB"
        )


def small(table: Table, peers: Peers, work: Path, rounds: int) -> None:
    """T4: 5,000 files of 2 KB on a short way."""
    study = make_study(work / "small", SMALL_FILES // 2, SMALL_BYTES, sidecars=True)
    with Front(study) as front:
        urls = front.urls()
        costs = interleaved(
            {
                "engine": lambda: fresh(peers, lambda: peers.engine(front, 8)),
                "aria2c": lambda: fresh(peers, lambda: peers.aria2c(urls, 8)),
                "curl": lambda: fresh(peers, lambda: peers.curl(urls, 8)),
                "ref": lambda: fresh(peers, lambda: peers.curl(urls, 8, verified=True)),
                "wget": lambda: fresh(peers, lambda: peers.wget(urls)),
            },
            rounds,
        )
    files = f"{SMALL_FILES} x 2 KB: engine's speed by"
    table.at_least("T4", f"{files} aria2c's", 1.3, speed(costs["engine"], costs["aria2c"]))
    for name in ("curl", "ref", "wget"):
        table.told("T4", f"{files} {name}'s", speed(costs["engine"], costs[name]))


def updates(table: Table, peers: Peers, work: Path, rounds: int) -> None:
    """T5: what has not changed costs little, and complete files cost nothing."""
    study = make_study(work / "small", SMALL_FILES // 2, SMALL_BYTES, sidecars=True)
    with Front(study) as front:
        urls = front.urls()
        out = work / "complete"
        peers.engine(front, 8, out=out)
        costs = interleaved(
            {
                "engine": lambda: peers.engine(front, 8, out=out, check_updates=True),
                "curl": lambda: fresh(
                    peers, lambda: peers.curl(urls, 8, extra=["-H", "If-None-Match: *"])
                ),
                "resume": lambda: peers.engine(front, 8, out=out),
            },
            rounds,
        )
    for cost in (*costs["engine"], *costs["resume"]):
        assert cost.more["fetched_files"] == 0
    assert all(cost.more["files"] == SMALL_FILES for cost in costs["engine"])
    what = f"{SMALL_FILES} unchanged files: engine's CPU by curl's"
    table.at_most("T5", what, 5.0, ratios(costs["engine"], costs["curl"], cpu))
    asked = [cost.more["files"] for cost in costs["resume"]]
    table.at_most("T5", "files that a plain resume touches", 0, asked)


def far(table: Table, peers: Peers, work: Path, rounds: int) -> None:
    """T6 and T3: small files at a round trip of 50 ms."""
    study = make_study(work / "far", FAR_FILES // 2, SMALL_BYTES, sidecars=True)
    with Front(study) as front, delayed(front.http) as port:
        urls = front.urls(port=port)
        runs: dict[str, Contestant] = {
            "engine": lambda: fresh(peers, lambda: peers.engine(front, 16, port=port)),
            "curl": lambda: fresh(peers, lambda: peers.curl(urls, 16)),
            "aria2c": lambda: fresh(peers, lambda: peers.aria2c(urls, 16)),
        }
        if peers.python:
            some = urls[: FAR_FILES // 10]
            runs["original"] = lambda: fresh(peers, lambda: peers.original(some))
        costs = interleaved(runs, rounds)
    files = f"{FAR_FILES} x 2 KB, 50 ms"
    table.at_most(
        "T6", f"{files}: engine's time by curl's", 1.1, ratios(costs["engine"], costs["curl"])
    )
    table.told(
        "T6", f"{files}: engine's speed by aria2c's", speed(costs["engine"], costs["aria2c"])
    )
    if "original" in costs:
        # A tenth of the files, as it takes two round trips for each, one after another.
        times = [10 * value for value in speed(costs["engine"], costs["original"])]
        table.at_least("T3", f"{files}: engine's speed by the script's", 20, times)


def fresh(peers: Peers, run: Contestant) -> Cost:
    """One run; what it wrote is removed after the clock has stopped, and the disk left quiet."""
    cost = run()
    peers.clear()
    subprocess.run(["sync"], check=True)
    return cost


@contextmanager
def delayed(onward: int) -> Iterator[int]:
    """The port of a relay with the round trip of a far server."""
    port = free_port()
    command = [sys.executable, HERE / "delay_proxy.py", str(port), str(onward), str(ROUND_TRIP_S)]
    process = subprocess.Popen(command)
    time.sleep(0.5)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()
