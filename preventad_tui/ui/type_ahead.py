"""Keys typed ahead: each is given out when the one before it has had its effect.

Textual 8 gives a key to the widget that has the focus when the key arrives, while what the key
before it does (open a screen, move the focus) comes some messages later. Over a slow line keys
come in bursts: those after the first would go to the screen that is being left, or nowhere.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.events import Event, Key, Paste

from preventad_tui.ui.screens.base import Placed

if TYPE_CHECKING:
    from preventad_tui.ui.app import PreventADApp

LIMIT_S = 2.0
"""After so long without one being taken, keys are given out whatever is shown."""

_LOOK_S = 0.001
_LOOKS_AT_ONCE = 20  # a key needs a turn of the loop for each widget above the focused one
_AT_ONCE = frozenset({"ctrl+c", "ctrl+q"})


def is_typed(event: Event) -> bool:
    """Whether it comes from the keyboard: a key or a paste that no widget has been given yet."""
    return isinstance(event, Key | Paste) and not event.is_forwarded


class TypeAhead:
    """Holds what is typed, in order, while what was typed before is still under way.

    Args:
        give: gives an event to whatever is to have it now; called in the app's own turn.
    """

    def __init__(self, app: "PreventADApp", give: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._give = give
        self._held: deque[Event] = deque()
        self._until = 0.0
        self._looks = 0

    async def came(self, event: Event) -> None:
        """Give it out now or, where it has to wait, later; the keys that quit never wait."""
        quits = isinstance(event, Key) and event.key in _AT_ONCE
        if quits or (not self._held and self._is_taken()):
            await self._give(event)
            return
        self._held.append(event)
        if len(self._held) == 1:
            self._until, self._looks = time.monotonic() + LIMIT_S, 0
            self._look_soon()

    def _is_taken(self) -> bool:
        """Whether the last key has had its effect and the screen shown takes the next one."""
        screen = self._app.screen_stack[-1] if self._app.screen_stack else None
        if not isinstance(screen, Placed) or not screen.is_mounted:
            return False
        from preventad_tui.ui.widgets.path_input import PathInput  # nobody types before the paint

        focused = screen.focused
        if isinstance(focused, PathInput) and focused.is_completing:
            return False
        # A key goes up from the focused widget to the app, and so does what it sets off.
        return all(
            node.message_queue_size == 0 and node._pending_message is None
            for node in (focused or screen).ancestors_with_self
        )

    def _look_soon(self) -> None:
        self._looks += 1
        wait_s = 0.0 if self._looks < _LOOKS_AT_ONCE else _LOOK_S
        asyncio.get_running_loop().call_later(wait_s, self._look)

    def _look(self) -> None:
        if self._is_taken() or time.monotonic() > self._until:
            self._app.call_later(self._let_go)
        else:
            self._look_soon()

    async def _let_go(self) -> None:
        now, is_taken = time.monotonic(), self._is_taken()
        if is_taken:
            self._until = now + LIMIT_S
        if is_taken or now > self._until:
            self._looks = 0
            await self._give(self._held.popleft())
        if self._held:
            self._look_soon()
