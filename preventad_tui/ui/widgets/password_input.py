"""A text field whose content never leaves it but as a Secret."""

from typing import Any

from textual.widgets import Input

from preventad_tui.core.secret import Secret


class PasswordInput(Input):
    """Shows dots; copy and cut do nothing, and the clear text leaves only as a Secret.

    Textual's own field sends the clear password to the terminal's clipboard on ctrl+c (OSC 52)
    even with `password=True`.
    """

    def __init__(self, **words: Any) -> None:
        super().__init__(password=True, **words)

    @property
    def selected_text(self) -> str:
        """Never anything: this is what copying takes."""
        return ""

    def action_copy(self) -> None:
        """A password is not copied."""

    def action_cut(self) -> None:
        """A password is not cut out either."""

    def secret(self) -> Secret:
        """What is typed."""
        return Secret(self.value)
