"""The app with its own type, for widgets and screens; no import circle at run time."""

from typing import TYPE_CHECKING, Any, cast

from textual.app import App

if TYPE_CHECKING:
    from preventad_tui.ui.app import PreventADApp


def tui_of(app: App[Any]) -> "PreventADApp":
    """The running app as what it is."""
    return cast("PreventADApp", app)
