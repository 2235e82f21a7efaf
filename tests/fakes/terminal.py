"""The program in a pseudo-terminal: keys in, every byte out, and what that looks like."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pexpect
import pyte

LIMIT_S = 30.0
ESCAPE, ESCAPE_WAIT_S = "\x1b", 0.3


class Terminal:
    """A child in a pseudo-terminal, what it wrote, and what that looks like."""

    def __init__(self, arguments: list[str], env: dict[str, str], size: tuple[int, int]) -> None:
        columns, rows = size
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""
        self.hung_up = False
        self.child = pexpect.spawn(
            sys.executable, arguments,
            env=env, dimensions=(rows, columns), timeout=LIMIT_S,
        )  # fmt: skip

    def read(self, wait_s: float = 0.05) -> None:
        try:
            data = self.child.read_nonblocking(65536, wait_s)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return
        self.written += data
        # pyte 0.8 trips over private sequences with a prefix such as CSI > 1 u
        self._stream.feed(data.replace(b"\x1b[>1u", b"").replace(b"\x1b[<u", b""))

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def wait_for(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < end, f"the screen stays:\n{self.text}"
            self.read()

    def wait_text(self, text: str) -> None:
        self.wait_for(lambda: text in self.text)

    def press(self, keys: str) -> None:
        self.child.send(keys)
        if keys.endswith(ESCAPE):
            # What follows at once would be read as one key with it.
            end = time.monotonic() + ESCAPE_WAIT_S
            while time.monotonic() < end:
                self.read()

    def log_in(self, password: str) -> None:
        """Give the password at the login's form, where the user is filled in."""
        self.wait_text("answers")
        self.press(f"{password}\r")

    def start_download(self) -> None:
        """From the browser over the plan to the transfers."""
        self.press("d")
        self.wait_text("at once")
        self.press("\r")
        self.wait_text("p Pause")

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, as dragging a window's corner does."""
        self.screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def hang_up(self) -> None:
        """Close the terminal as a dropped connection does; nothing can be read any more."""
        self.child.ptyproc.fileobj.close()
        self.hung_up = True

    def end(self) -> int:
        """The exit status, once the child has ended; 128 + n for a signal nobody caught."""
        end = time.monotonic() + LIMIT_S
        while self.child.isalive():
            assert time.monotonic() < end, f"it does not end:\n{self.text}"
            self.read()
        self.read(0)
        status = self.child.exitstatus
        return 128 + self.child.signalstatus if status is None else status


@contextmanager
def terminals() -> Iterator[Callable[..., Terminal]]:
    """Start the program (or with `module=False` this Python) in terminals; all are closed."""
    started: list[Terminal] = []

    def start(
        *arguments: str, size: tuple[int, int] = (80, 24), module: bool = True, **env: str
    ) -> Terminal:
        terminal = Terminal(
            [*(("-m", "preventad_tui") if module else ()), *arguments],
            {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **env},
            size,
        )
        started.append(terminal)
        return terminal

    yield start
    for terminal in started:
        if not terminal.hung_up:
            terminal.child.close(force=True)
