"""Opens what was saved: the last session, a named selection; compares it with the catalogue.

Its screens are imported when they are shown: the browser's first paint does not wait for them.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from preventad_tui.core.errors import PreventADError
from preventad_tui.core.last_session import LastSession, session_to_resume, shown_name
from preventad_tui.core.paths import data_dir, state_dir
from preventad_tui.core.preselect import with_tables
from preventad_tui.core.rules import Rules
from preventad_tui.core.saved import (
    SavedSelection,
    compare,
    difference_sentence,
    find_selection,
    rules_as_then,
    save_selection,
    selection_names,
    snapshot,
)
from preventad_tui.core.text import clean
from preventad_tui.ui.choice import Choice

if TYPE_CHECKING:
    from preventad_tui.ui.screens.browser import BrowserScreen


class Opener:
    """The browser's way to saved selections; what waits for a catalogue waits here."""

    def __init__(self, screen: "BrowserScreen") -> None:
        self._screen = screen
        self._waiting: tuple[SavedSelection, LastSession | None] | None = None
        self.name = ""
        self.note = ""

    @property
    def folder(self) -> Path:
        """Where the named selections are."""
        return data_dir() / "selections"

    # The start

    def at_start(self) -> SavedSelection | None:
        """Offer the last session, or open what `--selection` names; the selection meant, if any."""
        workspace = self._screen.tui.workspace
        settings = workspace.settings
        try:
            if settings.selection:
                found = find_selection(settings.selection, self.folder)
                self._waiting = (found, None)
                return found
            last = session_to_resume(settings, workspace.identity, state_dir())
        except PreventADError as error:
            self._screen.tui.tell(str(error))
            return None
        if last is None:
            return None
        from preventad_tui.ui.screens.resume import ResumeScreen

        session = last
        self._screen.app.push_screen(
            ResumeScreen(session, shown_name(session.selection, self.folder)),
            lambda yes: self._resume_answered(session, bool(yes)),
        )
        return session.selection

    def _resume_answered(self, session: LastSession, yes: bool) -> None:
        if not yes:
            self._screen.keeper.decline(session)
            return
        self.name, self.note = session.selection.name, session.selection.note
        self._waiting = (session.selection, session)
        self.catalogue_came()

    # Opening

    def ask_which(self) -> None:
        """Show the saved selections; open the one that is chosen."""
        from preventad_tui.ui.screens.selections import SelectionsModal

        self._screen.app.push_screen(SelectionsModal(self.folder), self._chosen)

    def _chosen(self, saved: SavedSelection | None) -> None:
        if saved is None:
            return
        if saved.server != self._screen.tui.workspace.identity:
            self._screen.tui.tell(f"“{saved.name}” is of another server: {saved.server}.")
            return
        self.name, self.note = saved.name, saved.note
        self._waiting = (saved, None)
        self.catalogue_came()

    def catalogue_came(self) -> None:
        """Open what waits for a catalogue of its type, asking where the two differ."""
        choice = self._screen.choice
        if self._waiting is None or choice is None:
            return
        saved, session = self._waiting
        if saved.type is not choice.data_type:
            self._screen.read_catalogue_of(saved.type)
            return
        self._waiting = None
        changes = compare(saved, choice.index)
        if not changes.added:
            self._take(choice, saved, saved.rules, session)
            if changes:
                self._screen.tui.tell(difference_sentence(saved, changes))
            return

        def answered(all_of_them: bool) -> None:
            rules = saved.rules if all_of_them else rules_as_then(saved, choice.index)
            self._take(choice, saved, rules, session)

        self._screen.tui.ask(
            f"{difference_sentence(saved, changes)} Tick the new ones too?",
            answered,
            yes="With the new",
            no="As it was",
        )

    def _take(
        self, choice: Choice, saved: SavedSelection, rules: Rules, session: LastSession | None
    ) -> None:
        rules = with_tables(self._screen.tui.workspace.settings, choice.index, rules)
        if saved.outputdir:
            self._screen.use_folder(Path(saved.outputdir))
        if session is None:
            choice.selection.replace(rules)
            self._screen.pane.selection_changed()
            self._screen.tui.tell(f"“{saved.name}”: {choice.ticked_counted}.")
        else:
            self._screen.show_choice(choice.with_view(rules, session.view))
            if session.goes_on_at_once:
                self._screen.go_on(stays=session.view.screen == "browser")

    # Saving

    def ask_name(self) -> None:
        """Ask for a name and a note, and save the selection."""
        from preventad_tui.ui.screens.fields import Field, FieldsModal

        choice = self._screen.choice
        if choice is None or choice.selection.is_empty:
            self._screen.tui.tell("Nothing is ticked yet, so there is nothing to save.")
            return
        title = f"Save {choice.ticked_counted} as"
        fields = [Field("Name", self.name), Field("Note", self.note)]
        self._screen.app.push_screen(FieldsModal(title, fields), self._named)

    def _named(self, answer: tuple[str, ...] | None) -> None:
        if not answer or not answer[0]:
            return
        name, note = answer
        if name != self.name and name in selection_names(self.folder):
            question = f"There is a selection “{clean(name)}” already. Replace it?"
            self._screen.tui.ask(question, lambda yes: self._save(name, note) if yes else None)
        else:
            self._save(name, note)

    def _save(self, name: str, note: str) -> None:
        saved = self.snapshot(name=name, note=note)
        if saved is None:
            return
        try:
            path = save_selection(saved, self.folder)
        except PreventADError as error:
            self._screen.tui.tell(str(error))
            return
        self.name, self.note = saved.name, saved.note
        self._screen.keeper.changed()
        self._screen.tui.tell(f"Saved as {path}.")

    def snapshot(self, *, name: str, note: str) -> SavedSelection | None:
        """The selection of this moment; None without a catalogue."""
        choice, folder = self._screen.choice, self._screen.folder
        if choice is None:
            return None
        return snapshot(
            choice.index,
            choice.selection,
            name,
            note=note,
            outputdir=str(folder) if folder else "",
        )
