"""The rate that downloads ran at, kept across starts."""

import time
from typing import TYPE_CHECKING

from preventad_tui.core.errors import PreventADError
from preventad_tui.core.last_rate import load_rate, save_rate
from preventad_tui.core.paths import state_dir

if TYPE_CHECKING:
    from preventad_tui.core.events import Snapshot

_SAVE_EVERY_S = 60.0


class RateSeen:
    """The mean of the rates seen while a run moved; pauses and waits do not count."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._before = load_rate(server, state_dir())
        self._sum = 0.0
        self._count = 0
        self._saved_at = time.monotonic()

    @property
    def bytes_per_s(self) -> float:
        """The rate of this run, or of the one before; 0 where there was none."""
        return self._sum / self._count if self._count else self._before

    def begin(self) -> None:
        """Another run starts."""
        self._before, self._sum, self._count = self.bytes_per_s, 0.0, 0

    def take(self, snapshot: "Snapshot") -> bool:
        """Count what a run does now; True where it is time to save."""
        from preventad_tui.core.events import RunState  # there is none before a download

        if snapshot.state is RunState.RUNNING and snapshot.rate_bytes_per_s > 0:
            self._sum += snapshot.rate_bytes_per_s
            self._count += 1
        return bool(self._count) and time.monotonic() - self._saved_at > _SAVE_EVERY_S

    def save(self) -> None:
        """Keep it for the next start, where anything was seen; a fault costs only the hint."""
        if self._count:
            self._saved_at = time.monotonic()
            try:
                save_rate(self._server, self.bytes_per_s, state_dir())
            except PreventADError:
                return
