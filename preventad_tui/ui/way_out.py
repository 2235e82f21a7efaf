"""How the program ends: asked for, by a signal, or by the terminal's end; all state is kept."""

import asyncio
import signal
import time
from typing import TYPE_CHECKING

from rich.text import Text

from preventad_tui.core.errors import ExitCode
from preventad_tui.core.text import clean

if TYPE_CHECKING:
    from preventad_tui.ui.app import PreventADApp

STOP_WAIT_S = 1.0
CLOSE_WAIT_S = 0.4
_QUICK_S = 0.2
_CODES = {
    signal.SIGHUP: ExitCode.SIGHUP,
    signal.SIGTERM: ExitCode.SIGTERM,
    signal.SIGXCPU: ExitCode.SIGXCPU,
    signal.SIGINT: ExitCode.SIGINT,
}


class WayOut:
    """Stops the engine, saves the session, closes what is open: within two seconds, once."""

    def __init__(self, app: "PreventADApp") -> None:
        self._app = app
        self._is_leaving = False
        self._saving_took_s = 0.0

    def take_signals(self) -> None:
        """Leave in order when the system says so."""
        loop = asyncio.get_running_loop()
        for number, code in _CODES.items():
            loop.add_signal_handler(number, self.leave, code)

    def ask(self) -> None:
        """Leave; where a download runs, only after asking."""
        from preventad_tui.ui.screens.confirm import ConfirmModal

        app = self._app
        if any(isinstance(screen, ConfirmModal) for screen in app.screen_stack):
            return
        if not app.bridge.is_running:
            run = app.bridge.run
            self.leave(run.summary.exit_code if run and run.summary else ExitCode.OK)
            return
        app.ask(
            f"{app.bridge.standing}. Quit?\nAll state is kept: run the program again to go on.",
            lambda yes: self.leave(ExitCode.LEFT) if yes else None,
            yes="Quit",
            no="Stay",
        )

    def leave(self, code: ExitCode) -> None:
        """End the program with this code."""
        if not self._is_leaving:
            self._is_leaving = True
            self._app.run_worker(self._leave(code), group="leave")

    async def _leave(self, code: ExitCode) -> None:
        from preventad_tui.core.commands import Stop

        app = self._app
        app.bridge.send(Stop(code))
        self._save()
        await self._let_the_engine_end()
        try:
            async with asyncio.timeout(CLOSE_WAIT_S):
                await app.workspace.aclose()
        except TimeoutError:
            pass  # a child that does not end in time is ended by the system after us
        app.exit(
            return_code=int(code), message=Text(last) if (last := self._last_words()) else None
        )

    async def _let_the_engine_end(self) -> None:
        """Wait for it, and keep what came to its end meanwhile too, if that takes no time."""
        from preventad_tui.core.events import FileEnded
        from preventad_tui.ui.one_run import Update

        app, begun = self._app, time.monotonic()
        came = False
        while app.bridge.is_running and time.monotonic() < begun + STOP_WAIT_S:
            update = app.bridge.poll()
            ended = [e for e in update.events if isinstance(e, FileEnded)] if update else []
            if update and ended:
                came = True
                for screen in app.main_screens():
                    screen.know(Update(update.snapshot, tuple(ended)))
            await asyncio.sleep(0.02)
        if came and self._saving_took_s < _QUICK_S:
            self._save()

    def _save(self) -> None:
        begun = time.monotonic()
        for screen in self._app.main_screens():
            screen.save_before_leaving()
        self._saving_took_s = time.monotonic() - begun

    def _last_words(self) -> str:
        """What is left and what to do, for the shell; nothing where all is done."""
        run = self._app.bridge.run
        summary = run.summary if run else None
        return clean(summary.sentence) if summary and summary.exit_code else ""
