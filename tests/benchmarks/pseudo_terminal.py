"""A pseudo-terminal with a program in it, timed by what it writes."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

_ESCAPES = re.compile(rb"\x1b(\[[0-9;?>=<]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-Z0-9]|.)")
_LIMIT_S = 120.0


class Terminal:
    """A program in a terminal of 120 by 40."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.began = time.monotonic()
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.execve(command[0], command, env)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._plain = b""
        self.written = 0

    def read(self, timeout_s: float) -> bytes:
        """What is written within the time; b"" for nothing."""
        if not select.select([self._fd], [], [], timeout_s)[0]:
            return b""
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:
            raise SystemExit(f"the program ended:\n{self._plain[-3000:].decode()}") from None
        self.written += len(data)
        self._plain = (self._plain + _ESCAPES.sub(b"", data))[-20_000:]
        return data

    def wait_text(self, text: str) -> float:
        """Wait until it is written; seconds since the program's start."""
        end = time.monotonic() + _LIMIT_S
        while text.encode() not in self._plain:
            self.read(0.5)
            if time.monotonic() > end:
                raise SystemExit(f"no “{text}” in\n{self._plain[-3000:].decode()}")
        return time.monotonic() - self.began

    def settle(self, quiet_s: float = 1.0) -> None:
        """Wait until nothing was written for a while."""
        end = time.monotonic() + _LIMIT_S
        while self.read(quiet_s) and time.monotonic() < end:
            pass

    def press(self, key: str) -> float:
        """Press a key and wait for the paint; seconds until its first byte."""
        self.send(key)
        began = time.monotonic()
        while not self.read(0.5):
            if time.monotonic() - began > _LIMIT_S:
                raise SystemExit(f"nothing happens on {key!r}")
        return time.monotonic() - began

    def send(self, keys: str) -> None:
        """Press keys without waiting."""
        self._plain = b""
        os.write(self._fd, keys.encode())

    def watch(self, seconds: float) -> int:
        """Read for a while; the number of bytes written meanwhile."""
        before, end = self.written, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)
        return self.written - before

    def end(self) -> int:
        """End the program by a signal; the most memory that it held, by `wait4`."""
        os.kill(self._pid, signal.SIGTERM)
        deadline = time.monotonic() + 20
        while True:
            pid, _, usage = os.wait4(self._pid, os.WNOHANG)
            if pid:
                os.close(self._fd)
                return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            if time.monotonic() > deadline:
                raise SystemExit("the program does not end")
            try:
                self.read(0.05)
            except SystemExit:
                time.sleep(0.02)
