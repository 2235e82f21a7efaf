"""The browser's catalogue: reading it, what has changed, and the line on top that says so."""

from typing import TYPE_CHECKING

from preventad_tui.core.catalogue import CatalogueIndex, diff
from preventad_tui.core.errors import TokenRejected, UsageError
from preventad_tui.core.model import Catalogue, DataType
from preventad_tui.core.preselect import rules_of
from preventad_tui.core.release_tree import NO_TABLES
from preventad_tui.core.rules import Rules
from preventad_tui.core.text import clean, human_size, human_time
from preventad_tui.ui.background import CatalogueFailed, CatalogueProgress, CatalogueRead
from preventad_tui.ui.changes_text import changes_lines, changes_sentence
from preventad_tui.ui.choice import Choice
from preventad_tui.ui.widgets.top_line import TopLine

if TYPE_CHECKING:
    from preventad_tui.ui.screens.browser import BrowserScreen


class CatalogueNews:
    """Asks for catalogues and gives the browser what comes of them."""

    def __init__(self, screen: "BrowserScreen") -> None:
        self._screen = screen
        self._date = ""
        self._is_reading = False
        self._wants_difference = False

    @property
    def is_reading(self) -> bool:
        """Whether the server's catalogue is still to come."""
        return self._is_reading

    @property
    def _data_type(self) -> DataType:
        choice = self._screen.choice
        return choice.data_type if choice else self._screen.tui.workspace.settings.type

    def read(self, data_type: DataType, *, cached_first: bool) -> None:
        """Read the catalogue of a type."""
        self._is_reading = True
        self.show_top()
        self._screen.work.read_catalogue(data_type, cached_first=cached_first)

    def read_again(self) -> None:
        """Read it again and say what changed."""
        self._wants_difference = True
        self.read(self._data_type, cached_first=False)

    def change_type(self) -> None:
        """BIDS or MINC; asks when anything is ticked."""
        choice, tui = self._screen.choice, self._screen.tui
        if choice is None:
            return
        other = DataType.MINC if choice.data_type is DataType.BIDS else DataType.BIDS

        def change(yes: bool) -> None:
            if yes:
                tui.tell(f"Reading the {other.value.upper()} catalogue ...")
                self.read(other, cached_first=True)

        if choice.selection.is_empty:
            change(True)
        else:
            tui.ask(
                f"Change to {other.value.upper()}? The same images stay ticked, and the folder "
                "must be another one: a folder holds one type.",
                change,
            )

    def show_top(self, progress: str = "") -> None:
        """Server, user, type; how old the catalogue is."""
        workspace = self._screen.tui.workspace
        name = workspace.server.name if workspace.server else ""
        if workspace.is_without_account:
            name = "published list, no account"
        who = (name, workspace.tokens.user, self._data_type.value.upper())
        right = f"reading the catalogue {progress}".rstrip()
        if self._screen.choice:
            right = f"catalogue of {human_time(self._date)}{' (reading)' * self._is_reading}"
        left = " · ".join(clean(part) for part in who if part)
        self._screen.query_one(TopLine).show(left=left, right=right)

    # What came of it

    def progress(self, message: CatalogueProgress) -> None:
        """Show that something comes."""
        if self._screen.choice is None:
            self.show_top(human_size(message.size_bytes))

    def failed(self, message: CatalogueFailed) -> None:
        """Say why there is no new catalogue; a token's end is asked about at once."""
        self._is_reading = False
        self.show_top()
        screen, error = self._screen, message.error
        if isinstance(error, TokenRejected):
            screen.tui.ask_login(error.message)
        if screen.choice is None:
            screen.pane.show_sentence(f"{error} Press R to try again.")
            screen.query_one(TopLine).show(right="no catalogue")
        else:
            screen.tui.tell(f"{error} The catalogue shown is the one kept from last time.")

    def came(self, message: CatalogueRead) -> None:
        """Show the catalogue; selection, cursor, filter and open branches stay as they are."""
        screen = self._screen
        new, old = message.index.catalogue, screen.choice
        self._is_reading = not message.is_fresh
        self._date = new.date
        if old is None:
            screen.take_catalogue(self._first_choice(message.index))
        elif old.data_type is not new.type or old.index.catalogue.digest != new.digest:
            screen.take_catalogue(old.with_index(message.index))
            if old.data_type is new.type:
                self._tell_difference(old.index.catalogue, new)
        elif old.index.catalogue.releases != new.releases:
            screen.show_choice(old.with_index(message.index))
            screen.tui.tell("The data releases on the server have changed.")
        elif self._wants_difference and message.is_fresh:
            screen.tui.tell("Nothing has changed on the server.")
        self._wants_difference = self._wants_difference and not message.is_fresh
        self.show_top()

    def _first_choice(self, index: CatalogueIndex) -> Choice:
        tui = self._screen.tui
        workspace = tui.workspace
        settings = workspace.settings
        known = workspace.server is not None and workspace.server.has_known_sizes
        try:
            rules = rules_of(settings, index)
        except UsageError as error:
            tui.tell(str(error))
            rules = Rules()
        if settings.data_releases and not index.tables:
            tui.tell(NO_TABLES)
        sizes = workspace.published_sizes
        return Choice(index, known_sizes=known, published_sizes=sizes, rules=rules)

    def _tell_difference(self, old: Catalogue, new: Catalogue) -> None:
        screen, changed = self._screen, diff(old, new)
        if self._wants_difference and changed:
            from preventad_tui.ui.screens.details import DetailsModal

            lines = changes_lines(changed.added, changed.gone)
            screen.app.push_screen(DetailsModal("What changed on the server", lines))
        screen.tui.tell(changes_sentence(changed))
