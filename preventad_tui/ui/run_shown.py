"""What a download does to the browser: the states of its images, their sums, the rate."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from preventad_tui.ui.rate_seen import RateSeen
from preventad_tui.ui.run_states import RunStates

if TYPE_CHECKING:
    from preventad_tui.core.events import Event
    from preventad_tui.ui.messages import EngineUpdate
    from preventad_tui.ui.one_run import Update
    from preventad_tui.ui.screens.browser import BrowserScreen

_UNSEEN_S = 10.0
"""While the transfers are in front: how old the sums may be that the next start tells."""


class RunShown:
    """Knows every file's state at once; draws and counts only what can be seen."""

    def __init__(self, screen: "BrowserScreen") -> None:
        self._screen = screen
        self._states = RunStates()
        self._rate = RateSeen("")
        self._is_behind = False
        self._caught_up_at = 0.0

    @property
    def is_behind(self) -> bool:
        """Whether files have come to their end since the sums were counted last."""
        return self._is_behind

    @property
    def rate_bytes_per_s(self) -> float:
        """The rate of this run, or of the one before; 0 where there was none."""
        return self._rate.bytes_per_s

    def know_server(self, identity: str) -> None:
        """Load the rate that was last seen with this server."""
        self._rate = RateSeen(identity)

    def save(self) -> None:
        """Keep the rate for the next start."""
        self._rate.save()

    def began(self) -> None:
        """Forget the states of the run before."""
        self._states = RunStates()
        self._rate.begin()
        self._screen.keeper.changed()

    def news(self, update: "Update") -> None:
        """Know what became of the files, whether or not they are shown."""
        choice = self._screen.choice
        if choice is None or choice.facts is None or not self._screen.stands:
            return
        if self._states.take(choice.facts, update):
            self._is_behind = True
        if _is_over(update.events):
            self._screen.work.look(choice, self._screen.folder)

    def update(self, message: "EngineUpdate") -> None:
        """Show it, where the browser is in front; else only keep its sums from growing old."""
        is_over = _is_over(message.events)
        if self._rate.take(message.snapshot) or is_over:
            self._rate.save()
        is_old = time.monotonic() - self._caught_up_at > _UNSEEN_S
        if self._screen.is_active or is_over or is_old:
            self.catch_up()
        if is_over:
            self._screen.keeper.changed()

    def catch_up(self) -> None:
        """Draw the images' states and count again."""
        screen = self._screen
        if screen.choice is None or not screen.stands:
            return
        self._caught_up_at = time.monotonic()
        if self._is_behind:
            self._is_behind = False
            screen.count()
            screen.keeper.progressed()
        screen.pane.outline_tree.refresh_rows()
        screen.refresh_hints()


def _is_over(events: "Iterable[Event]") -> bool:
    """Whether the run ended with this news."""
    from preventad_tui.core.events import Finished  # there are none before a download

    return any(isinstance(event, Finished) for event in events)
