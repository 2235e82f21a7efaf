"""Kill -9 at random moments of a real process: nothing wrong, nothing twice, nothing left."""

import random
import subprocess
import sys
import time
from pathlib import Path

from preventad_tui.core.errors import ExitCode
from preventad_tui.demo.server import DemoServer

SCRIPT = Path(__file__).parents[2] / "fakes" / "download_process.py"
KILLS = 4


def test_killed_again_and_again(downloads, tmp_path) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    rng = random.Random(seed)
    in_flight = 0
    complete: set[str] = set()
    with DemoServer(candidates=1) as server:
        site = downloads.Site(server, tmp_path / "out")

        def asked_though_complete() -> set[str]:
            return complete & {path.rpartition("/")[2] for path in site.asked(None)}

        for _ in range(KILLS):
            command = [sys.executable, str(SCRIPT), server.url, str(site.path), "4"]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0.02, 0.35))
            process.kill()
            process.wait()
            process.stdout.close()
            assert not asked_though_complete(), seed
            in_flight += bool(site.path.exists() and site.partials())
            complete = {Path(path).name for path in site.files()}
            server.forget_requests()
        run = site.download()
        print("kills", KILLS, "with partials", in_flight, "complete before", len(complete))
        assert run.summary.exit_code is ExitCode.OK, seed
        assert not asked_though_complete(), seed
        assert site.differences() == [], seed
        assert site.partials() == [], seed
        assert len(site.files()) == len(run.plan.items)
        server.forget_requests()
        assert site.download().summary.exit_code is ExitCode.OK
        assert server.requests == []


def test_a_killed_run_is_gone_on_with_without_asking_for_what_is_complete(site) -> None:
    command = [sys.executable, str(SCRIPT), site.server.url, str(site.path), "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(25)]
    process.kill()
    process.wait()
    process.stdout.close()
    complete = {line.strip() for line in lines[1:]}
    site.server.forget_requests()
    run = site.download()
    assert run.summary.exit_code is ExitCode.OK
    asked = {path.rpartition("/")[2] for path in site.asked(None)}
    assert not asked & {path.rpartition("/")[2] for path in complete}
    assert site.partials() == []
    assert site.differences() == []
