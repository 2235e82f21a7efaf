"""A clock that jumps to the next thing due, so that days of waiting pass in seconds.

with HurriedClock("engine") as clock:    # the name of the thread whose event loop is hurried
    clock.hurries = True
    ... until clock.passed_s >= 86_400
"""

import selectors
import threading
import time
from typing import Any, Self

LISTENS_S = 0.001
"""Real time that anything which happens by itself gets to be heard before time is skipped."""


class HurriedClock:
    """`time.monotonic` and `time.time` of this process, ahead by what one loop has skipped."""

    def __init__(self, thread: str) -> None:
        self._thread = thread
        self.hurries = False
        self.passed_s = 0.0

    def __enter__(self) -> Self:
        self._real = time.monotonic, time.time, selectors.DefaultSelector.select
        monotonic, wall, select = self._real

        def hurried(selector: Any, timeout: float | None = None) -> Any:
            is_ours = threading.current_thread().name == self._thread
            if not self.hurries or not is_ours or timeout is None or timeout <= LISTENS_S:
                return select(selector, timeout)
            events = select(selector, LISTENS_S)
            if not events:
                self.passed_s += timeout
            return events

        time.monotonic = lambda: monotonic() + self.passed_s
        time.time = lambda: wall() + self.passed_s
        selectors.DefaultSelector.select = hurried  # type: ignore[method-assign,assignment]
        return self

    def __exit__(self, *_: object) -> None:
        time.monotonic, time.time, select = self._real
        selectors.DefaultSelector.select = select  # type: ignore[method-assign]
