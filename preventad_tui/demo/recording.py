"""What the server was asked, for tests to look at."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace

from preventad_tui.demo.messages import Headers


@dataclass(frozen=True, slots=True)
class Request:
    """One request and how it ended.

    `status` is 0 until the answer begins, `ended_s` None until all of it is sent.
    """

    number: int
    method: str
    path: str  # as sent, with the query
    headers: Headers
    status: int
    sent_bytes: int  # of the body
    started_s: float  # time.monotonic()
    ended_s: float | None


class Record:
    """All requests so far, in the order of their arrival."""

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit  # a server that runs for days keeps the first so many only
        self._lock = threading.Lock()
        self._requests: list[Request] = []

    def begin(self, method: str, path: str, headers: Headers) -> int:
        """Note a request; gives its number, from 1."""
        with self._lock:
            number = len(self._requests) + 1
            if self._limit is not None and number > self._limit:
                return number
            now = time.monotonic()
            self._requests.append(Request(number, method, path, headers, 0, 0, now, None))
            return number

    def answered(self, number: int, status: int) -> None:
        """Note the status, before its first byte is sent."""
        with self._lock:
            if number <= len(self._requests):
                old = self._requests[number - 1]
                self._requests[number - 1] = replace(old, status=status)

    def end(self, number: int, status: int, sent_bytes: int) -> None:
        """Note how a request ended."""
        with self._lock:
            if number <= len(self._requests):
                self._requests[number - 1] = replace(
                    self._requests[number - 1],
                    status=status,
                    sent_bytes=sent_bytes,
                    ended_s=time.monotonic(),
                )

    def snapshot(self) -> list[Request]:
        """Give all requests so far."""
        with self._lock:
            return list(self._requests)

    def wait_idle(self, limit_s: float) -> bool:
        """Wait until no request runs; a client may have its answer a moment before that."""
        end = time.monotonic() + limit_s
        while any(request.ended_s is None for request in self.snapshot()):
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._requests.clear()
