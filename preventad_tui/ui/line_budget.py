"""How much a running download may write to the terminal: a slow line must stay usable for keys.

What keys cause is drawn at once; what only the download changes waits until the line has room.
"""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.driver import Driver

from preventad_tui.ui.drawn_rows import DrawnRows

if TYPE_CHECKING:
    from preventad_tui.core.events import Event, Snapshot

BYTES_PER_S = 2200
"""At 80x24; in proportion to the cells of larger terminals."""
_CELLS = 80 * 24
_MOST_DEBT_S = 3.0
_LEAST_S = 0.9
"""Between two drawings of what only the download changes: once a second (the app looks five times a
second). More of them nobody reads, and each keeps a key waiting for some milliseconds."""
_CALM_S = 10.0
_NUMBERS_S = 1.0


class LineBudget:
    """What was written to the terminal, against what a second allows."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._cells = _CELLS
        self._paid_until = 0.0

    def resized(self, cells: int) -> None:
        """The terminal has so many cells now."""
        self._cells = max(cells, _CELLS)

    def spend(self, size_bytes: int) -> None:
        """So much was written."""
        now = self._clock()
        took_s = size_bytes * _CELLS / (BYTES_PER_S * self._cells)
        self._paid_until = min(max(self._paid_until, now) + took_s, now + _MOST_DEBT_S)

    @property
    def has_room(self) -> bool:
        """Whether the line has had the time for all that was written."""
        return self._clock() >= self._paid_until


class Pace:
    """When the screens are told what the download does; what it said meanwhile is held."""

    def __init__(self, line: LineBudget) -> None:
        self._line = line
        self._held: list[Event] = []
        self._told_at = 0.0
        self._numbers_at = 0.0
        self._settings: tuple[object, ...] = ()

    def release(
        self, snapshot: "Snapshot", events: "Sequence[Event]", *, calm: bool
    ) -> "tuple[Event, ...] | None":
        """All that was held and these, or None where these are held too.

        They are held for a second and until the line has room, unless one of them is urgent or
        a key has set the transfers otherwise; on a calm screen, and below a modal, until its time
        has come.
        """
        self._held.extend(events)
        settings = (snapshot.state, snapshot.jobs, snapshot.rate_limit)
        is_urgent = settings != self._settings or any(map(_is_urgent, events))
        self._settings = settings
        now = time.monotonic()
        waited_s = now - self._told_at
        if not is_urgent and (waited_s < _LEAST_S or not self._line.has_room):
            return None
        if calm and waited_s < _CALM_S:
            return None
        self._told_at = self._numbers_at = now
        released, self._held = tuple(self._held), []
        return released

    def numbers_are_due(self, *, calm: bool) -> bool:
        """Whether a second has gone by without news, so that at least the numbers must move.

        They are few bytes: who scrolls the log on a slow line must not take a download for dead.
        """
        now = time.monotonic()
        if calm or now - self._numbers_at < _NUMBERS_S:
            return False
        self._numbers_at = now
        return True

    def forget(self) -> None:
        """Another download begins: what is held belongs to the one before."""
        self._held.clear()


def _is_urgent(event: "Event") -> bool:
    from preventad_tui.core.events import Finished, Paused, Resumed  # none before a download

    return isinstance(event, Finished | Paused | Resumed)


def thrifty(driver: type[Driver], budget: LineBudget, drawn: DrawnRows) -> type[Driver]:
    """A driver that writes only what has changed, and tells the budget how much that is."""

    class ThriftyDriver(driver):  # type: ignore[misc, valid-type]
        def start_application_mode(self) -> None:
            drawn.forget()
            super().start_application_mode()

        def write(self, data: str) -> None:
            changes = drawn.changes(data)
            budget.spend(len(changes))
            super().write(changes)

    return ThriftyDriver
