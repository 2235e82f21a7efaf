"""A terminal that goes away while much waits to be drawn."""

import errno
import threading

import pytest
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from preventad_tui.ui import run


class LostTerminal:
    def write(self, _text: str) -> None:
        raise OSError(errno.EIO, "Input/output error")

    flush = write


def test_the_loop_does_not_wait_for_a_writer_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else nobody takes the hang-up signal, and the program stays for ever, its folder locked."""
    monkeypatch.setattr(threading, "excepthook", run._thread_failed)
    writer = WriterThread(LostTerminal())  # type: ignore[arg-type]
    writer.start()

    def draw() -> None:
        for _ in range(3 * MAX_QUEUED_WRITES):
            writer.write("x")
        writer.stop()

    drawing = threading.Thread(target=draw, daemon=True)
    drawing.start()
    drawing.join(5)
    assert not drawing.is_alive()
