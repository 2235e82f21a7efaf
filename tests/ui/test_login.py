"""The login screen by keys: one request for each Enter, nothing kept that should not be."""

from typing import Any

import pytest
from textual import events
from textual.widgets import Input, Static

from preventad_tui.core.errors import Unreachable
from preventad_tui.core.keyrings import KeyringState
from preventad_tui.ui.screens.login import LoginScreen
from preventad_tui.ui.widgets.controls import TickBox
from preventad_tui.ui.widgets.password_input import PasswordInput


def _message(app: Any) -> str:
    return str(app.screen.query_one("#login-message", Static).content)


async def _ready(ui: Any, pilot: Any) -> None:
    await ui.wait_for(pilot, lambda: isinstance(pilot.app.screen, LoginScreen))
    await ui.wait_for(pilot, lambda: pilot.app.workspace.connects)
    await pilot.pause()


async def test_a_stored_token_goes_straight_to_the_browser(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        assert app.workspace.logins == []


async def test_user_and_password_log_in(ui: Any) -> None:
    app = ui.app()
    async with app.run_test() as pilot:
        await _ready(ui, pilot)
        assert isinstance(app.focused, PasswordInput)  # the user came from the settings
        await pilot.press(*ui.password.replace("-", "_").split("_")[0], "minus")
        await pilot.press(*ui.password.split("-")[1], "enter")
        await ui.wait_entered(pilot)
        assert app.workspace.logins == [("jdoe", True, False)]


async def test_a_refusal_empties_the_field_counts_and_waits(ui: Any) -> None:
    """A1."""
    app = ui.app()
    async with app.run_test() as pilot:
        await _ready(ui, pilot)
        for count in (1, 2):
            await pilot.press(*"wrong", "enter")
            await ui.wait_for(pilot, lambda: f"({count} of 10" in _message(app))  # noqa: B023
            assert len(app.workspace.logins) == count
            assert isinstance(app.focused, PasswordInput)
            assert app.focused.value == ""
        await pilot.press("enter")
        await pilot.pause()
        assert len(app.workspace.logins) == 2  # an empty field asks nothing of the server


async def test_a_refusal_is_in_sight_on_a_small_terminal(ui: Any) -> None:
    app = ui.app()
    async with app.run_test(size=(60, 16)) as pilot:
        await _ready(ui, pilot)
        hint = "Check user and password, or set a new password in a browser. " * 3
        app.workspace.refusal_hint = hint
        await pilot.press(*"wrong", "enter")
        await ui.wait_for(pilot, lambda: hint.strip() in _message(app))
        message = app.screen.query_one("#login-message")
        scrolled = message.parent

        def is_in_sight() -> bool:
            return bool(message.region) and scrolled.region.contains_region(message.region)

        await ui.wait_for(pilot, is_in_sight)


async def test_after_five_refusals_enter_must_be_pressed_twice(ui: Any) -> None:
    """A2."""
    app = ui.app()
    for _ in range(5):
        app.workspace.failures.add(app.workspace.identity)
    async with app.run_test() as pilot:
        await _ready(ui, pilot)
        await pilot.press(*"wrong", "enter")
        await ui.wait_for(pilot, lambda: "locks" in _message(app))
        assert app.workspace.logins == []
        await pilot.press("enter")
        await ui.wait_for(pilot, lambda: app.workspace.logins)


async def test_the_password_is_not_copied_and_ctrl_c_does_not_quit_a_field(ui: Any) -> None:
    app = ui.app()
    async with app.run_test() as pilot:
        await _ready(ui, pilot)
        await pilot.press(*"secret", "shift+home", "ctrl+c", "ctrl+x")
        assert app.clipboard == ""
        assert app.focused.value == "secret"
        user = app.screen.query_one("#login-user", Input)
        user.focus()
        await pilot.press("shift+home", "ctrl+c")
        assert app.clipboard == "jdoe"
        assert app.return_code is None


async def test_without_a_keyring_the_reason_stands_in_place_of_the_box(ui: Any) -> None:
    state = KeyringState(usable=False, reason="this machine has no keyring")
    app = ui.app(ui.workspace(keyring=state))
    async with app.run_test() as pilot:
        await _ready(ui, pilot)
        assert not app.screen.query_one("#login-keep", TickBox).display
        why = str(app.screen.query_one("#login-keep-why", Static).content)
        assert "this machine has no keyring" in why
        assert "--token-file" in why
        await pilot.press(*"canary", "minus", *"Hunter2", "enter")
        await ui.wait_entered(pilot)
        assert app.workspace.logins == [("jdoe", False, False)]


async def test_log_in_again_by_itself_is_the_users_choice(ui: Any) -> None:
    app = ui.app()
    async with app.run_test() as pilot:
        await _ready(ui, pilot)
        await pilot.press(*"canary", "minus", *"Hunter2", "tab", "tab", "space", "enter")
        await ui.wait_entered(pilot)
        assert app.workspace.logins == [("jdoe", True, True)]


async def test_the_demo_is_filled_in_and_one_key_enters(ui: Any) -> None:
    app = ui.app(ui.workspace("demo"))
    async with app.run_test() as pilot:
        await _ready(ui, pilot)
        await ui.wait_for(pilot, lambda: "press enter" in _message(app))
        await pilot.press("enter")
        await ui.wait_entered(pilot)
        assert app.workspace.logins[0][0] == "demo"


async def test_look_around_first_starts_the_demo(ui: Any) -> None:
    app = ui.app()
    async with app.run_test() as pilot:
        await _ready(ui, pilot)
        app.screen.query_one("#login-demo").focus()
        await pilot.press("enter")
        await ui.wait_entered(pilot)
        assert app.workspace.connects[-1] == "demo"
        assert app.workspace.logins == []


async def test_another_server_is_asked_when_the_choice_is_left(ui: Any) -> None:
    app = ui.app()
    async with app.run_test() as pilot:
        await _ready(ui, pilot)
        app.screen.query_one("#login-server").focus()
        await pilot.press("down")
        assert app.workspace.connects == ["open"]
        await pilot.press("tab")
        await ui.wait_for(pilot, lambda: app.workspace.connects[-1] == "registered")
        await pilot.press("shift+tab", "down")
        await ui.wait_for(pilot, lambda: app.screen.query_one("#login-url-row").display)
        await pilot.press("tab")
        assert app.focused.id == "login-url"
        await pilot.press(*"https", "colon", "slash", "slash", *"loris.example.org", "enter")
        await ui.wait_for(pilot, lambda: app.workspace.connects[-1] == "https://loris.example.org")


async def test_an_unreachable_server_is_said_and_can_be_tried_again(ui: Any) -> None:
    error = Unreachable("The server does not answer.", "Try later.")
    app = ui.app(ui.workspace(connect_error=error))
    async with app.run_test() as pilot:
        await _ready(ui, pilot)
        await ui.wait_for(pilot, lambda: "does not answer" in _message(app))
        app.workspace.connect_error = None
        await pilot.press(*"canary", "minus", *"Hunter2", "enter")
        await ui.wait_entered(pilot)


async def test_letters_of_commands_are_text_in_a_field(ui: Any) -> None:
    app = ui.app()
    async with app.run_test() as pilot:
        await _ready(ui, pilot)
        await pilot.press("q", "question_mark", "colon", "z", "1")
        assert app.focused.value == "q?:z1"
        assert not app.calm
        await pilot.press("ctrl+q")
        await pilot.pause(0.1)
        assert app.return_code == 0


@pytest.mark.parametrize("between", ["tab", "enter"])
async def test_a_login_typed_in_one_go_never_shows_the_password(ui: Any, between: str) -> None:
    """Keys that arrive together, as a paste or a slow line brings them."""
    app = ui.app()
    async with app.run_test() as pilot:
        await _ready(ui, pilot)
        user, password = app.screen.query_one("#login-user", Input), app.focused
        user.value = ""
        user.focus()
        await pilot.pause()
        for key in (*"jane", between, *"secret"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await ui.wait_for(pilot, lambda: len(password.value) == len("secret"))
        assert user.value == "jane"
        assert password.value == "secret"
