"""A question with one or two text fields: a name and a note, a path."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from preventad_tui.ui.actions import Place, get_action
from preventad_tui.ui.screens.base import Modal, modal_bindings
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.path_input import PathInput


@dataclass(frozen=True, slots=True)
class Field:
    """One text field; `is_folder` and `is_file` complete paths with tab."""

    label: str
    value: str = ""
    is_folder: bool = False
    is_file: bool = False


class FieldsModal(Modal[tuple[str, ...] | None]):
    """Answers with the texts of the fields, or with None after escape."""

    DEFAULT_CSS: ClassVar[str] = """
    FieldsModal { align: center middle; }
    FieldsModal > Vertical {
        width: 72; max-width: 95%; height: auto; padding: 1 2;
        border: solid $primary; background: $surface;
    }
    FieldsModal Horizontal { height: 1; }
    FieldsModal .label { width: 10; height: 1; }
    FieldsModal Input { width: 1fr; height: 1; border: none; padding: 0; }
    FieldsModal Input:focus { border: none; text-style: underline; }
    FieldsModal #fields-choices { height: auto; max-height: 6; color: $text-muted; }
    FieldsModal HintLine { dock: none; padding: 0; margin-top: 1; }
    """
    PLACES = (Place.FIELDS,)
    BINDINGS: ClassVar[list[BindingType]] = modal_bindings(Place.FIELDS)

    def __init__(self, title: str, fields: Sequence[Field]) -> None:
        super().__init__()
        self._title = title
        self._fields = tuple(fields)

    def hints(self) -> tuple[str, ...]:
        """The keys in the field that has the focus: tab completes a path, else it goes on."""
        inputs = list(self.query(Input))
        here = next((i for i, field in enumerate(inputs) if field.has_focus), 0)
        field, is_last = self._fields[here], here == len(self._fields) - 1
        on = get_action("fields.next_field")
        if field.is_folder or field.is_file:
            enter = "fields.accept" if is_last else f"fields.accept={on.label}"
            return (enter, "path.complete_path", "fields.back")
        if not is_last:
            return (f"fields.accept {on.id}={on.label}", "fields.back")
        return ("fields.accept", *(on.id,) * (here > 0), "fields.back")

    def compose(self) -> ComposeResult:
        """The question, the fields, room for what tab offers."""
        with Vertical():
            yield Static(self._title, classes="title", markup=False)
            for number, field in enumerate(self._fields):
                with Horizontal():
                    yield Static(field.label, classes="label", markup=False)
                    name = f"field-{number}"
                    if field.is_folder or field.is_file:
                        yield PathInput(field.value, files=field.is_file, id=name)
                    else:
                        yield Input(field.value, id=name, select_on_focus=False)
            yield Static("", id="fields-choices", markup=False)
            yield HintLine(self.hints())

    def on_mount(self) -> None:
        """Type in the first field."""
        self.query(Input).first().focus()

    def on_descendant_focus(self) -> None:
        """Another field, other keys."""
        self.query_one(HintLine).show(self.hints())

    def on_path_input_completed(self, event: PathInput.Completed) -> None:
        """Show what the path may become."""
        self.query_one("#fields-choices", Static).update(Text("  ".join(event.choices)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next field, and after the last one answers."""
        event.stop()
        self.action_accept()

    def action_accept(self) -> None:
        """Take the fields, or go to the next one."""
        inputs = list(self.query(Input))
        if self.focused is not inputs[-1]:
            self.focus_next(Input)
            return
        self.dismiss(tuple(field.value.strip() for field in inputs))

    def action_next_field(self) -> None:
        """Go to the next field, and from the last one to the first."""
        self.focus_next(Input)

    def action_back(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)
