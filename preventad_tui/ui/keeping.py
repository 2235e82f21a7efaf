"""Keeps the session as it happens, so that the next start can go on, whatever ends this one."""

import threading
import time
from datetime import UTC
from typing import TYPE_CHECKING

from textual.timer import Timer

from preventad_tui.core.errors import PreventADError
from preventad_tui.core.last_session import LastSession, keep_declined, save_last_session
from preventad_tui.core.paths import data_dir, state_dir
from preventad_tui.ui import clock

if TYPE_CHECKING:
    from preventad_tui.ui.screens.browser import BrowserScreen

REST_S = 1.0
_PART_OF_TIME = 20
"""What a download changes is written so seldom that it takes this part of the time: a selection of
a quarter of a million images takes half a second."""
KEEP_GROUP = "keep"


class SessionKeeper:
    """Writes the last session a second after a change, and at once on the way out."""

    def __init__(self, screen: "BrowserScreen") -> None:
        self._screen = screen
        self._timer: Timer | None = None
        self._due_s = 0.0
        self._cost_s = 0.0
        self._is_changed = False
        self._declined: LastSession | None = None
        self._is_broken_off = False
        self._lock = threading.Lock()
        self._number = 0

    def decline(self, session: LastSession) -> None:
        """The user starts anew; the old session becomes a named selection once it is replaced."""
        self._declined = session

    def session(self) -> LastSession | None:
        """All that the next start needs to go on; None while there is nothing."""
        screen = self._screen
        workspace, choice, opener = screen.tui.workspace, screen.choice, screen.opener
        selection = opener.snapshot(name=opener.name, note=opener.note)
        if selection is None or choice is None:
            return None
        return LastSession(
            selection,
            workspace.server.name if workspace.server else "",
            choice.view("browser" if screen in screen.tui.screen_stack else "transfers"),
            now_utc(),
            screen.disk.to_fetch_files,
            0 if screen.disk.unknown_files else screen.disk.to_fetch_bytes,
            was_downloading=self._is_broken_off or screen.tui.bridge.is_running,
        )

    def changed(self) -> None:
        """Something worth keeping has changed."""
        self._rest(REST_S)

    def progressed(self) -> None:
        """The download has gone on: less is left to fetch."""
        self._rest(max(REST_S, _PART_OF_TIME * self._cost_s))

    def _rest(self, seconds: float) -> None:
        self._is_changed = True
        due_s = time.monotonic() + seconds
        if self._timer is not None:
            if self._due_s <= due_s:
                return
            self._timer.stop()
        self._due_s = due_s
        self._timer = self._screen.set_timer(seconds, self._rested)

    def _rested(self) -> None:
        self._timer = None
        began = time.monotonic()
        session = self.session()
        self._cost_s = time.monotonic() - began
        if session is not None:
            self._number += 1
            number = self._number
            self._screen.run_worker(
                lambda: self._write(session, number), group=KEEP_GROUP, thread=True
            )

    def save_now(self) -> None:
        """Write where things stand, before the program ends; perhaps once more after the engine.

        Where nothing was chosen or changed, what the session before left stays.
        """
        self._is_broken_off = self._is_broken_off or self._screen.tui.bridge.is_running
        session = self.session()
        if session is not None and (self._is_changed or not session.is_empty):
            self._number += 1
            self._write(session, self._number)

    def _write(self, session: LastSession, number: int) -> None:
        with self._lock:
            if number != self._number:
                return
            began = time.monotonic()
            try:
                self._keep_declined()
                save_last_session(session, state_dir())
                self._cost_s += time.monotonic() - began
            except PreventADError as error:
                self._screen.tui.call_later(
                    self._screen.tui.tell, f"The selection is not kept for the next start: {error}"
                )

    def _keep_declined(self) -> None:
        session, self._declined = self._declined, None
        if session is not None:
            keep_declined(session, data_dir() / "selections")


def now_utc() -> str:
    """Now, as ISO 8601 UTC."""
    return clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
