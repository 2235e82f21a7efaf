"""Disks for tests: small ones (tmpfs) and lossy ones (FUSE); skips with the reason where not."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def mount(*arguments: str) -> None:
    """Run mount; skips the test where this machine does not allow it."""
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"mount {' '.join(arguments)} is not possible here: {done.stderr.strip()}")


@contextmanager
def small_disk(path: Path, options: str) -> Iterator[Path]:
    """A tmpfs with some options (`size=2m`, `nr_inodes=50`)."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs takes root")
    path.mkdir(parents=True, exist_ok=True)
    mount("-t", "tmpfs", "-o", options, "tmpfs", str(path))
    try:
        yield path
    finally:
        unmount(path)


def unmount(path: Path) -> None:
    """Take a disk away, whatever uses it; nothing happens where there is none."""
    subprocess.run(["umount", "-l", str(path)], capture_output=True, check=False)


class LossyDisk:
    """The order side of `lossy_disk.py`."""

    def __init__(self, path: Path) -> None:
        if not os.path.exists("/dev/fuse"):
            pytest.skip("there is no /dev/fuse on this machine")
        if os.geteuid() != 0:
            pytest.skip("a FUSE disk for all users takes root")
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        script = str(Path(__file__).with_name("lossy_disk.py"))
        self._process = subprocess.Popen(
            [sys.executable, script, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        end = time.monotonic() + 10
        while not os.path.ismount(path):
            if self._process.poll() is not None or time.monotonic() > end:
                self._process.kill()
                self._process.communicate()
                lines = self._said() or ["no reason given"]
                pytest.skip(f"FUSE does not work on this machine: {lines[-1]}")
            time.sleep(0.01)

    def cut(self, seed: int) -> None:
        """The power goes and comes back."""
        self._tell({"cut": seed})

    def fail(self, op: str, number: int, **how: object) -> None:
        """From now on an operation fails; see `lossy_disk.Failure`."""
        self._tell({"fail": op, "errno": number, **how})

    def heal(self) -> None:
        """Nothing fails any more."""
        self._tell({"heal": True})

    def fold(self) -> None:
        """Names that differ in case only are the same."""
        self._tell({"fold": True})

    def allow_names(self, longest: int, told: int) -> None:
        """Names of so many bytes are taken; `told` is what the disk says of it."""
        self._tell({"longest": longest, "told": told})

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Nothing is answered meanwhile: whoever asks waits."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Unmount."""
        unmount(self.path)
        self._process.communicate(timeout=10)
        said = self._said()
        self._log.close()
        assert not said, said

    def _said(self) -> list[str]:
        self._log.seek(0)
        return self._log.read().splitlines()

    def _tell(self, order: dict[str, object]) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"


@contextmanager
def lossy_disk(path: Path) -> Iterator[LossyDisk]:
    """A lossy disk, mounted."""
    disk = LossyDisk(path)
    try:
        yield disk
    finally:
        disk.close()
