"""The fields of a login and the one request that they make."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from preventad_tui.core.errors import LoginRefused, PreventADError
from preventad_tui.core.keyrings import off_loop
from preventad_tui.core.login import LOCK_HINT
from preventad_tui.ui.app_type import tui_of
from preventad_tui.ui.widgets.controls import TickBox
from preventad_tui.ui.widgets.password_input import PasswordInput

if TYPE_CHECKING:
    from preventad_tui.core.keyrings import KeyringState
    from preventad_tui.core.workspace import Workspace

LOGIN_GROUP = "login"
TRIES_TO_LOCK = 10


class LoginForm(Vertical):
    """User, password, what to keep, and a line that says how it went."""

    DEFAULT_CSS: ClassVar[str] = """
    LoginForm { height: auto; }
    LoginForm Horizontal { height: 1; }
    LoginForm .label { width: 11; height: 1; }
    LoginForm Input { width: 1fr; max-width: 40; height: 1; border: none; padding: 0;
        background: transparent; text-style: underline; }
    LoginForm Input:focus { border: none; }
    LoginForm TickBox { width: auto; max-width: 100%; }
    LoginForm .below { height: auto; padding-left: 4; color: $text-muted; }
    LoginForm #login-keep-why { height: auto; max-width: 78; color: $text-muted; }
    """

    @dataclass
    class Succeeded(Message):
        """Logged in; `keyring` says whether the token was kept, None where it was not asked."""

        keyring: "KeyringState | None"

    def __init__(
        self, *, username: str = "", keeps_password: bool = False, looks_later: bool = False
    ) -> None:
        """`looks_later`: the keyring's state waits for `look_for_keyring`."""
        super().__init__()
        self._looks_later = looks_later
        self._username = username
        self._keeps_password = keeps_password
        self._busy = False
        self._warned = False

    def compose(self) -> ComposeResult:
        """User, password, the two boxes."""
        with Horizontal(classes="gap"):
            yield Static("User", classes="label", markup=False)
            yield Input(self._username, id="login-user", select_on_focus=False)
        with Horizontal():
            yield Static("Password", classes="label", markup=False)
            yield PasswordInput(id="login-password")
        yield TickBox("stay logged in for 24 hours", id="login-keep", classes="gap")
        yield Static("", id="login-keep-why", markup=False)
        yield TickBox(
            "log in again by itself while this program runs",
            ticked=self._keeps_password,
            id="login-again",
        )
        yield Static("keeps the password in memory, never on disk", classes="below", markup=False)

    def on_mount(self) -> None:
        """Nothing is offered to be kept before there is a keyring."""
        self.query_one("#login-keep", TickBox).display = False
        self._say_keyring("looking for a keyring ...")
        if not self._looks_later:
            self.look_for_keyring()

    def look_for_keyring(self) -> None:
        """Ask for the keyring's state without waiting for it; loading it takes a tenth second."""
        if self.is_running:
            self.run_worker(self._look_for_keyring(), group="keyring", exit_on_error=False)

    @property
    def _workspace(self) -> "Workspace":
        return tui_of(self.app).workspace

    def focus_first_empty(self) -> None:
        """Put the cursor where something is to be typed."""
        user = self.query_one("#login-user", Input)
        (self.query_one(PasswordInput) if user.value else user).focus()

    def fill_in(self, username: str, password: str) -> None:
        """The demo's user and password, which are no secret."""
        self.query_one("#login-user", Input).value = username
        self.query_one(PasswordInput).value = password

    async def _look_for_keyring(self) -> None:
        state = await off_loop(self._workspace.credentials.keyring_state)
        box = self.query_one("#login-keep", TickBox)
        box.display = state.usable
        box.ticked = state.usable
        self.query_one("#login-keep-why").set_class(not state.usable, "gap")
        self._say_keyring(
            f"    token in the keyring: {state.label}"
            if state.usable
            else f"The token is kept in memory only: {state.reason}. "
            "For batch jobs: preventad-tui login --token-file FILE."
        )

    def _say_keyring(self, sentence: str) -> None:
        line = self.query_one("#login-keep-why", Static)
        line.update(sentence)
        line.display = bool(sentence)

    async def log_in(self) -> str:
        """Make exactly one request with what is typed; the sentence to show, `""` when it worked.

        The field is empty afterwards where the server refused it. A second call while one is
        under way does nothing.
        """
        user = self.query_one("#login-user", Input)
        password = self.query_one(PasswordInput)
        if self._busy:
            return ""
        if not user.value.strip() or not password.value:
            (password if user.value.strip() else user).focus()
            return "Type user and password."
        warning = self._workspace.failures.warning(self._workspace.identity)
        if warning and not self._warned:
            self._warned = True
            return f"{warning} Press enter again to try all the same."
        self._busy = True
        try:
            return await self._request(user.value.strip(), password)
        finally:
            self._busy = False

    async def _request(self, username: str, password: PasswordInput) -> str:
        secret = password.secret()
        keep_password = self.query_one("#login-again", TickBox).ticked
        try:
            keyring = await self._workspace.login(
                username,
                secret,
                remember=self.query_one("#login-keep", TickBox).ticked,
                keep_password=keep_password,
            )
        except LoginRefused as error:
            password.clear()
            password.focus()
            return self._refused(error)
        except PreventADError as error:
            return str(error)
        password.clear()
        if not keep_password:
            secret.wipe()
        self.post_message(self.Succeeded(keyring))
        return ""

    def _refused(self, error: LoginRefused) -> str:
        count = self._workspace.failures.count(self._workspace.identity)
        return (
            f"{error.message} ({count} of {TRIES_TO_LOCK} tries in 15 minutes; after that the site "
            "locks you, and others on this network, out for a while.) "
            + error.hint.removesuffix(LOCK_HINT).strip()
        )
