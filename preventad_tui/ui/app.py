"""The application object: wiring, screens, the engine's tick, the way out.

What the browser's first paint does not need (other screens, the engine's words) is imported where
it is used.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver
from textual.events import Event
from textual.geometry import Offset
from textual.theme import Theme
from textual.worker import WorkerFailed

from preventad_tui.core.errors import ExitCode
from preventad_tui.core.logfile import crash_sentence, log_crash, log_trouble
from preventad_tui.core.paths import state_dir
from preventad_tui.core.scheduling import go_first
from preventad_tui.ui.actions import Action, Place, bindings_of
from preventad_tui.ui.arrival import Arrival
from preventad_tui.ui.bridge import EngineBridge, EngineThreadHandle
from preventad_tui.ui.cursor import terminal_cursor
from preventad_tui.ui.drawn_rows import DrawnRows
from preventad_tui.ui.line_budget import LineBudget, Pace, thrifty
from preventad_tui.ui.messages import EngineNumbers, EngineUpdate, RunStarted
from preventad_tui.ui.screens.base import MainScreen, Placed
from preventad_tui.ui.terminal import has_job_control, is_hung_up
from preventad_tui.ui.theme import DEFAULT, THEMES, choose_theme, keep_theme, next_theme
from preventad_tui.ui.type_ahead import TypeAhead, is_typed
from preventad_tui.ui.way_out import WayOut
from preventad_tui.ui.widgets.banner import show_banner

if TYPE_CHECKING:
    from preventad_tui.core.plan import Plan
    from preventad_tui.core.workspace import Workspace

POLL_S = 0.2


class PreventADApp(App[None], inherit_bindings=False):
    """Login, Browser and Transfers over one workspace and one engine."""

    CSS_PATH = "app.tcss"
    TITLE = "preventad-tui"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 (as in Textual)
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.APP)

    def __init__(self, workspace: "Workspace", *, theme: str = DEFAULT) -> None:
        # Textual picks its colour filter while the app is made, so the theme must be known before.
        self._reactive_theme = theme
        self._line = LineBudget()
        self._drawn = DrawnRows()
        super().__init__()
        self.workspace = workspace
        self.keymap = dict(workspace.settings.keys)
        self.bridge = EngineBridge()
        self.calm = False
        self._pace = Pace(self._line)
        self._way_out = WayOut(self)
        self._typed = TypeAhead(self, super().on_event)

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver; it writes only what changes, and that is counted."""
        return thrifty(super().get_driver_class(), self._line, self._drawn)

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Textual's themes and ours."""
        return {**super().available_themes, **THEMES}

    # The terminal's cursor

    @property
    def cursor_position(self) -> Offset:
        """Where Textual puts the terminal's cursor after each repaint."""
        screen = self.screen if self.is_attached else None
        return terminal_cursor(screen.cursor_widget if isinstance(screen, Placed) else None)

    @cursor_position.setter
    def cursor_position(self, _position: Offset) -> None:
        """Textual's own widgets set it too; the focused widget's answer counts."""

    # Screens

    async def on_mount(self) -> None:
        """Start: key changes, signals, the tick; the browser with a token that works, or login."""
        self.set_keymap(self.keymap)
        self._way_out.take_signals()
        self.set_interval(POLL_S, self._tick)
        settings = self.workspace.settings
        arrival = Arrival(self.workspace) if settings.server and not settings.catalogue else None
        if arrival and await arrival.is_in_at_once():
            self.enter_browser()
        else:
            from preventad_tui.ui.screens.login import LoginScreen

            self.push_screen(LoginScreen(arrival))

    def enter_browser(self) -> None:
        """Leave the login screen, if one is shown, for the browser."""
        from preventad_tui.ui.screens.browser import BrowserScreen

        self.install_screen(BrowserScreen(), "browser")
        self._draw_when_whole()
        screen = self.screen if self.screen_stack else None
        shows_login = isinstance(screen, MainScreen) and Place.LOGIN in screen.PLACES
        (self.switch_screen if shows_login else self.push_screen)("browser")

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
        known = self.is_screen_installed("transfers")
        shown = known and self.screen is self.get_screen("transfers")
        self._show("browser" if shown else "transfers")

    def push_screen(self, *given: Any, **named: Any) -> Any:
        """Show a screen over this one; what was said in passing was said about this one."""
        self.clear_notifications()
        self._draw_when_whole()
        return super().push_screen(*given, **named)

    def _draw_when_whole(self) -> None:
        """Another screen comes: no frames of it without its data, which a slow line would show."""
        if self.screen_stack and isinstance(self.screen, Placed):
            self.delay_update()

    def _show(self, name: str) -> None:
        if self.is_entered and not self.screen.is_modal:
            if not self.is_screen_installed(name):
                from preventad_tui.ui.screens.transfers import TransfersScreen

                self.install_screen(TransfersScreen(), name)
            wanted = self.get_screen(name)
            if self.screen is not wanted:
                self.clear_notifications()
                self._draw_when_whole()
                self.switch_screen(name)

    def main_screens(self) -> list[MainScreen]:
        """Browser and Transfers, those that have been opened."""
        if not self.is_entered:
            return []
        names = filter(self.is_screen_installed, ("browser", "transfers"))
        screens = [self.get_screen(name) for name in names]
        return [s for s in screens if isinstance(s, MainScreen) and s.is_running]

    # The engine

    def start_run(self, thread: EngineThreadHandle, plan: "Plan", *, shows: bool = True) -> None:
        """Start a download and show it, or leave in front what is there."""
        go_first()
        self.bridge.start(thread, plan)
        self._pace.forget()
        for screen in self.main_screens():
            screen.post_message(RunStarted())
        if shows:
            self.action_show_transfers()

    def plan_again(self) -> None:
        """After the end of a run: to the browser's plan, which holds what is left."""
        self._show("browser")
        self.call_later(self._do, "plan")

    def _tick(self) -> None:
        if not self.is_headless and is_hung_up():
            self._way_out.leave(ExitCode.SIGHUP)
        # Before the first screen and after the last there is none.
        if self.screen_stack and isinstance(self.screen, MainScreen):
            show_banner(self.screen, log_trouble.sentence)
        update = self.bridge.poll()
        if update is None:
            return
        from preventad_tui.core.events import AuthNeeded, Finished, Paused

        for event in update.events:
            match event:
                case AuthNeeded(sentence):
                    self.ask_login(sentence)
                case Finished() | Paused() if self.workspace.settings.bell:
                    self.bell()
                case _:
                    pass
        self._line.resized(self.size.width * self.size.height)
        # Below a modal nothing changes without the whole screen being drawn, some times over.
        calm = self.calm or (bool(self.screen_stack) and self.screen.is_modal)
        events = self._pace.release(update.snapshot, update.events, calm=calm)
        numbers = events is None and self._pace.numbers_are_due(calm=calm)
        for screen in self.main_screens():
            screen.know(update)
            if events is not None:
                screen.post_message(EngineUpdate(update.snapshot, events))
            elif numbers:
                screen.post_message(EngineNumbers(update.snapshot))

    def ask_login(self, sentence: str) -> None:
        """Ask for user and password over whatever is shown; one such question at a time."""
        from preventad_tui.ui.screens.login_again import LoginModal

        if not any(isinstance(screen, LoginModal) for screen in self.screen_stack):
            self.push_screen(LoginModal(sentence), self._logged_in_again)

    def _logged_in_again(self, succeeded: bool | None) -> None:
        from preventad_tui.core.commands import NewToken

        token = self.workspace.tokens.token
        if succeeded and token:
            self.bridge.send(NewToken(token))
            self.tell("Logged in; going on.")

    # Keys that work everywhere

    async def on_event(self, event: Event) -> None:
        """Keys in the order typed, also while a screen opens; all else as Textual does it."""
        await (self._typed.came(event) if is_typed(event) else super().on_event(event))

    def tell(self, sentence: str) -> None:
        """One sentence in passing; what must not be missed goes to a screen or the log."""
        self.clear_notifications()
        self.notify(sentence, markup=False, timeout=4)

    def action_calm(self) -> None:
        """Calm screen on or off."""
        self.calm = not self.calm
        self.tell(
            "Calm screen: one repaint in 10 s; z ends it." if self.calm else "Calm screen off."
        )

    def action_redraw(self) -> None:
        """Draw everything again, whatever other programs wrote over it."""
        self.draw_all()
        self.refresh(layout=True)

    def draw_all(self) -> None:
        """Draw the next frame whole: what stands on the terminal is not known any more."""
        self._drawn.forget()

    def action_theme(self) -> None:
        """The next colours."""
        wanted = next_theme(self.theme)
        self.theme = choose_theme(wanted)
        if self.theme != wanted:
            self.tell("This terminal has its own colours only.")
            return
        keep_theme(wanted, self.workspace.settings.theme, state_dir())
        self.tell(f"Colours: {wanted}. Kept for the next start.")

    def action_help(self) -> None:
        """Show the keys of this screen."""
        from preventad_tui.ui.screens.help import HelpModal

        if isinstance(self.screen, Placed) and not isinstance(self.screen, HelpModal):
            self.push_screen(HelpModal((*self.screen.PLACES, Place.APP)))

    def action_palette(self) -> None:
        """Find a command by its name."""
        from preventad_tui.ui.screens.palette import PaletteModal

        if isinstance(self.screen, Placed) and not isinstance(self.screen, PaletteModal):
            places = (*self.screen.PLACES, Place.APP)
            self.push_screen(PaletteModal(places), self._palette_chose)

    def _palette_chose(self, action: Action | None) -> None:
        if action is not None:
            self.call_later(self._do, action.name)

    async def _do(self, name: str) -> None:
        focused = self.screen.focused
        chain = [*(focused.ancestors_with_self if focused else ()), *self.screen.query("*"), self]
        for node in chain:
            if hasattr(node, f"action_{name}"):
                await self.run_action(name, node)
                return

    def action_log_in_again(self) -> None:
        """Log in as the same or another user."""
        if self.workspace.is_without_account:
            self.tell(str(self.workspace.no_account()))
        elif self.is_entered:
            self.ask_login("Log in again")

    def ask(self, question: str, answered: Callable[[bool], object], **words: Any) -> None:
        """Ask a yes-or-no question; escape is no."""
        from preventad_tui.ui.screens.confirm import ConfirmModal

        self.push_screen(ConfirmModal(question, **words), lambda yes: answered(bool(yes)))

    async def action_suspend(self) -> None:
        """Back to the shell; asks while transfers run, since they stop too."""
        if not has_job_control():
            self.tell("There is no shell to go back to: this program was started without one.")
        elif self.bridge.is_running:
            self.ask(
                "Suspend? The transfers stop too, until you come back with fg.",
                lambda yes: self.action_suspend_process() if yes else None,
                yes="Suspend",
                no="Stay",
            )
        else:
            self.action_suspend_process()

    # The way out

    async def action_quit(self) -> None:
        """Quit, asking while a download runs."""
        self._way_out.ask()

    def leave(self, code: ExitCode) -> None:
        """End the program within two seconds, all state kept."""
        self._way_out.leave(code)

    # A fault of the program itself

    def _fatal_error(self) -> None:
        """One sentence on the terminal, the traceback without local variables in the log.

        Textual's own prints local variables, hence passwords and tokens.
        """
        error: BaseException = self._exception or RuntimeError("unknown")
        if isinstance(error, WorkerFailed):
            error = error.error
        log_crash(error)
        if not self._exit_renderables:
            self._exit_renderables.append(Text(crash_sentence(error)))
        self._close_messages_no_wait()
