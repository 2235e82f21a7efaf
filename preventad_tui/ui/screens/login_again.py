"""The login over a screen: the token ended, or will not last as long as the download."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input, Static

from preventad_tui.ui.actions import Place
from preventad_tui.ui.screens.base import Modal, modal_bindings
from preventad_tui.ui.screens.login_form import LOGIN_GROUP, LoginForm
from preventad_tui.ui.screens.login_keys import early, go_on_typing
from preventad_tui.ui.widgets.hint_line import HintLine


class LoginModal(Modal[bool]):
    """The token ended while a download runs: log in again, the same queue goes on."""

    DEFAULT_CSS: ClassVar[str] = """
    LoginModal { align: center middle; }
    LoginModal > VerticalScroll {
        width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 1 2;
        border: solid $primary; background: $surface;
    }
    LoginModal #login-message { height: auto; min-height: 2; }
    LoginModal .gap { margin-top: 1; }
    """
    PLACES = (Place.LOGIN,)
    HINTS = ("login.submit", "login.next_field", "login.back")
    BINDINGS: ClassVar[list[BindingType]] = early(modal_bindings(Place.LOGIN))

    def __init__(self, sentence: str, *, keeps_password: bool = False) -> None:
        super().__init__()
        self._sentence = sentence
        self._keeps_password = keeps_password

    def compose(self) -> ComposeResult:
        """Why, the form, a sentence."""
        with VerticalScroll(can_focus=False):
            yield Static(self._sentence, classes="title", markup=False)
            yield LoginForm(
                username=self.tui.workspace.tokens.user, keeps_password=self._keeps_password
            )
            yield Static("", id="login-message", classes="gap", markup=False)
            yield HintLine(self.HINTS)

    def on_mount(self) -> None:
        """Type the password."""
        self.query_one(LoginForm).focus_first_empty()

    def action_submit(self) -> None:
        """Enter goes on to the password, and from there logs in; elsewhere it presses."""
        if not go_on_typing(self):
            self._submit()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the password."""
        event.stop()
        self._submit()

    def _submit(self) -> None:
        self.run_worker(self._log_in(), group=LOGIN_GROUP, exit_on_error=True)

    async def _log_in(self) -> None:
        sentence = await self.query_one(LoginForm).log_in()
        self.query_one("#login-message", Static).update(sentence)

    def on_login_form_succeeded(self, _event: LoginForm.Succeeded) -> None:
        """Done; the app hands the new token to the engine."""
        self.dismiss(True)

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.focus_next()

    def action_back(self) -> None:
        """Leave it; the download stays paused."""
        self.dismiss(False)
