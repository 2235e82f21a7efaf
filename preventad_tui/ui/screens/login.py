"""Log in: which server, who, and what is kept where."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.events import DescendantBlur
from textual.widgets import Input, Static

from preventad_tui import __version__
from preventad_tui.core.errors import PreventADError, UsageError
from preventad_tui.ui.actions import Place, bindings_of
from preventad_tui.ui.arrival import Arrival
from preventad_tui.ui.screens.base import MainScreen
from preventad_tui.ui.screens.fields import Field, FieldsModal
from preventad_tui.ui.screens.login_form import LOGIN_GROUP, LoginForm
from preventad_tui.ui.screens.login_keys import early, go_on_typing
from preventad_tui.ui.widgets.controls import PushButton
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.server_choice import OTHER, ServerChoice

if TYPE_CHECKING:
    from preventad_tui.core.server import ServerInfo

ACCOUNTS = {
    "open": "An account is a user name of this site: free, for all who accept its terms. "
    "None yet? Ask for one at https://openpreventad.loris.ca",
    "registered": "Registered data need an account of their own, given to researchers after a "
    "review. Ask for one at https://registeredpreventad.loris.ca",
    "demo": "The demo is a small server on this computer with made-up data: try every key.",
    OTHER: "An account is a user name of that LORIS site; its own people give them.",
}
"""What an account is and where to ask for one, by server."""


class LoginScreen(MainScreen):
    """The first screen; a token that still works skips it."""

    DEFAULT_CSS: ClassVar[str] = """
    LoginScreen > VerticalScroll { padding: 0 1; scrollbar-size-vertical: 1; }
    LoginScreen.-wide > VerticalScroll { padding: 0 3; }
    LoginScreen Horizontal { height: auto; }
    LoginScreen .label { width: 11; height: 1; }
    LoginScreen #login-name { width: 1fr; }
    LoginScreen #login-version { width: auto; color: $text-muted; }
    LoginScreen #login-url-row { height: 1; }
    LoginScreen #login-url { width: 1fr; height: 1; border: none; padding: 0;
        background: transparent; text-style: underline; }
    LoginScreen #login-url:focus { border: none; }
    LoginScreen #login-buttons, LoginScreen #login-published { padding-left: 11; }
    LoginScreen #login-message { height: auto; min-height: 2; max-width: 78; }
    LoginScreen #login-accounts { color: $text-muted; }
    LoginScreen.-tall .gap { margin-top: 1; }
    """
    PLACES = (Place.LOGIN,)
    HINTS = ("login.submit", "login.next_field", "app.help", "app.quit")
    BINDINGS: ClassVar[list[BindingType]] = early(bindings_of(Place.LOGIN))

    def __init__(self, arrival: Arrival | None = None) -> None:
        """`arrival`: what was begun with the settings' server, and is not over yet."""
        super().__init__()
        self._arrival = arrival

    def compose(self) -> ComposeResult:
        """Server, user, password, boxes, buttons, a sentence."""
        settings = self.tui.workspace.settings
        with VerticalScroll(can_focus=False):
            with Horizontal(classes="gap"):
                yield Static("PREVENT-AD", id="login-name", classes="title", markup=False)
                yield Static(f"preventad-tui {__version__}", id="login-version", markup=False)
            with Horizontal(classes="gap"):
                yield Static("Server", classes="label", markup=False)
                yield ServerChoice(settings.server, id="login-server")
            with Horizontal(id="login-url-row"):
                yield Static("Address", classes="label", markup=False)
                known = settings.server in ("open", "registered", "demo")
                yield Input(
                    "" if known else settings.server,
                    placeholder="https://",
                    id="login-url",
                    select_on_focus=False,
                )
            yield LoginForm(username=settings.username, looks_later=True)
            with Horizontal(id="login-buttons", classes="gap"):
                yield PushButton("Log in", id="login-do")
                if settings.server != "demo":
                    yield PushButton("Look around first (demo)", id="login-demo")
            if settings.catalogue is not None:
                with Horizontal(id="login-published"):
                    yield PushButton("Browse the published list (no account)", id="login-browse")
            yield Static("", id="login-message", classes="gap", markup=False)
            yield Static("", id="login-accounts", classes="gap", markup=False)
        yield HintLine(self.HINTS)

    def on_mount(self) -> None:
        """Go to the server at once, and past this screen where a kept token still works."""
        self._connected = ""
        self._asked = self._wanted
        self._show_address()
        self.form.focus_first_empty()
        self._start(self._begin())

    @property
    def form(self) -> LoginForm:
        """User, password and boxes."""
        return self.query_one(LoginForm)

    def say(self, sentence: str) -> None:
        """Show how it stands."""
        message = self.query_one("#login-message", Static)
        message.update(sentence)
        self.call_after_refresh(message.scroll_visible, animate=False)

    def _start(self, work: object) -> None:
        self.run_worker(work, group=LOGIN_GROUP, exclusive=True, exit_on_error=True)  # type: ignore[arg-type]

    # The server

    @property
    def _wanted(self) -> str:
        chosen = self.query_one(ServerChoice).chosen
        return self.query_one("#login-url", Input).value.strip() if chosen == OTHER else chosen

    def _show_address(self) -> None:
        chosen = self.query_one(ServerChoice).chosen
        self.query_one("#login-url-row").display = chosen == OTHER
        self.query_one("#login-accounts", Static).update(ACCOUNTS.get(chosen, ACCOUNTS[OTHER]))

    def on_server_choice_chosen(self, _event: ServerChoice.Chosen) -> None:
        """Show the address field where it is needed; nothing is asked of a server yet."""
        self._show_address()
        self.say("")

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Leaving the choice of the server means it: look who answers there."""
        left = event.widget.id in ("login-server", "login-url")
        if left and self._wanted and self._wanted != self._asked and self.is_current:
            self._start(self._connect())

    async def _begin(self) -> None:
        try:
            await self._first_connect()
        finally:
            if self.is_current:  # a token that works needs no form, and no keyring loaded for it
                self.form.look_for_keyring()

    async def _first_connect(self) -> None:
        workspace = self.tui.workspace
        wish = workspace.settings
        if wish.catalogue and not wish.username and not await workspace.has_login():
            self._browse_published()
            return
        wanted = self._wanted
        if not wanted:
            self.say("Type the server's address.")
            return
        self.say(f"connecting to {wanted} ...")
        arrival = self._arrival or Arrival(workspace)
        try:
            is_in = await arrival.ended()
        except PreventADError as error:
            self._connected = wanted if arrival.info else ""
            self.say(str(error))
            return
        self._say_connected(wanted, arrival.info)
        if workspace.filled_in:
            # The demo's user and password are no secret; they are shown so that the screen is.
            self.form.fill_in(workspace.filled_in.username, "demo")
            self.query_one("#login-do").focus()
            self.say("This is the demo: press enter to log in.")
        elif is_in:
            await self._enter()

    async def _connect(self) -> bool:
        wanted = self._wanted
        if not wanted:
            self.say("Type the server's address.")
            return False
        self._asked = wanted
        self.say(f"connecting to {wanted} ...")
        try:
            info = await self.tui.workspace.connect(wanted)
        except PreventADError as error:
            self._connected = ""
            self.say(str(error))
            return False
        self._say_connected(wanted, info)
        return True

    def _say_connected(self, wanted: str, info: "ServerInfo | None") -> None:
        self._connected = wanted
        if info:
            self.say(f"{info.server.origin.netloc} answers.")

    # The login

    def on_push_button_pressed(self, event: PushButton.Pressed) -> None:
        """Log in, or look around in the demo."""
        if event.widget.id == "login-demo":
            self._start(self._look_around())
        elif event.widget.id == "login-browse":
            self._browse_published()
        else:
            self._submit()

    def action_submit(self) -> None:
        """Enter goes on to the password, and from there logs in; elsewhere it presses."""
        if not go_on_typing(self):
            self._submit()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the password."""
        event.stop()
        self._submit()

    def _submit(self) -> None:
        """Log in with what is typed; nothing while a login is under way."""
        if not self.workers_busy:
            self._start(self._log_in())

    @property
    def workers_busy(self) -> bool:
        """Whether a request to the server is under way."""
        return any(
            worker.group == LOGIN_GROUP and worker.node is self and not worker.is_finished
            for worker in self.workers
        )

    async def _log_in(self) -> None:
        if self._connected != self._wanted and not await self._connect():
            return
        self.say("logging in ...")
        self.say(await self.form.log_in())

    def _browse_published(self) -> None:
        self.tui.workspace.stay_without_account()
        self.tui.enter_browser()

    async def _look_around(self) -> None:
        self.say("starting the demo server ...")
        try:
            await self.tui.workspace.connect("demo")
            await self.tui.workspace.try_stored_tokens()
            await self._enter()
        except PreventADError as error:
            self.say(str(error))

    def on_login_form_succeeded(self, event: LoginForm.Succeeded) -> None:
        """On to the browser; say where the token is when it could not be kept."""
        if event.keyring and not event.keyring.usable:
            self.tui.tell(f"The token is kept in memory only: {event.keyring.reason}.")
        self._start(self._enter())

    async def _enter(self) -> None:
        self.say("logged in")
        try:
            await self.tui.workspace.settle_project()
        except UsageError as error:
            self.say(error.message)
            self.app.push_screen(
                FieldsModal(error.message, [Field("Project")]), self._project_chosen
            )
            return
        except PreventADError as error:
            self.say(str(error))
            return
        self.tui.enter_browser()

    def _project_chosen(self, answer: tuple[str, ...] | None) -> None:
        if answer and answer[0]:
            self.tui.workspace.project = answer[0]
            self._start(self._enter())

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.focus_next()
