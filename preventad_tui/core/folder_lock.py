"""Who works in an output folder: a courtesy between runs; no file's safety depends on it.

Every run has a lock file in `.preventad-tui/`: `lock` for a whole run, `lock-I-of-N` for a shard,
`lock-forced-RUN` where `--force` found another's. Its modification time, given by the file
system, is the heartbeat, so no two machines' clocks are compared.
"""

import json
import os
import re
import threading
from dataclasses import asdict
from enum import Enum

from preventad_tui.core.errors import FolderInUse
from preventad_tui.core.folders import share, write_all
from preventad_tui.core.limits import Limits
from preventad_tui.core.run_sign import Run, is_running, this_run
from preventad_tui.core.text import clean, human_duration

_LOCK_NAME = re.compile(r"lock(-\d+-of-\d+|-forced-[0-9a-f]{16})?")
_WAITING = re.compile(r"\.lock-[0-9a-f]{16}")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Life(Enum):
    """What can be known of a run that left a lock file."""

    ALIVE = "alive"
    DEAD = "dead"
    SILENT = "silent"
    """On another host, without a heartbeat for longer than the limit."""


def folder_clock(folder_fd: int) -> float:
    """The file system's own time, in seconds, from the stamp of a fresh file.

    Raises:
        OSError: nothing can be written there.
    """
    name = f".lock-{os.urandom(8).hex()}"
    fd = os.open(name, _NEW, 0o600, dir_fd=folder_fd)
    try:
        return os.fstat(fd).st_mtime
    finally:
        os.close(fd)
        os.unlink(name, dir_fd=folder_fd)


class FolderLock:
    """This run's sign in the folder, kept fresh until `release`.

    By a thread, but for the time that an engine does it on one of its own (`stop_beating`).
    """

    def __init__(
        self, folder_fd: int, *, shard: str, force: bool, limits: Limits, file_mode: int
    ) -> None:
        """Take the folder.

        Args:
            folder_fd: the open `.preventad-tui` folder; outlives this object.
            shard: `I/N`, or "" for a whole run.
            force: work there even if another run does.
            limits: heartbeat and staleness.
            file_mode: the lock file's mode.

        Raises:
            FolderInUse: another run works there; `reason` is `in-use`, or `abandoned` where it
                gave no sign for longer than the limit and `force` would take over.
            OSError: the file system refused.
        """
        self._folder_fd = folder_fd
        self._limits = limits
        self._file_mode = file_mode
        self.run_id = os.urandom(8).hex()
        self._me = this_run(self.run_id, shard)
        self._name = f"lock-{shard.replace('/', '-of-')}" if shard else "lock"
        self._take(force)
        try:
            if not force:
                self._refuse_overlap()
        except BaseException:
            os.unlink(self._name, dir_fd=folder_fd)
            raise
        self.start_beating()

    def live_runs(self) -> frozenset[str]:
        """The other runs that work here, or may."""
        return frozenset(run.run for _, run, life in self._others() if life is not Life.DEAD)

    def beat(self) -> None:
        """Say that this run lives; may take as long as the disk likes."""
        try:
            os.utime(self._name, dir_fd=self._folder_fd, follow_symlinks=False)
        except OSError:  # the folder may be gone for a while
            pass

    def start_beating(self) -> None:
        """Beat by a thread."""
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._keep_beating, args=(self._stop,), name="folder-heartbeat", daemon=True
        )
        self._thread.start()

    def stop_beating(self) -> None:
        """End the thread: whoever asks for it calls `beat` every so often from now on."""
        self._stop.set()
        self._thread.join(1.0)

    def release(self) -> None:
        """Leave the folder."""
        self._stop.set()
        try:
            held, _ = self._look(self._name)
            if held.run == self.run_id:
                os.unlink(self._name, dir_fd=self._folder_fd)
        except OSError:
            pass
        self._thread.join(1.0)

    def _take(self, force: bool) -> None:
        for _ in range(100):
            if self._create(self._name):
                return
            try:
                other, life = self._look(self._name)
            except FileNotFoundError:
                continue
            if life is Life.DEAD or (life is Life.SILENT and force):
                self._remove_dead(self._name, other)
            elif force:
                self._name = f"lock-forced-{self.run_id}"
            else:
                raise _in_use(other, life, self._age(self._name))
        raise FolderInUse("The folder's lock keeps changing hands.", "Try again.", "in-use")

    def _refuse_overlap(self) -> None:
        for name, run, life in self._others():
            if life is Life.DEAD:
                self._remove_dead(name, run)
            elif not (self._me.shard and run.shard and not name.startswith("lock-forced-")):
                raise _in_use(run, life, self._age(name))

    def _create(self, name: str) -> bool:
        """Make the lock file with its content, whole or not at all; False where it exists.

        Its bytes are synced first: one that a power cut emptied would say nothing of its owner.
        """
        waiting = f".lock-{self.run_id}"
        self._write(waiting)
        try:
            os.link(waiting, name, src_dir_fd=self._folder_fd, dst_dir_fd=self._folder_fd)
            return True
        except FileExistsError:
            return False
        except OSError:  # no hard links here: not whole at once, but still only one creator
            try:
                self._write(name)
            except FileExistsError:
                return False
            return True
        finally:
            os.unlink(waiting, dir_fd=self._folder_fd)

    def _write(self, name: str) -> None:
        fd = os.open(name, _NEW, self._file_mode, dir_fd=self._folder_fd)
        try:
            write_all(fd, json.dumps(asdict(self._me)).encode() + b"\n")
            os.fsync(fd)
            share(fd, self._file_mode)
        finally:
            os.close(fd)

    def _look(self, name: str) -> tuple[Run, Life]:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._folder_fd)
        try:
            data = os.read(fd, 4096)
        finally:
            os.close(fd)
        try:
            fields = json.loads(data)
            run = Run(**{key: fields[key] for key in Run.__dataclass_fields__})
        except (ValueError, TypeError, KeyError):
            run = Run(run="")
        return run, self._life(run, name)

    def _life(self, run: Run, name: str) -> Life:
        me = self._me
        if run.run and run.host == me.host:
            if run.boot != me.boot:
                return Life.DEAD
            if run.pid_space == me.pid_space:
                return Life.ALIVE if is_running(run) else Life.DEAD
        return Life.SILENT if self._age(name) > self._limits.stale_after_s else Life.ALIVE

    def _age(self, name: str) -> float:
        """Seconds since the last heartbeat, by the file system's clock alone."""
        try:
            stamp = os.stat(name, dir_fd=self._folder_fd, follow_symlinks=False).st_mtime
        except FileNotFoundError:
            return 0.0
        return folder_clock(self._folder_fd) - stamp

    def _others(self) -> list[tuple[str, Run, Life]]:
        found = []
        for name in os.listdir(self._folder_fd):
            if _WAITING.fullmatch(name) and self._age(name) > self._limits.stale_after_s:
                self._unlink(name)
            if name == self._name or not _LOCK_NAME.fullmatch(name):
                continue
            try:
                run, life = self._look(name)
            except OSError:
                continue
            found.append((name, run, life))
        return found

    def _remove_dead(self, name: str, dead: Run) -> None:
        """Remove a dead run's lock, but not the one that another successor just made."""
        aside = f".lock-{os.urandom(8).hex()}"
        try:
            os.rename(name, aside, src_dir_fd=self._folder_fd, dst_dir_fd=self._folder_fd)
            taken, _ = self._look(aside)
            if taken.run != dead.run:
                os.link(aside, name, src_dir_fd=self._folder_fd, dst_dir_fd=self._folder_fd)
        except OSError:
            pass
        self._unlink(aside)

    def _unlink(self, name: str) -> None:
        try:
            os.unlink(name, dir_fd=self._folder_fd)
        except OSError:
            pass

    def _keep_beating(self, stop: threading.Event) -> None:
        while not stop.wait(self._limits.heartbeat_s):
            self.beat()


def _in_use(run: Run, life: Life, age_s: float) -> FolderInUse:
    who = f"process {run.pid} on {clean(run.host)}" if run.pid else "another run"
    since = f" since {clean(run.since)}" if run.since else ""
    if life is Life.SILENT:
        return FolderInUse(
            f"The output folder may be in use by {who}{since}; "
            f"its last sign was {human_duration(age_s)} ago.",
            "If that run is over, go on with --force.",
            "abandoned",
        )
    return FolderInUse(
        f"Another run works in the output folder: {who}{since}.",
        "Wait for it, choose another folder, or use --force.",
        "in-use",
    )
