"""All at once: the whole study of 53,058 files under random faults, ended logins and kills.

`python -m pytest -m long tests/faults/test_soak.py`: some minutes, its figures at the end.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from preventad_tui.core.disk_view import META
from preventad_tui.demo import archive, effects
from preventad_tui.demo.accounts import Account
from preventad_tui.demo.bodies import Volume
from preventad_tui.demo.faults import Fault

FILES = 53_058
JOBS = 4
KILLS = 3
TOKEN_S = 60.0
DELAY_S = 0.012  # of each answer: no machine is so fast that no token ends
MOST_BYTES = 150_000_000
MOST_UNCOMMITTED = 2 * 64 + JOBS  # one round being written, one that waits, those on the line
ACCOUNT = Account("soak", "canary-soak-77")
# Nothing that a run rightly takes for the last word on a file: 403, 404, a redirect, twice empty.
FAULTS: tuple[effects.Effect, ...] = (
    *map(effects.CloseAfter, (0, 700)),
    *map(effects.Reset, (0, 700)),
    *map(effects.StallAfter, (0, 700)),
    *(effects.Slow(300.0), effects.Drop(), effects.RawBytes(b"\x16\x03\x01 nonsense")),
    *map(effects.Status, (400, 408, 500, 502, 503, 504)),
    *(effects.Status(429, "0"), effects.Partial(length=500), effects.NotModified()),
)
LIMITS = {"idle_timeout_s": 1, "slow_window_s": 1, "backoff_first_s": 0.05, "backoff_max_s": 0.5}
LIMITS |= {"probe_first_s": 0.1, "probe_max_s": 0.5, "header_timeout_s": 2}


@pytest.fixture
def small_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Images of 1.4 to 3.9 kB."""
    real = archive.volume

    def small(*how: Any) -> Volume:
        shown = real(*how)
        return replace(shown, shape=(16, 16, 2 + shown.seed % 6, 1))

    monkeypatch.setattr(archive, "volume", small)


class Soak:
    """One user's `get --all` into one folder, again and again."""

    def __init__(self, site: Any, base: Path) -> None:
        self.site, self.said = site, base / "said"
        self.names: Counter[str] = Counter()  # of the files asked for in the run before
        self.whole: Counter[str] = Counter()  # answers in full over all runs, by path
        self.renewals = 0  # of logins, in all runs
        self.peak_bytes = self.threads = 0

    def run(self, kill_after_s: float = float("inf")) -> int:
        """One start, killed or to its own end; the exit code."""
        self.site.server.forget_requests()
        words = ["get", "--all", "--json", "-j", str(JOBS), "-o", str(self.site.path)]
        words += ["--server", self.site.server.url]
        given = {"USERNAME": ACCOUNT.name, "PASSWORD": ACCOUNT.password}
        given |= {"TUI_LIMITS": json.dumps(LIMITS)}
        environment = os.environ | {f"PREVENTAD_{name}": value for name, value in given.items()}
        with self.said.open("w") as out:
            program = subprocess.Popen(
                [sys.executable, "-m", "preventad_tui", *words],
                env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        begun = time.monotonic()
        try:
            while program.poll() is None and time.monotonic() < begun + kill_after_s:
                lines = Path(f"/proc/{program.pid}/status").read_text().splitlines()
                status = {name: value for name, _, value in (line.partition(":") for line in lines)}
                peak_kib = int(status.get("VmHWM", "0 kB").split()[0])  # none in its last moment
                self.peak_bytes = max(self.peak_bytes, peak_kib * 1024)
                self.threads = max(self.threads, int(status["Threads"]))
                time.sleep(0.05)
        finally:
            program.kill()
            program.wait()
        assert self.site.server.wait_idle()
        self._count(time.monotonic() - begun)
        return program.returncode

    def _count(self, seconds: float) -> None:
        """What the server saw of a run: invariants 11 and 12, and no secret in what was said."""
        requests = self.site.server.requests
        logins = [one.status for one in requests if one.path.endswith("/login")]
        assert set(logins) <= {200}
        assert len(logins) <= 1 + seconds / TOKEN_S  # one, and one more for each end of its token
        renewals = max(0, len(logins) - 1)
        self.renewals += renewals
        assert {one.method for one in requests} <= {"GET", "POST"}
        headers = {(name.lower(), value) for one in requests for name, value in one.headers}
        assert not {name for name, _ in headers} & {"cookie", "range", "if-none-match"}
        tokens = {value.split()[-1] for name, value in headers if name == "authorization"}
        kept = [path for path in Path.home().rglob("*") if path.is_file()]
        for place in (self.said, *kept):
            text = place.read_text(errors="replace")
            assert not [one for one in (ACCOUNT.password, *tokens) if one in text], place
        files = [one for one in requests if "/candidates/" in one.path or "/bids/" in one.path]
        assert sum(one.status == 401 for one in files) <= JOBS * renewals
        self.names = Counter(one.path.rpartition("/")[2] for one in files)
        for one in files:
            file = self.site.server.archive.by_link(one.path.partition("-dev")[2])
            self.whole[one.path] += one.status == 200 and one.sent_bytes == file.body.size

    def summary(self) -> dict[str, Any]:
        """The last record of a run that came to its end."""
        records = [line for line in self.said.read_text().splitlines() if line.startswith("{")]
        return dict(json.loads(records[-1]))

    def stamps(self) -> dict[str, int]:
        """The files on disk with their modification times."""
        found = (path for path in self.site.path.rglob("*") if META not in path.parts)
        return {
            str(path.relative_to(self.site.path)): path.stat().st_mtime_ns
            for path in found
            if path.is_file()
        }


@pytest.mark.long
@pytest.mark.timeout(1500)
@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
@pytest.mark.usefixtures("small_images")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_whole_study_soaked(
    new_site: Callable[..., Any],
    downloads: ModuleType,
    seed: int,
    tmp_path: Path,
    figures: Callable[[str], None],
) -> None:
    """Invariants 1 to 20 but those that take a trace of system calls or a terminal (3, 13, 17)."""
    rng = random.Random(seed)
    site = new_site(size="full", candidates=None, accounts=(ACCOUNT,), delay_s=DELAY_S)
    site.server.token_lifetime_s = TOKEN_S
    each = 0.02 / len(FAULTS)
    faults = [
        Fault(one, "/candidates/*", probability=each, seed=rng.randrange(9**9)) for one in FAULTS
    ]
    site.server.faults.add(*faults)
    soak, again, begun = Soak(site, tmp_path), 0, time.monotonic()
    complete: set[str] = set()
    for _ in range(KILLS):
        assert soak.run(kill_after_s=rng.uniform(1.0, 40.0)) == -9
        again += sum(count for name, count in soak.names.items() if name in complete)
        if (site.path / META / "old").exists():  # else killed before the folder was set up
            assert downloads.breaches(site.path, finished=False, deep=False) == []
            complete = {path.rpartition("/")[2] for path in soak.stamps()}
    assert soak.run() == 0, soak.said.read_text()[-3000:]
    seconds = time.monotonic() - begun
    again += sum(count for name, count in soak.names.items() if name in complete)
    assert again == 0
    hits = {fault.effect: site.server.faults.hits(fault) for fault in faults}
    twice = soak.whole.total() - len(soak.whole)
    figures(
        f"seed {seed}: {FILES:,} files in {seconds:.0f} s, {sum(hits.values()):,} faults, "
        f"{soak.renewals} logins renewed, {KILLS} kills, of {len(complete):,} complete "
        f"files {again} asked for again, "
        f"answered in full twice {twice}, {soak.peak_bytes / 1e6:.0f} MB and {soak.threads} "
        "threads at most"
    )
    summary, before = soak.summary(), soak.stamps()
    assert summary["on_disk"] == FILES == len(before)
    assert not any(summary[name] for name in ("failed", "gone", "forbidden", "not_done"))
    assert min(hits.values()) > 0
    assert sum(hits.values()) > 0.015 * FILES
    assert soak.renewals >= 1
    assert twice <= KILLS * MOST_UNCOMMITTED + JOBS * soak.renewals + hits[effects.Reset(700)]
    assert soak.peak_bytes < MOST_BYTES
    assert soak.threads <= JOBS + 4
    assert downloads.breaches(site.path, finished=True, deep=True) == []
    assert site.differences() == []
    assert soak.run() == 0
    assert soak.names == {}
    assert soak.stamps() == before
