"""Downloads in forked processes, to be killed: imports and catalogue are paid for once.

Arguments: URL of the server. Each line on stdin is a JSON object:
{"run": FOLDER, ...} forks a download there and answers with its process number; {"wait": PID}
answers with its exit code, negative for the signal that ended it; {"warm": FOLDER} downloads here,
so that children who become another user need to read no module.
"""

import importlib.util
import json
import os
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any


def _downloads() -> ModuleType:
    path = Path(__file__).with_name("downloads.py")
    spec = importlib.util.spec_from_file_location("fakes_downloads", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _disarm_locks() -> None:
    """The folder's lock always says yes, as flock does on some network file systems."""
    from preventad_tui.core.folder_lock import FolderLock

    FolderLock._take = lambda self, force: None  # type: ignore[method-assign]
    FolderLock._refuse_overlap = lambda self: None  # type: ignore[method-assign]
    FolderLock.live_runs = lambda self: frozenset()  # type: ignore[method-assign]


def _forget_to_sync() -> None:
    """A program without fsync: shows that a power cut on the test's disk does harm."""
    from preventad_tui.core import folders, ledger

    os.fsync = lambda fd: None  # type: ignore[assignment]
    folders.sync_data = ledger.sync_data = lambda fd: None  # type: ignore[assignment]


def _set_clock(offset_s: float) -> None:
    """This host's clock is wrong: by the time that names segments and dates lines."""
    import datetime as module

    class Skewed(module.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return super().now(tz) + module.timedelta(seconds=offset_s)

    from preventad_tui.core import folder, run_sign, segments
    from preventad_tui.core.engine import outcome

    for user in (folder, run_sign, segments, outcome):
        user.datetime = Skewed  # type: ignore[attr-defined]


def _child(site: Any, how: dict[str, Any]) -> int:
    site.path = Path(how["run"])
    if host := how.get("host"):
        real = os.uname()
        os.uname = lambda: os.uname_result((real[0], host, *real[2:]))  # type: ignore[assignment]
    if how.get("without_lock"):
        _disarm_locks()
    if how.get("without_sync"):
        _forget_to_sync()
    if "clock_offset_s" in how:
        _set_clock(how["clock_offset_s"])
    if "umask" in how:
        os.umask(how["umask"])
    if "uid" in how:
        os.setgroups(how.get("groups", []))
        os.setgid(how["gid"])
        os.setuid(how["uid"])
    if "limits" in how:
        from preventad_tui.core.loris import Loris

        site.limits = replace(site.limits, **how["limits"])
        site.loris = Loris(site.loris.info, site.tokens, limits=site.limits)
    options = {}
    if "part" in how:
        from preventad_tui.core.config import Shard

        options["shard"] = Shard(how["part"], how["parts"])
    run = site.start(
        how.get("modalities", ()),
        jobs=how.get("jobs", 4),
        options=options,
        **how.get("settings", {}),
    )
    run.is_alone = not (how.get("without_lock") or "part" in how)
    return int(run.join(how.get("within_s", 120)).summary.exit_code)


def main(url: str) -> None:
    downloads = _downloads()
    server = SimpleNamespace(
        url=url, username="demo", password="demo", project="loris", forget_requests=lambda: None
    )
    site = downloads.Site(server, Path("/nonexistent"))
    print("ready", flush=True)
    for line in sys.stdin:
        how = json.loads(line)
        if "wait" in how:
            _, status = os.waitpid(how["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        if "warm" in how:
            site.path = Path(how["warm"])
            print(int(site.download().summary.exit_code), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                code = _child(site, how)
            except BaseException as error:
                code = int(getattr(error, "exit_code", 99))
                print(error, file=sys.stderr)
                if code == 99:
                    traceback.print_exc()
            finally:
                os._exit(code)
        print(pid, flush=True)


main(*sys.argv[1:])
