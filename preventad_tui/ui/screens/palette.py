"""The command palette: every action of the screen below, found by typing."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input

from preventad_tui.core.text import end_cut
from preventad_tui.ui.actions import Action, Place, actions_on, keys_of, shown_key
from preventad_tui.ui.screens.base import Modal, modal_bindings
from preventad_tui.ui.widgets.row_list import Cell, RowList, fit


class ActionList(RowList):
    """The actions that match what is typed."""

    def __init__(self, actions: Sequence[Action], keymap: Mapping[str, str]) -> None:
        super().__init__(id="palette-actions")
        self._every = tuple(actions)
        self._keys = {action: _first_key(action, keymap) for action in actions}
        self._name_width = 1 + max((len(action.label) for action in actions), default=0)
        self._keys_width = 1 + max(map(len, self._keys.values()), default=0)
        self._shown = self._every

    def filter(self, text: str) -> None:
        """Show the actions that have every word of a text, first those so named."""
        words = text.casefold().split()
        found = (
            action
            for action in self._every
            if all(word in f"{action.label} {action.help}".casefold() for word in words)
        )
        self._shown = tuple(sorted(found, key=lambda action: _distance(action, words)))
        self._cursor = 0
        self.rows_changed()

    @property
    def shows_cursor(self) -> bool:
        """Always: enter in the text field does what is marked here."""
        return True

    @property
    def chosen(self) -> Action | None:
        """The action on the cursor's row."""
        return self._shown[self.cursor] if self._shown else None

    def row_count(self) -> int:
        """The matching actions."""
        return len(self._shown)

    def row_cells(self, index: int, width: int) -> list[Cell]:
        """Name, help, key; the help has all the room that the others leave."""
        action = self._shown[index]
        room = max(width - self._name_width - self._keys_width, 0)
        return [
            Cell(fit(action.label, self._name_width), "row--strong"),
            Cell(fit(end_cut(action.help, room), room)),
            Cell(fit(self._keys[action], self._keys_width, right=True), "row--muted"),
        ]

    def empty_sentence(self) -> str:
        """Nothing has these words."""
        return "no command has these words"


def _distance(action: Action, words: Sequence[str]) -> int:
    """How far an action's name is from these words: the same, begins so, has them, has not."""
    name = action.label.casefold()
    typed = " ".join(words)
    if name.startswith(typed):
        return 0 if name == typed else 1
    return 2 if all(word in name for word in words) else 3


def _first_key(action: Action, keymap: Mapping[str, str]) -> str:
    return next((shown_key(key) for key in keys_of(action, keymap)), "")


class PaletteModal(Modal[Action | None]):
    """Type to narrow, up and down to choose, enter to do it."""

    DEFAULT_CSS: ClassVar[str] = """
    PaletteModal { align: center top; }
    PaletteModal > Vertical {
        width: 90; max-width: 100%; height: 80%; margin-top: 1; padding: 0 1;
        border: solid $primary; background: $surface;
    }
    PaletteModal Input { height: 1; border: none; padding: 0; background: transparent; }
    PaletteModal Input:focus { border: none; }
    PaletteModal ActionList { height: 1fr; margin-top: 1; }
    """
    PLACES = (Place.PALETTE,)
    BINDINGS: ClassVar[list[BindingType]] = modal_bindings(Place.PALETTE)

    def __init__(self, places: Sequence[Place]) -> None:
        super().__init__()
        self._places = tuple(places)

    @property
    def cursor_widget(self) -> Widget | None:
        """What is typed changes the row that is chosen: that is where one reads on."""
        return next((shown for shown in self.query(ActionList) if shown.row_count()), self.focused)

    def compose(self) -> ComposeResult:
        """A text field over the list."""
        here = (action for place in self._places for action in actions_on(self._places, place))
        actions = [action for action in here if action.id != "app.palette"]
        with Vertical():
            yield Input(placeholder="type a command", select_on_focus=False)
            yield ActionList(actions, self.tui.keymap)

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        self.query_one(ActionList).filter(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Do what the cursor is on."""
        event.stop()
        self.action_do()

    def action_up(self) -> None:
        """One action up."""
        self.query_one(ActionList).action_cursor_up()

    def action_down(self) -> None:
        """One action down."""
        self.query_one(ActionList).action_cursor_down()

    def action_do(self) -> None:
        """Do the action on the cursor's row."""
        if chosen := self.query_one(ActionList).chosen:
            self.dismiss(chosen)

    def action_back(self) -> None:
        """Do nothing."""
        self.dismiss(None)
