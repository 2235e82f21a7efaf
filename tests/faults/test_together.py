"""Several runs in one folder: without locks, as parts, on several hosts, of several users."""

import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.folder import OutputFolder
from preventad_tui.demo.server import DemoServer


@pytest.fixture
def others(load_fake: Any, module_server: DemoServer) -> Iterator[Any]:
    """A second machine: another process that forks downloads."""
    with load_fake("forks").Forks(module_server) as forks:
        yield forks


def readable_segments(path: Path) -> int:
    """How many segments the ledger has; none may hold a line that cannot be read."""
    with OutputFolder.open(path, None, create=False, read_only=True) as folder:
        assert folder.ledger.bad_lines == 0
    return len(list((path / ".preventad-tui/ledger").iterdir()))


def two_without_locks(
    count: int, seed: int, forks: Any, others: Any, downloads: Any, site: Any, figures: Any
) -> None:
    """flock that does nothing, as on some Lustre and NFS: both work in the same folder at once."""
    rng, both = random.Random(seed), 0
    for at in range(count):
        site.path = site.path.with_name(f"out{at}")
        one = forks.run(site.path, without_lock=True, host="one")
        time.sleep(rng.uniform(0, 0.2))
        two = others.run(site.path, without_lock=True, host="two")
        if at % 2:
            time.sleep(rng.uniform(0, 0.3))
            assert one.kill() in (-9, 0)
        else:
            assert one.wait() == 0
        # What the other's start swept away under it, it fetches in its next attempts.
        assert two.wait() in (0, 3, 6)
        assert site.differences() == []
        assert downloads.breaches(site.path, finished=False, deep=True) == []
        both += readable_segments(site.path) >= 2
        assert forks.run(site.path).wait() == 0
        assert site.differences() == []
        assert site.partials() == []
        assert downloads.breaches(site.path, finished=True, deep=False) == []
    figures(f"{count} pairs without locks, {both} left a segment each; 0 corrupt, 0 bad lines")


def test_two_without_locks(seed, forks, others, downloads, site, figures) -> None:
    two_without_locks(4, seed, forks, others, downloads, site, figures)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_two_without_locks_a_hundred_times(seed, forks, others, downloads, site, figures) -> None:
    two_without_locks(100, seed, forks, others, downloads, site, figures)


def test_all_parts_on_several_hosts_at_once(load_fake, downloads, tmp_path) -> None:
    parts = 3
    with DemoServer(candidates=3) as server, load_fake("forks").Forks(server) as forks:
        site = downloads.Site(server, tmp_path / "out")
        children = [
            forks.run(site.path, part=part, parts=parts, modalities=["t1w"], host=f"node{part}")
            for part in range(1, parts + 1)
        ]
        assert [child.wait() for child in children] == [0] * parts
        assert site.differences() == []
        assert downloads.breaches(site.path, finished=True, deep=True) == []
        # Each session's files were fetched by one part; the study's by those that came first.
        images = [path for path in site.asked() if path.endswith(".nii.gz")]
        assert len(images) == len(set(images))
        server.forget_requests()
        assert forks.run(site.path, modalities=["t1w"]).wait() == 0
        assert site.asked(None) == []


def starts_at_once(rounds: int, forks: Any, site: Any, figures: Any) -> None:
    """J6, J8: twenty starts at once in one folder, again and again over a dead owner's lock."""
    owners, refused = [], 0
    for _ in range(rounds):
        children = [forks.run(site.path, settings={"rate_limit": 300_000}) for _ in range(20)]
        pids = {child.pid for child in children}
        lock = site.path / ".preventad-tui/lock"
        while not (owner := pids & {_pid_in(lock)}):
            time.sleep(0.002)
        codes = [child.wait() for child in children if child.pid not in owner]
        assert codes == [8] * 19
        assert _pid_in(lock) in owner
        [owning] = [child for child in children if child.pid in owner]
        assert owning.kill() == -9
        owners.append(owning.pid)
        refused += len(codes)
    assert len(set(owners)) == rounds
    assert forks.run(site.path).wait() == 0
    assert site.differences() == []
    figures(f"{20 * rounds} starts, 20 at once: {len(owners)} owners, {refused} refused with 8")


def _pid_in(lock: Path) -> int:
    try:
        return int(json.loads(lock.read_text())["pid"])
    except FileNotFoundError:
        return 0


def test_of_sixty_starts_each_time_one_owns(forks, site, figures) -> None:
    starts_at_once(3, forks, site, figures)


@pytest.mark.long
def test_of_two_hundred_starts_each_time_one_owns(forks, site, figures) -> None:
    starts_at_once(10, forks, site, figures)


def test_a_second_whole_run_is_refused(forks, others, site) -> None:
    one = forks.run(site.path, settings={"rate_limit": 2_000_000})
    while not (site.path / ".preventad-tui/lock").exists():
        time.sleep(0.01)
    assert others.run(site.path).wait() == 8
    assert one.wait() == 0


def test_clocks_a_year_apart(forks, others, downloads, site) -> None:
    """Whoever comes later goes on where the other was, whatever its clock says."""
    year_s = 365 * 86_400
    assert forks.run(site.path, clock_offset_s=year_s, modalities=["t1w"]).wait() == 0
    assert others.run(site.path, clock_offset_s=-year_s).wait() == 0
    # The later one found a copied folder: all times new. Its clock is the older one.
    for path in site.path.rglob("*"):
        if path.is_file() and ".preventad-tui" not in path.parts:
            os.utime(path, (5_000, 5_000))
    assert others.run(site.path, clock_offset_s=-year_s).wait() == 0
    site.server.forget_requests()
    assert others.run(site.path, clock_offset_s=-year_s).wait() == 0
    assert forks.run(site.path).wait() == 0
    assert site.asked(None) == []
    assert site.differences() == []
    assert downloads.breaches(site.path, finished=True) == []


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that other users can reach."""
    if os.geteuid() != 0:
        pytest.skip("becoming other users takes root")
    path = Path(tempfile.mkdtemp(prefix="shared-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def test_a_labs_folder_is_continued_by_a_second_user(
    load_fake, downloads, server, shared, tmp_path
) -> None:
    lab = 54321
    folder = shared / "lab"
    folder.mkdir()
    os.chown(folder, 0, lab)
    folder.chmod(0o2770)
    first = {"uid": 60001, "gid": 60001, "groups": [lab], "umask": 0o002}
    second = {"uid": 65534, "gid": 65534, "groups": [lab], "umask": 0o002}
    site = downloads.Site(server, folder)
    with load_fake("forks").Forks(server) as forks:
        assert forks.tell({"warm": str(tmp_path / "warm")}) == 0
        assert forks.run(folder, modalities=["t1w"], **first).wait() == 0
        server.forget_requests()
        child = forks.run(folder, settings={"rate_limit": 3_000_000}, **second)
        time.sleep(0.4)
        child.kill()
        assert forks.run(folder, **second).wait() == 0
        t1w = {path for path in site.asked(None) if "T1w" in path}
        assert t1w == set()
        server.forget_requests()
        assert forks.run(folder, **first).wait() == 0
        assert site.asked(None) == []
    assert site.differences() == []
    assert downloads.breaches(folder, finished=True, deep=True) == []
    assert {path.stat().st_gid for path in folder.rglob("*")} == {lab}
    assert len({path.stat().st_uid for path in folder.rglob("*.nii.gz")}) == 2


def test_a_folder_where_this_account_may_not_write(load_fake, server, shared, tmp_path) -> None:
    folder = shared / "out"
    folder.mkdir(mode=0o755)
    with load_fake("forks").Forks(server) as forks:
        assert forks.tell({"warm": str(tmp_path / "warm")}) == 0
        assert forks.run(folder, uid=65534, gid=65534).wait() == 6
        assert list(folder.iterdir()) == []
