"""What all screens share: the app's type, their places in the registry, their hint line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from preventad_tui.ui.actions import Place, bindings_of
from preventad_tui.ui.app_type import tui_of
from preventad_tui.ui.cursor import terminal_cursor
from preventad_tui.ui.said import keep_clear
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.size_notice import fit_notice

if TYPE_CHECKING:
    from preventad_tui.ui.app import PreventADApp
    from preventad_tui.ui.one_run import Update

Result = TypeVar("Result")

_IN_MODALS = frozenset(
    f"app.{name}" for name in ("help", "palette", "calm", "redraw", "suspend", "quit")
)


def modal_bindings(*places: Place) -> list[BindingType]:
    """A modal's own bindings and those of the app that hold over it.

    Textual cuts the chain of bindings at a modal screen, so the modal carries them itself. A key
    that the modal uses itself is its own.
    """
    own = cast("list[Binding]", bindings_of(*places))
    everywhere = cast("list[Binding]", bindings_of(Place.APP, prefix="app."))
    return [*own, *(binding for binding in everywhere if binding.id in _IN_MODALS)]


class Placed:
    """A screen that knows which actions work on it, and when the terminal is too small for it."""

    PLACES: ClassVar[tuple[Place, ...]] = ()
    HINTS: ClassVar[tuple[str, ...]] = ()

    @property
    def stands(self) -> bool:
        """Whether its widgets are there: no more from the moment that it or the app is taken
        down, while what threads have found may still arrive."""
        screen = cast("Screen[object]", self)
        is_up = screen.is_running and screen.is_mounted and screen.display
        return is_up and screen.app.is_running

    @property
    def cursor_widget(self) -> Widget | None:
        """The widget that the terminal's real cursor stands in: where the keys go."""
        return cast("Screen[object]", self).focused

    def hints(self) -> Sequence[str]:
        """Ids for the bottom line, the most wanted first; `"a b=Label"` two keys, one label."""
        return self.HINTS

    def on_resize(self) -> None:
        """Cover the screen with one line while the terminal is too small."""
        # Terminals cut, wrap or clear what stands there, each in its own way.
        tui_of(cast("Screen[object]", self).app).draw_all()
        fit_notice(cast("Screen[object]", self))

    def on_descendant_focus(self) -> None:
        """What is said in passing stands clear of where the cursor is now."""
        screen = cast("Screen[object]", self)
        keep_clear(screen, terminal_cursor(screen.focused).y)

    def on_screen_resume(self) -> None:
        """The terminal may have changed while another screen was shown."""
        fit_notice(cast("Screen[object]", self))


class MainScreen(Placed, Screen[None]):
    """Login, Browser, Transfers: the screens that the user moves between."""

    @property
    def tui(self) -> "PreventADApp":
        """The app, with its own type."""
        return tui_of(self.app)

    def know(self, update: "Update") -> None:
        """What the download brought since the last tick, for what must know of every file.

        Called at once, and draws nothing. As a message it would cost a slow line dearly: under a
        modal Textual draws the whole screen after each message that a screen below has taken.
        """

    def save_before_leaving(self) -> None:
        """Write what must outlive the program; called once on every clean way out."""

    def refresh_hints(self) -> None:
        """Show the hints of the moment; call it when what they say has changed."""
        for line in self.query(HintLine):
            line.show(self.hints())


class Modal(Placed, ModalScreen[Result]):
    """A screen over the others, answered or left with escape."""

    @property
    def tui(self) -> "PreventADApp":
        """The app, with its own type."""
        return tui_of(self.app)
