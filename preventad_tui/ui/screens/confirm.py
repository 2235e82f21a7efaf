"""A question with a yes and a no; the safe answer has the focus."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from preventad_tui.ui.actions import Place
from preventad_tui.ui.screens.base import Modal, modal_bindings
from preventad_tui.ui.widgets.controls import PushButton


class ConfirmModal(Modal[bool]):
    """Asks before something that cannot be taken back; `y` yes, `n` or escape no."""

    DEFAULT_CSS: ClassVar[str] = """
    ConfirmModal { align: center middle; }
    ConfirmModal > Vertical {
        width: 60; max-width: 95%; height: auto; padding: 1 2;
        border: solid $primary; background: $surface;
    }
    ConfirmModal Horizontal { height: auto; margin-top: 1; }
    """
    PLACES = (Place.CONFIRM,)
    BINDINGS: ClassVar[list[BindingType]] = modal_bindings(Place.CONFIRM)

    def __init__(
        self, question: str, *, yes: str = "Yes", no: str = "No", default: bool = False
    ) -> None:
        super().__init__()
        self._question = question
        self._yes = yes
        self._no = no
        self._default = default

    def compose(self) -> ComposeResult:
        """The question and two buttons."""
        with Vertical():
            yield Static(self._question, markup=False)
            with Horizontal():
                yield PushButton(f"y {self._yes}", id="yes")
                yield PushButton(f"n {self._no}", id="no")

    def on_mount(self) -> None:
        """Put the focus on the safe answer."""
        self.query_one("#yes" if self._default else "#no").focus()

    def on_push_button_pressed(self, event: PushButton.Pressed) -> None:
        """Answer with the button."""
        self.dismiss(event.widget.id == "yes")

    def action_yes(self) -> None:
        """Answer yes."""
        self.dismiss(True)

    def action_no(self) -> None:
        """Answer no."""
        self.dismiss(False)
