"""How the engine shares: the rate limit, a slow file among others, the order of the files."""

from pathlib import Path

from front import Front, make_study
from measure import Table, interleaved, ratios
from peers import Peers
from transfers import fresh

RATE = 20_000_000
RATE_S = 10


def conduct(table: Table, peers: Peers, work: Path, rounds: int) -> None:
    """`--limit-rate` over 10 s; files beside a slow one; when the first subject is whole."""
    limited = make_study(work / "limited", 20, RATE * RATE_S // 20)
    with Front(limited) as front:
        rates = [
            limited.size_bytes / cost.seconds / RATE
            for cost in (
                fresh(peers, lambda: peers.engine(front, 8, rate=RATE)) for _ in range(rounds)
            )
        ]
    table.at_most("", "rate under --limit-rate by the limit, 10 s", 1.05, rates)
    table.at_least("", "rate under --limit-rate by the limit, 10 s", 0.95, rates)
    mixed = make_study(work / "mixed", 150, 2_000_000, sidecars=True)
    with Front(mixed) as front, Front(mixed, slow="run-00000_T1w.nii.gz") as slow:
        costs = interleaved(
            {
                "by subject": lambda: fresh(peers, lambda: peers.engine(front, 4)),
                "largest first": lambda: fresh(
                    peers, lambda: peers.engine(front, 4, largest_first=True)
                ),
                "one slow file": lambda: fresh(peers, lambda: peers.engine(slow, 4)),
            },
            rounds,
        )
    plain, largest = costs["by subject"], costs["largest first"]
    table.told("", "largest first: whole time by that in subject order", ratios(largest, plain))
    of_first = [
        one.more["first_subject_s"] / other.more["first_subject_s"]
        for one, other in zip(largest, plain, strict=True)
    ]
    table.told("", "largest first: first whole subject by subject order", of_first)
    others = [
        one.more["all_but_one_s"] / other.more["all_but_one_s"]
        for one, other in zip(costs["one slow file"], plain, strict=True)
    ]
    table.at_most("", "299 files beside a slow one, 4 at once, by without it", 1.34, others)
