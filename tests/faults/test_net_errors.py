"""H2: a server that fails now and then, through a download of any length."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from preventad_tui.core.errors import ExitCode
from preventad_tui.demo.effects import Status
from preventad_tui.demo.faults import Fault

PAGE = b"<html><head><title>502</title></head><body>SERVER-ERROR-PAGE</body></html>"
CODES = (500, 502, 504)
SHARE = 0.05


@pytest.mark.parametrize(
    ("candidates", "files"), [(3, 200), pytest.param(21, 5000, marks=pytest.mark.long)]
)
@pytest.mark.timeout(900)
def test_h2_five_percent_errors_and_all_files_complete(
    new_site: Callable[..., Any],
    seed: int,
    figures: Callable[[str], None],
    candidates: int,
    files: int,
) -> None:
    """H2: 5 % of all answers are 500, 502 or 504 with a page: all files whole, no page saved."""
    site = new_site(size="full", candidates=candidates)
    rng = random.Random(seed)
    # Each is asked whether the one before it did not fire: together, a twentieth.
    faults = [
        Fault(
            Status(code, body=PAGE), "/[cp]*/*/*", probability=SHARE / 3, seed=rng.randrange(10**6)
        )
        for code in CODES
    ]
    site.server.faults.add(*faults)
    run = site.start().join(600)
    errors = sum(map(site.server.faults.hits, faults))
    assert len(run.plan.items) >= files
    assert run.summary.exit_code is ExitCode.OK, f"seed {seed}: {run.summary}"
    assert run.summary.failed == run.summary.gone == 0
    assert run.summary.on_disk == len(run.plan.items)
    requests = len(site.asked(None))
    assert abs(errors - SHARE * requests) < 5 * (SHARE * requests) ** 0.5, f"seed {seed}"
    on_disk = site.files()
    assert len(on_disk) >= len(run.plan.items)
    assert not [path for path, data in on_disk.items() if b"SERVER-ERROR-PAGE" in data]
    assert site.differences() == []
    assert site.partials() == []
    ok = site.asked(200)
    assert len(ok) == len(set(ok))  # invariant 11: each was given once
    figures(
        f"{len(run.plan.items)} files, {requests} requests, {errors} of them 500, 502 or 504: "
        f"all on disk, 0 pages saved (seed {seed})"
    )
