"""The way in that needs nobody: the server found, the tokens that are at hand tried."""

import asyncio
from typing import TYPE_CHECKING

from preventad_tui.core.errors import PreventADError

if TYPE_CHECKING:
    from preventad_tui.core.server import ServerInfo
    from preventad_tui.core.workspace import Workspace

AT_ONCE_S = 0.3
"""How long an empty screen is better than a login that flashes by; longer waits show it."""


class Arrival:
    """Begins when it is made, in the loop that runs; the login screen takes over what is left."""

    def __init__(self, workspace: "Workspace") -> None:
        self._workspace = workspace
        self.info: ServerInfo | None = None
        self._task = asyncio.ensure_future(self._arrive())

    async def _arrive(self) -> bool:
        self.info = await self._workspace.connect(self._workspace.settings.server)
        return self._workspace.filled_in is None and await self._workspace.try_stored_tokens()

    async def ended(self) -> bool:
        """Whether a token has logged in; whoever is cancelled while waiting cancels it too.

        Raises:
            PreventADError: no server, or a fault on the way.
        """
        return await self._task

    async def is_in_at_once(self) -> bool:
        """Whether the browser can be shown without a word, the project being clear as well."""
        await asyncio.wait({self._task}, timeout=AT_ONCE_S)
        if not self._task.done():
            return False
        try:
            if self._task.result():
                await self._workspace.settle_project()
                return True
        except PreventADError:  # the login screen says it
            pass
        return False
