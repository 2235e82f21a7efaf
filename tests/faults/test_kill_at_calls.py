"""Killed at the k-th rename or sync, by strace: the moments that random kills rarely hit.

strace counts for each thread; a run that strace did not kill proves nothing and fails the test.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

SCRIPT = Path(__file__).parents[1] / "fakes" / "download_process.py"
RENAMES = "rename,renameat,renameat2"
LINKS = "link,linkat"
SYNCS = "fsync,fdatasync"

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def run_until_killed(site: Any, calls: str, nth: int, log: Path) -> str:
    """A download that is killed as it enters the n-th of some calls; gives that call's line.

    `` where it ended before."""
    command = ["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={calls}"]
    command += ["-e", f"inject={calls}:signal=KILL:when={nth}"]
    done = subprocess.run(
        [*command, sys.executable, str(SCRIPT), site.server.url, str(site.path), "2", "t1w"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    text = log.read_text()
    if "Operation not permitted" in done.stderr or "ptrace" in done.stderr:
        pytest.skip(f"strace may not trace here: {done.stderr.strip().splitlines()[-1]}")
    if "+++ killed by SIGKILL +++" not in text:
        assert done.returncode == 0, done.stderr
        return ""
    assert done.returncode in (-9, 137)
    last = [line for line in text.splitlines() if re.search(r"= \?$|\(INJECTED\)$", line)]
    assert last, f"strace does not say what it injected: {text[-300:]}"
    return last[-1]


def complete_after(site: Any, downloads: Any) -> set[str]:
    """Check what the kill left; gives the names of the files that stand."""
    assert site.differences() == []
    if (site.path / ".preventad-tui/partial").exists():
        assert downloads.breaches(site.path, finished=False, deep=True) == []
    return {Path(path).name for path in site.files()}


def points(
    calls: str, wanted: range, downloads: Any, server: DemoServer, tmp_path: Path, *, new: bool
) -> list[str]:
    """Kill at each point, on a `new` or empty folder each, and go on; gives what was hit."""
    hit = []
    site = downloads.Site(server, tmp_path / "first")
    for nth in wanted:
        site.path = tmp_path / f"at{nth}"
        if not new:
            site.open().close()
        call = run_until_killed(site, calls, nth, tmp_path / "strace.log")
        if not call:
            break
        hit.append(call)
        complete = complete_after(site, downloads)
        # What has its ledger line was whole: it is finished without the server.
        written = whole_partials(site)
        server.forget_requests()
        run = site.download(("t1w",))
        assert run.summary.exit_code == 0
        asked = {path.rpartition("/")[2] for path in site.asked(None)}
        assert not asked & complete, call
        assert not asked & written, call
        assert site.partials() == []
        assert run.breaches(deep=True) == []
        assert site.differences() == []
    return hit


def whole_partials(site: Any) -> set[str]:
    """Names of files whose ledger line is written and whose partial waits for its rename."""
    if not (site.path / ".preventad-tui/ledger").exists():
        return set()
    left = set(site.partials())
    from preventad_tui.core.folder import OutputFolder

    with OutputFolder.open(site.path, None, create=False, read_only=True) as folder:
        return {
            Path(path).name for path, line in folder.ledger.lines.items() if line.partial in left
        }


@needs_strace
@pytest.mark.parametrize("calls", [RENAMES, SYNCS])
def test_killed_at_some_calls(calls: str, downloads: Any, server: DemoServer, tmp_path) -> None:
    hit = points(calls, range(2, 5), downloads, server, tmp_path, new=False)
    print(*hit, sep="\n")
    assert len(hit) == 3, "strace reports too few injections"


@pytest.mark.long
@pytest.mark.timeout(900)
@needs_strace
@pytest.mark.parametrize("calls", [f"{RENAMES},{LINKS}", SYNCS])
def test_killed_at_every_call(calls: str, downloads: Any, server: DemoServer, tmp_path) -> None:
    hit = points(calls, range(1, 100), downloads, server, tmp_path, new=True)
    print(len(hit), "injections, all told by strace")
    print(*hit, sep="\n")
    # 13 files, renamed in groups by whichever thread is free: none makes many of the calls.
    assert len(hit) >= 5


def test_what_killed_starts_left_is_swept_once_it_is_old(site: Any) -> None:
    site.download(("t1w",))
    meta = site.path / ".preventad-tui"
    for name in (".new-0123456789abcdef", ".probe-0123456789abcdef", ".probe-0123456789abcdef-new"):
        (meta / name).write_bytes(b"x")
        os.utime(meta / name, (1, 1))
    young, foreign = meta / ".new-00112233445566ff", meta / ".new-of-somebody"
    young.write_bytes(b"x")
    foreign.write_bytes(b"x")
    site.open().close()
    assert {path.name for path in meta.glob(".*")} == {".gitignore", young.name, foreign.name}
