"""The rate limit that all workers share, and the rate that the screen shows."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

_CREDIT_S = 0.25
_WINDOW_S = 10.0
_SETTLED_S = 2.0
_SMALLEST_PORTION = 1024
_SAMPLE_S = 0.25


class RateLimit:
    """Lets bytes pass at a given rate over all workers, in the order in which they came.

    `take` is called after a chunk was read, so what is limited is the reading: the kernel's
    window then holds the server back. Up to a quarter of a second's bytes may be saved up, which
    makes good for late timers; without it the rate would come out several percent low.
    """

    def __init__(
        self, bytes_per_s: int | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._rate = bytes_per_s
        self._asked = 0.0
        self._passed = 0.0
        self._at = clock()
        self._changed = asyncio.Event()

    @property
    def bytes_per_s(self) -> int | None:
        """The limit; None where there is none."""
        return self._rate

    @property
    def portion_bytes(self) -> int:
        """The most to read at once under the limit, a hundredth of a second's; 0 for no limit."""
        return max(_SMALLEST_PORTION, self._rate // 100) if self._rate else 0

    def set(self, bytes_per_s: int | None) -> None:
        """Change or lift the limit; who waits is let go by the new one."""
        self._advance()
        self._rate = bytes_per_s
        self._changed.set()
        self._changed = asyncio.Event()

    async def take(self, size_bytes: int) -> None:
        """Wait until `size_bytes` more may have passed."""
        if self._rate is None:
            return
        self._advance()
        self._asked += size_bytes
        ticket = self._asked
        while self._rate is not None and self._passed < ticket:
            changed = self._changed
            try:
                async with asyncio.timeout((ticket - self._passed) / self._rate):
                    await changed.wait()
            except TimeoutError:
                pass
            self._advance()

    def _advance(self) -> None:
        now = self._clock()
        elapsed, self._at = now - self._at, now
        if self._rate is None:
            self._passed = self._asked
        else:
            passed = self._passed + elapsed * self._rate
            self._passed = min(passed, self._asked + _CREDIT_S * self._rate)


class RateMeter:
    """Bytes received in all, and the rate over the last ten seconds of running."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.total_bytes = 0
        self._samples: deque[tuple[float, int]] = deque([(clock(), 0)])
        self._before = 0.0

    def restart(self, limit_bytes_per_s: int | None = None) -> None:
        """Forget the past: what was before a pause, or under another limit, says little of now.

        A limit is what is most likely from here on, where it is below the rate so far.
        """
        before = self.bytes_per_s()
        self._before = min(before, limit_bytes_per_s) if limit_bytes_per_s else before
        self._samples.clear()
        self._samples.append((self._clock(), self.total_bytes))

    def bytes_per_s(self) -> float:
        """The rate over the window; 0.0 in the first moments, that of before right after a restart:
        the bytes of less than two seconds would tell of days that are left."""
        now = self._clock()
        if now - self._samples[-1][0] >= _SAMPLE_S:
            self._samples.append((now, self.total_bytes))
        while len(self._samples) > 2 and now - self._samples[1][0] >= _WINDOW_S:
            self._samples.popleft()
        since, then = self._samples[0]
        span_s = now - since
        if self._before and span_s < _SETTLED_S:
            return self._before
        return (self.total_bytes - then) / span_s if span_s >= _SAMPLE_S else 0.0
