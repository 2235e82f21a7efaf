"""A run as its lock file describes it: which process, on which host, since when."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its lock file describes it."""

    run: str
    pid: int = 0
    host: str = ""
    boot: str = ""
    pid_space: str = ""
    started: str = ""
    shard: str = ""
    since: str = ""


def this_run(run_id: str, shard: str) -> Run:
    """This process, as others see it."""
    return Run(
        run=run_id,
        pid=os.getpid(),
        host=os.uname().nodename,
        boot=_read("/proc/sys/kernel/random/boot_id"),
        pid_space=_pid_space(),
        started=_started(os.getpid()),
        shard=shard,
        since=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )


def is_running(run: Run) -> bool:
    """Whether a run of this host, in these process numbers, still works."""
    try:
        os.kill(run.pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    started = _started(run.pid)
    return not started or not run.started or started == run.started


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def _pid_space() -> str:
    """Containers may share a host's name but not its process numbers."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When a process started, in ticks since boot: tells a reused process number from the old.

    "ended" where only its entry is left, which its parent has not taken note of: in a container
    whose first process does not care, that entry stays for ever.
    """
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if fields[:1] in (["Z"], ["X"]):
        return "ended"
    return fields[19] if len(fields) > 19 else ""
