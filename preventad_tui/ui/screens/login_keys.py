"""How keys go from field to field where one logs in."""

from dataclasses import replace
from typing import Any, cast

from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from preventad_tui.ui.widgets.controls import PushButton
from preventad_tui.ui.widgets.server_choice import ServerChoice


def early(bindings: list[BindingType]) -> list[BindingType]:
    """The bindings with those that go from field to field done before any later key is given out.

    Textual gives keys to the widget that has the focus when they arrive: a password typed in one
    go with the tab or enter before it would land in the clear field.
    """
    return [
        replace(one, priority=one.id in ("login.submit", "login.next_field"))
        for one in cast("list[Binding]", bindings)
    ]


def go_on_typing(screen: Screen[Any]) -> bool:
    """From a field in clear to the next one; False where enter means to log in.

    Raises:
        SkipAction: the password field, a button or the servers take the key in turn.
    """
    focused = screen.focused
    if isinstance(focused, PushButton | ServerChoice) or (
        isinstance(focused, Input) and focused.id == "login-password"
    ):
        raise SkipAction
    if not isinstance(focused, Input):
        return False
    screen.focus_next()
    return True
