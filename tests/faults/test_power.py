"""The power goes, on a disk that forgets all that was not synced."""

import random
import time
from pathlib import Path
from typing import Any

import pytest

HOW = {"jobs": 4, "settings": {"rate_limit": 8_000_000}, "limits": {"batch_bytes": 65_536}}


def cuts(count: int, seed: int, forks: Any, downloads: Any, site: Any, lossy: Any) -> dict:
    """Cut the power `count` times in downloads that go on where the one before was."""
    rng = random.Random(seed)
    seen = {"cuts": 0, "trees": 0, "corrupt": 0, "standing": 0}
    while seen["cuts"] < count:
        site.path = lossy.path / f"tree{seen['trees']}"
        seen["trees"] += 1
        while True:
            child = forks.run(site.path, **HOW)
            time.sleep(rng.uniform(0.05, 0.8))
            # The process is stopped first, so that none of its calls come after the cut.
            code = child.kill()
            if code != -9:
                assert code == 0
                break
            lossy.cut(rng.randrange(10**9))
            seen["cuts"] += 1
            seen["corrupt"] += len(site.differences())
            seen["standing"] += len(site.files())
            if seen["cuts"] >= count:
                assert forks.run(site.path).wait() == 0
                break
        # The last state of a finished tree is not cut; every file is on it, whole.
        assert site.differences() == []
        assert downloads.breaches(site.path, finished=True, deep=True) == []
    return seen


def judge(seen: dict) -> None:
    print(
        f"{seen['cuts']} power cuts over {seen['trees']} downloads; files standing after "
        f"one {seen['standing'] / seen['cuts']:.0f} on average, corrupt {seen['corrupt']}"
    )
    assert seen["corrupt"] == 0


def test_some_power_cuts(seed, forks, downloads, site, lossy) -> None:
    judge(cuts(8, seed, forks, downloads, site, lossy))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_two_hundred_power_cuts(seed, forks, downloads, site, lossy) -> None:
    judge(cuts(200, seed, forks, downloads, site, lossy))


def test_what_a_finished_run_has_told_survives(forks, downloads, site, lossy, seed) -> None:
    site.path = lossy.path / "out"
    assert forks.run(site.path, modalities=["t1w"]).wait() == 0
    before = site.files()
    lossy.cut(seed)
    assert site.files() == before
    site.server.forget_requests()
    assert forks.run(site.path, modalities=["t1w"]).wait() == 0
    assert site.asked(None) == []


def test_the_disk_does_harm_to_a_program_that_does_not_sync(forks, site, lossy, seed) -> None:
    """Else the tests above would prove nothing."""
    site.path = lossy.path / "out"
    assert forks.run(site.path, without_sync=True).wait() == 0
    before = site.files()
    lossy.cut(seed)
    after = site.files()
    print("lost or corrupt without fsync:", sum(after.get(path) != before[path] for path in before))
    assert after != before


def test_the_order_of_names_and_bytes(lossy: Any) -> None:
    """The disk itself: synced bytes and names stay, others need not."""
    import os

    folder = lossy.path / "folder"
    folder.mkdir()
    fd = os.open(lossy.path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
    kept = Path(folder / "kept")
    with open(kept, "wb") as file:
        file.write(b"kept")
        file.flush()
        os.fsync(file.fileno())
    fd = os.open(folder, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
    for number in range(20):
        (folder / f"loose{number}").write_bytes(b"loose" * 100)
    lossy.cut(1)
    assert kept.read_bytes() == b"kept"
    loose = [path.read_bytes() == b"loose" * 100 for path in folder.glob("loose*")]
    assert not all([len(loose) == 20, *loose])
