"""The saved selections: open, rename, delete, export, import."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from preventad_tui.core.errors import PreventADError, StateUnreadable
from preventad_tui.core.saved import (
    SavedSelection,
    delete_selection,
    export_selection,
    import_selection,
    list_selections,
    rename_selection,
)
from preventad_tui.core.text import clean, human_time
from preventad_tui.ui.actions import Place
from preventad_tui.ui.screens.base import Modal, modal_bindings
from preventad_tui.ui.screens.fields import Field, FieldsModal
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.row_list import Cell, RowList, fit
from preventad_tui.ui.widgets.rule_line import RuleLine

NONE_YET = "Nothing saved yet: s in the browser saves what is ticked."


_HINTS_OF_NONE = ("selections.import_file", "selections.back", "app.help")


class SelectionRows(RowList):
    """A row for each selection: name, when, how many images, note."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[SavedSelection | StateUnreadable] = []

    def show_rows(self, rows: list[SavedSelection | StateUnreadable], name: str = "") -> None:
        """Show these; the cursor goes to the one of a name, if there is one."""
        self._rows = rows
        self.rows_changed()
        for at, row in enumerate(rows):
            if isinstance(row, SavedSelection) and row.name == name:
                self.move_to(at)

    @property
    def chosen(self) -> SavedSelection | None:
        """The selection under the cursor, None where there is none that can be read."""
        row = self._rows[self.cursor] if self._rows else None
        return row if isinstance(row, SavedSelection) else None

    def row_count(self) -> int:
        """How many."""
        return len(self._rows)

    def row_cells(self, index: int, width: int) -> list[Cell]:
        """`baseline   22 Nov 14:02   BIDS   1,204 images  for the poster`."""
        row = self._rows[index]
        if not isinstance(row, SavedSelection):
            return [Cell(fit(clean(str(row)), width), "row--bad")]
        name = fit(row.name, 26)
        facts = f" {human_time(row.created):>13} {row.type.value.upper():>5}{len(row.images):>9,}  "
        return [
            Cell(name, "row--strong"),
            Cell(facts),
            Cell(fit(row.note, max(0, width - len(name) - len(facts))), "row--muted"),
        ]

    def empty_sentence(self) -> str:
        """What to do when there is none."""
        return NONE_YET


class SelectionsModal(Modal[SavedSelection | None]):
    """Answers with the selection to open."""

    DEFAULT_CSS: ClassVar[str] = """
    SelectionsModal { background: $background; }
    SelectionsModal > .title, SelectionsModal > .heading { height: 1; padding: 0 1; }
    SelectionsModal > .heading { color: $text-muted; }
    SelectionsModal > #selections-said { height: auto; padding: 0 1; }
    """
    PLACES = (Place.SELECTIONS, Place.LIST)
    HINTS = (
        "selections.open",
        "selections.rename",
        "selections.delete",
        "selections.export_file",
        "selections.import_file",
        "selections.back",
        "app.help",
    )
    BINDINGS: ClassVar[list[BindingType]] = modal_bindings(Place.SELECTIONS)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def compose(self) -> ComposeResult:
        """A title, the rows, a sentence, the keys."""
        yield Static("Saved selections", classes="title", markup=False)
        yield RuleLine()
        heading = f"{'name':<26} {'saved':>13} {'type':>5}{'images':>9}  note"
        yield Static(heading, classes="heading", markup=False)
        yield SelectionRows(id="selections-rows")
        yield Static("", id="selections-said", markup=False)
        yield HintLine(self.HINTS)

    def on_mount(self) -> None:
        """Read the list."""
        self.rows.focus()
        self._reload()

    @property
    def rows(self) -> SelectionRows:
        """The list."""
        return self.query_one(SelectionRows)

    @work(thread=True, exclusive=True, group="selections")
    def _reload(self, name: str = "") -> None:
        found = list_selections(self._folder)
        self.app.call_from_thread(self._show, found, name)

    def _show(self, found: list[SavedSelection | StateUnreadable], name: str) -> None:
        if not self.stands:
            return
        self.rows.show_rows(found, name)
        self.query_one(HintLine).show(self.HINTS if found else _HINTS_OF_NONE)

    def _do(self, act: Callable[[], object], done: str, name: str = "") -> None:
        """Do something to the files, and say how it went; then the cursor goes to `name`."""
        try:
            act()
        except PreventADError as error:
            self._say(str(error))
        else:
            self._say(done)
            self._reload(name)

    def _say(self, sentence: str) -> None:
        self.query_one("#selections-said", Static).update(clean(sentence, 400))

    def action_open(self) -> None:
        """Open the selection under the cursor."""
        if self.rows.chosen is not None:
            self.dismiss(self.rows.chosen)

    def action_back(self) -> None:
        """Back to the browser."""
        self.dismiss(None)

    def action_rename(self) -> None:
        """Ask for another name."""
        chosen = self.rows.chosen
        if chosen is None:
            return

        def take(answer: tuple[str, ...] | None) -> None:
            if answer and answer[0] and answer[0] != chosen.name:
                self._do(
                    lambda: rename_selection(chosen.name, answer[0], self._folder),
                    f"It is called “{answer[0]}” now.",
                    answer[0],
                )

        fields = [Field("Name", chosen.name)]
        self.app.push_screen(FieldsModal(f"Rename “{chosen.name}”", fields), take)

    def action_delete(self) -> None:
        """Ask, then delete."""
        chosen = self.rows.chosen
        if chosen is None:
            return

        def take(yes: bool) -> None:
            if yes:
                self._do(
                    lambda: delete_selection(chosen.name, self._folder),
                    f"“{chosen.name}” is deleted.",
                )

        self.tui.ask(f"Delete the selection “{chosen.name}”? This cannot be undone.", take)

    def action_export_file(self) -> None:
        """Ask where to, then write the selection there."""
        chosen = self.rows.chosen
        if chosen is None:
            return

        def take(answer: tuple[str, ...] | None) -> None:
            if answer and answer[0]:
                path = Path(os.path.abspath(os.path.expanduser(answer[0])))
                if path.exists():
                    question = f"{clean(str(path))} is there already. Replace it?"
                    self.tui.ask(question, lambda yes: write(path) if yes else None)
                else:
                    write(path)

        def write(path: Path) -> None:
            self._do(lambda: export_selection(chosen, path), f"Written to {path}.", chosen.name)

        fields = [Field("File", f"{Path.cwd() / chosen.name}.json", is_file=True)]
        self.app.push_screen(FieldsModal(f"Export “{chosen.name}”", fields), take)

    def action_import_file(self) -> None:
        """Ask which file, then take it in."""

        def take(answer: tuple[str, ...] | None) -> None:
            if answer and answer[0]:
                path = Path(os.path.expanduser(answer[0]))
                try:
                    taken = import_selection(path, self._folder, answer[1])
                except PreventADError as error:
                    self._say(str(error))
                else:
                    self._say(f"“{taken.name}” is imported; enter opens it.")
                    self._reload(taken.name)

        fields = [Field("File", f"{Path.cwd()}/", is_file=True), Field("Name")]
        title = "Import a selection (without a name it keeps its own)"
        self.app.push_screen(FieldsModal(title, fields), take)
