"""What all screens share: the app's type, their places in the registry, their hint line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.screen import ModalScreen, Screen

from preventad_tui.ui.actions import Place, bindings_of, get_action
from preventad_tui.ui.widgets.hint_line import HintLine

if TYPE_CHECKING:
    from preventad_tui.ui.app import PreventADApp

Result = TypeVar("Result")

_IN_MODALS = ("help", "palette", "calm", "redraw", "suspend", "quit")


def modal_bindings(*places: Place) -> list[object]:
    """A modal's own bindings and those of the app that hold over it.

    Textual cuts the chain of bindings at a modal screen, so the modal carries them itself.
    """
    return [
        *bindings_of(*places),
        *(b for b in bindings_of(Place.APP, prefix="app.") if _name(b) in _IN_MODALS),
    ]


def _name(binding: object) -> str:
    return str(getattr(binding, "action", "")).removeprefix("app.")


class _Placed:
    """A screen that knows which actions work on it."""

    PLACES: ClassVar[tuple[Place, ...]] = ()
    HINTS: ClassVar[tuple[str, ...]] = ()

    def hints(self) -> Sequence[str]:
        """Ids for the bottom line, the most wanted first; `"a b"` shows two keys, one label."""
        return self.HINTS


class MainScreen(_Placed, Screen[None]):
    """Login, Browser, Transfers: the screens that the user moves between."""

    @property
    def tui(self) -> "PreventADApp":
        """The app, with its own type."""
        return cast("PreventADApp", self.app)

    def refresh_hints(self) -> None:
        """Show the hints of the moment; call it when what they say has changed."""
        for line in self.query(HintLine):
            line.show(self.hints())


class Modal(_Placed, ModalScreen[Result]):
    """A screen over the others, answered or left with escape."""

    @property
    def tui(self) -> "PreventADApp":
        """The app, with its own type."""
        return cast("PreventADApp", self.app)


def help_ids(screen: object) -> tuple[Place, ...]:
    """The places whose keys work on a screen, for help and palette."""
    return getattr(screen, "PLACES", ())


__all__ = ["MainScreen", "Modal", "get_action", "help_ids", "modal_bindings"]
