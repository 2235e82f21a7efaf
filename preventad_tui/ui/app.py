"""The application object: wiring, screens, the engine's tick, signals, the way out."""

import asyncio
import signal
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import App
from textual.binding import BindingType
from textual.geometry import Offset
from textual.screen import Screen

from preventad_tui.core.commands import Stop
from preventad_tui.core.errors import ExitCode
from preventad_tui.ui.actions import Place, bindings_of
from preventad_tui.ui.bridge import EngineBridge, EngineThreadHandle
from preventad_tui.ui.cursor import terminal_cursor
from preventad_tui.ui.messages import EngineUpdate, RunStarted

if TYPE_CHECKING:
    from preventad_tui.core.plan import Plan
    from preventad_tui.core.workspace import Workspace

POLL_S = 0.2
CALM_S = 10.0
STOP_WAIT_S = 1.5


class PreventADApp(App[None], inherit_bindings=False):
    """Login, Browser and Transfers over one workspace and one engine."""

    CSS_PATH = "app.tcss"
    TITLE = "preventad-tui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.APP)

    def __init__(self, workspace: "Workspace", keymap: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.workspace = workspace
        self.keymap: Mapping[str, str] = dict(keymap or {})
        self.bridge = EngineBridge()
        self.calm = False
        self._drawn_at = 0.0
        self._held: list[Any] = []
        self._leaving = False

    # The terminal's cursor

    @property
    def cursor_position(self) -> Offset:
        """Where Textual puts the terminal's cursor after each repaint."""
        return terminal_cursor(self.screen.focused) if self.screen_stack else Offset(0, 0)

    @cursor_position.setter
    def cursor_position(self, _position: Offset) -> None:
        """Textual's own widgets set it too; the focused widget's answer counts."""

    # Screens

    def on_mount(self) -> None:
        """Start: key changes, signals, the tick, the login screen."""
        self.set_keymap(dict(self.keymap))
        self._take_signals()
        self.set_interval(POLL_S, self._tick)
        from preventad_tui.ui.screens.login import LoginScreen

        self.push_screen(LoginScreen())

    def enter_browser(self) -> None:
        """Leave the login screen for the browser."""
        from preventad_tui.ui.screens.browser import BrowserScreen
        from preventad_tui.ui.screens.transfers import TransfersScreen

        self.install_screen(BrowserScreen(), "browser")
        self.install_screen(TransfersScreen(), "transfers")
        self.switch_screen("browser")

    @property
    def is_entered(self) -> bool:
        """Whether the login is behind us."""
        return self.is_screen_installed("browser")

    def action_show_browser(self) -> None:
        """Go to the browser."""
        self._show("browser")

    def action_show_transfers(self) -> None:
        """Go to the transfers."""
        self._show("transfers")

    def action_toggle_transfers(self) -> None:
        """To the transfers, and back."""
        shown = self.is_entered and self.screen is self.get_screen("transfers")
        self._show("browser" if shown else "transfers")

    def _show(self, name: str) -> None:
        if self.is_entered and len(self.screen_stack) == 2 and not self.screen.is_modal:
            wanted = self.get_screen(name)
            if self.screen is not wanted:
                self.switch_screen(name)

    def main_screens(self) -> list[Screen[Any]]:
        """Browser and Transfers, where they have been opened and run."""
        if not self.is_entered:
            return []
        screens = [self.get_screen(name) for name in ("browser", "transfers")]
        return [screen for screen in screens if screen.is_running]

    # The engine

    def start_run(self, thread: EngineThreadHandle, plan: "Plan") -> None:
        """Start a download and show it."""
        self.bridge.start(thread, plan)
        for screen in self.main_screens():
            screen.post_message(RunStarted())
        self.action_show_transfers()

    def _tick(self) -> None:
        update = self.bridge.poll()
        if update is None:
            return
        self._held.extend(update.events)
        now = time.monotonic()
        if self.calm and now - self._drawn_at < CALM_S:
            return
        self._drawn_at = now
        events, self._held = tuple(self._held), []
        for screen in self.main_screens():
            screen.post_message(EngineUpdate(update.snapshot, events))

    # Keys that work everywhere

    def action_calm(self) -> None:
        """Calm screen on or off."""
        self.calm = not self.calm
        self.notify("Calm screen on" if self.calm else "Calm screen off", markup=False)

    def action_redraw(self) -> None:
        """Draw everything again, whatever other programs wrote over it."""
        self.refresh(layout=True)

    def action_help(self) -> None:
        """Show the keys of this screen."""
        from preventad_tui.ui.screens.help import HelpModal

        if not isinstance(self.screen, HelpModal):
            self.push_screen(HelpModal(self.screen))

    def ask(self, question: str, answered: Callable[[bool], None], **words: Any) -> None:
        """Ask a yes-or-no question; escape is no."""
        from preventad_tui.ui.screens.confirm import ConfirmModal

        self.push_screen(
            ConfirmModal(question, **words), lambda answer: answered(bool(answer))
        )

    # The way out

    async def action_quit(self) -> None:
        """Quit; ask while a download runs."""
        if not self.bridge.is_running:
            run = self.bridge.run
            self.leave(run.summary.exit_code if run and run.summary else ExitCode.OK)
            return
        self.ask(
            "A download is running. Quit? All state is kept: run the program again to go on.",
            lambda yes: self.leave(ExitCode.LEFT) if yes else None,
            yes="Quit",
            no="Stay",
        )

    def leave(self, code: ExitCode) -> None:
        """End the program within two seconds, all state kept."""
        if not self._leaving:
            self._leaving = True
            self.run_worker(self._leave(code), group="leave", exit_on_error=False)

    async def _leave(self, code: ExitCode) -> None:
        self.bridge.send(Stop(code))
        end = time.monotonic() + STOP_WAIT_S
        while self.bridge.is_running and time.monotonic() < end:
            self.bridge.poll()
            await asyncio.sleep(0.02)
        self.exit(return_code=int(code))

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        codes = {
            signal.SIGHUP: ExitCode.SIGHUP,
            signal.SIGTERM: ExitCode.SIGTERM,
            signal.SIGINT: ExitCode.SIGINT,
        }
        for number, code in codes.items():
            loop.add_signal_handler(number, self.leave, code)


def tui_of(app: App[Any]) -> PreventADApp:
    """The app with its own type, for widgets."""
    return cast(PreventADApp, app)
