"""Writing the log: lines wait in memory for a thread of their own, so that no disk holds up others.

What is at work (the engine's loop, the interface) only puts its line into the queue. A log on a
disk that hangs costs the lines that do not fit there any more, and a moment at the end.
"""

import errno
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from preventad_tui.core.text import clean, plural

_OPEN_S = 2.0
_FLUSH_S = 1.0
_PATIENCE_S = 5.0
_MOST_WAITING = 5000


@dataclass
class LogTrouble:
    """Why the log cannot be written at the moment; `sentence` is "" while it can."""

    sentence: str = ""
    is_told: bool = False

    def begin(self, error: BaseException) -> None:
        """A line could not be written; `is_told` is about the whole trouble, not each line."""
        why = clean(getattr(error, "strerror", "") or type(error).__name__)
        self.is_told = self.is_told and bool(self.sentence)
        self.sentence = f"The log cannot be written ({why}); everything else goes on without it."

    def tell_once(self) -> str:
        """The sentence, the first time that it is asked for; "" afterwards."""
        if self.is_told:
            return ""
        self.is_told = bool(self.sentence)
        return self.sentence


class LogFile:
    """A file that only grows, for the user alone; a long one makes way to a new one.

    Whoever removes or replaces it gets a new one. Bytes go to the system at once: Python's own
    buffers would be waited for as the interpreter ends.
    """

    def __init__(self, path: Path, *, max_bytes: int, old_files: int) -> None:
        self._path = os.path.abspath(path)
        self._max_bytes = max_bytes
        self._old_files = old_files
        self._fd = -1

    def open(self) -> None:
        """Open the file, or make it."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        self._fd = os.open(self._path, flags, 0o600)
        os.fchmod(self._fd, 0o600)

    def close(self) -> None:
        """Let go of the file; the next write opens it again."""
        descriptor, self._fd = self._fd, -1
        try:
            if descriptor >= 0:
                os.close(descriptor)
        except OSError:  # what it still held is lost
            pass

    def write(self, data: bytes) -> None:
        """Write some lines.

        Raises:
            OSError: they are not written, or in part.
        """
        if self._fd >= 0 and not self._is_in_place():
            self.close()
        if self._fd < 0:
            self.open()
        size_bytes = os.fstat(self._fd).st_size
        if size_bytes and size_bytes + len(data) > self._max_bytes:
            self._make_way()
        while data:
            data = data[os.write(self._fd, data) :]

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._fd))
        except OSError:
            return False

    def _make_way(self) -> None:
        self.close()
        for number in range(self._old_files, 0, -1):
            younger = f"{self._path}.{number - 1}" if number > 1 else self._path
            if os.path.exists(younger):
                os.replace(younger, f"{self._path}.{number}")
        self.open()


class LogWriter(logging.Handler):
    """Takes lines from any thread at once; its own thread writes them into the file."""

    def __init__(self, file: LogFile, trouble: LogTrouble) -> None:
        super().__init__()
        self._file = file
        self._trouble = trouble
        self._waiting: deque[str] = deque()
        self._without_room = 0
        self._unwritten = 0
        self._busy_since: float | None = None
        self._is_closing = False
        self._change = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)
        self._opened: Future[None] = Future()
        self._prepare: Callable[[], object] = bool

    def start(self, prepare: Callable[[], object]) -> None:
        """Do `prepare`, then open the file; a disk that does not answer is waited for briefly.

        Raises:
            OSError, or what `prepare` raises: nothing will be written.
        """
        self._prepare = prepare
        self._busy_since = time.monotonic()
        self._thread.start()
        try:
            self._opened.result(_OPEN_S)
        except TimeoutError:
            if self._opened.done():
                raise
            self._begin_hanging()

    def emit(self, record: logging.LogRecord) -> None:
        """Put a line into the queue; one that has no room there is counted."""
        try:
            line = self.format(record)
        except Exception as error:  # a logging call at fault must end nothing
            self._trouble.begin(error)
            return
        with self._change:
            if self._hangs:
                self._begin_hanging()
            if len(self._waiting) < _MOST_WAITING:
                self._waiting.append(_gap(self._without_room) + line)
                self._without_room = 0
                self._change.notify_all()
            else:
                self._without_room += 1

    def flush(self) -> None:
        """Wait until all lines are written, but not for long."""
        with self._change:
            patience_s = 0.0 if self._hangs else _FLUSH_S
            if not self._change.wait_for(lambda: self._is_idle, patience_s):
                self._begin_hanging()

    def close(self) -> None:
        """End the thread, once the lines are written; one that hangs is left behind."""
        self.flush()
        with self._change:
            self._is_closing = True
            self._change.notify_all()
            is_idle = self._is_idle
        if is_idle and self._thread.is_alive():
            self._thread.join(_FLUSH_S)
        super().close()

    @property
    def _is_idle(self) -> bool:
        return not self._waiting and self._busy_since is None

    @property
    def _hangs(self) -> bool:
        since = self._busy_since
        return since is not None and time.monotonic() - since > _PATIENCE_S

    def _begin_hanging(self) -> None:
        if self._busy_since is not None:
            self._busy_since = min(self._busy_since, time.monotonic() - _PATIENCE_S - 1)
        self._trouble.begin(OSError(errno.ETIMEDOUT, "its disk does not answer"))

    def _work(self) -> None:
        try:
            self._prepare()
            self._file.open()
        except Exception as error:
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        while (line := self._next()) is not None:
            self._write(line)
        self._file.close()

    def _next(self) -> str | None:
        with self._change:
            self._busy_since = None
            self._change.notify_all()
            self._change.wait_for(lambda: self._waiting or self._is_closing)
            if not self._waiting:
                return None
            self._busy_since = time.monotonic()
            return self._waiting.popleft()

    def _write(self, line: str) -> None:
        text = f"{_gap(self._unwritten)}{line}\n"
        try:
            self._file.write(text.encode(errors="backslashreplace"))
        except OSError as error:  # the line is lost, nothing else
            self._unwritten += 1
            self._trouble.begin(error)
            self._file.close()
        else:
            self._unwritten = 0
            self._trouble.sentence = ""


def _gap(count: int) -> str:
    """A line that tells of lines that are missing here."""
    return f"({plural(count, 'line')} could not be written here)\n" if count else ""
