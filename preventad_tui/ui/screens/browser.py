"""The browser: the tree with ticks, filter, facets, totals; most of the program's keys."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from preventad_tui.core.catalogue import CatalogueIndex, diff
from preventad_tui.core.errors import TokenRejected, UsageError
from preventad_tui.core.last_session import LastSession, last_folder
from preventad_tui.core.model import Catalogue, DataType
from preventad_tui.core.paths import state_dir
from preventad_tui.core.preselect import rules_of
from preventad_tui.core.release_tree import NO_TABLES
from preventad_tui.core.selection import Rules
from preventad_tui.core.text import clean, human_size
from preventad_tui.ui.actions import Place, bindings_of
from preventad_tui.ui.background import (
    NO_FOLDER,
    Background,
    CatalogueFailed,
    CatalogueProgress,
    CatalogueRead,
    FilesCounted,
    FolderSeen,
    VerifyProgress,
)
from preventad_tui.ui.changes_text import changes_lines, changes_sentence
from preventad_tui.ui.choice import Choice
from preventad_tui.ui.clock import shown_time
from preventad_tui.ui.details_view import DetailsView
from preventad_tui.ui.keeping import SessionKeeper, now_utc
from preventad_tui.ui.messages import EngineUpdate, RunStarted
from preventad_tui.ui.opening import Opener
from preventad_tui.ui.rate_seen import RateSeen
from preventad_tui.ui.run_states import RunStates
from preventad_tui.ui.screens.base import MainScreen
from preventad_tui.ui.screens.details import DetailsModal
from preventad_tui.ui.screens.plan import PlanOutcome, PlanScreen
from preventad_tui.ui.study_views import StudyViews
from preventad_tui.ui.verify_text import state_of_verdict, verified_sentence
from preventad_tui.ui.widgets.choice_pane import ChoicePane
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.top_line import TopLine
from preventad_tui.ui.widgets.totals import DiskTotals


class BrowserScreen(MainScreen):
    """Choose: tick candidates, visits, modalities, images; see at once what that means."""

    PLACES = (Place.BROWSER, Place.TREE, Place.LIST, Place.FILTER, Place.FACETS)
    HINTS = (
        "tree.tick",
        "browser.tick_all",
        "browser.filter",
        "browser.facets",
        "browser.design",
        "browser.plan",
        "browser.coverage",
        "app.help",
        "browser.details",
        "app.show_transfers",
        "browser.open_saved",
        "browser.save",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.BROWSER)

    def hints(self) -> Sequence[str]:
        """First the next sensible key: nothing ticked, space; ticked, d; running, 2; failed, 2."""
        choice = self._choice
        run = self.tui.bridge.run
        first: tuple[str, ...] = ("tree.tick",)
        if choice is not None and not choice.selection.is_empty:
            first = ("browser.plan", "tree.tick", "browser.undo")
        if run is not None and (not run.is_over or run.snapshot.files_failed):
            first = ("app.show_transfers", *first)
        return tuple(dict.fromkeys((*first, *self.HINTS)))

    def __init__(self) -> None:
        super().__init__()
        self._work = Background(self)
        self._choice: Choice | None = None
        self.keeper = SessionKeeper(self)
        self._opener = Opener(self)
        self._study = StudyViews(self)
        self._details = DetailsView(self)
        self._disk = DiskTotals()
        self.folder: Path | None = None
        self._seen = NO_FOLDER
        self._date = ""
        self._is_reading = False
        self._wants_difference = False
        self._rate = RateSeen("")
        self._proposed: dict[DataType, Path | None] = {}
        self._run_states = RunStates()

    def compose(self) -> ComposeResult:
        """Top line, the pane to choose in, keys."""
        yield TopLine(id="browser-top")
        yield ChoicePane(id="browser-pane")
        yield HintLine(self.HINTS)

    def on_mount(self) -> None:
        """Show the cached catalogue, read the server's."""
        settings = self.tui.workspace.settings
        self.folder = settings.outputdir
        identity = self.tui.workspace.identity
        self._rate = RateSeen(identity)
        self._proposed = {kind: last_folder(identity, kind, state_dir()) for kind in DataType}
        self.pane.outline_tree.focus()
        meant = self._opener.at_start()
        self._read(meant.type if meant else settings.type, cached_first=True)

    @property
    def pane(self) -> ChoicePane:
        """Where one chooses."""
        return self.query_one(ChoicePane)

    @property
    def choice(self) -> Choice | None:
        """What is being chosen; None until a catalogue is there."""
        return self._choice

    # The catalogue

    def _read(self, data_type: DataType, *, cached_first: bool) -> None:
        self._is_reading = True
        self._show_top()
        self._work.read_catalogue(data_type, cached_first=cached_first)

    def _show_top(self, progress: str = "") -> None:
        workspace = self.tui.workspace
        data_type = self._choice.data_type if self._choice else workspace.settings.type
        name = workspace.server.name if workspace.server else ""
        if workspace.is_without_account:
            name = "published list, no account"
        who = (name, workspace.tokens.user, data_type.value.upper())
        right = f"reading the catalogue {progress}".rstrip()
        if self._choice:
            right = f"catalogue of {shown_time(self._date)}{' (reading)' * self._is_reading}"
        left = " · ".join(clean(part) for part in who if part)
        self.query_one(TopLine).show(left=left, right=right)

    def on_catalogue_progress(self, message: CatalogueProgress) -> None:
        """Show that something comes."""
        if self._choice is None:
            self._show_top(human_size(message.size_bytes))

    def on_catalogue_failed(self, message: CatalogueFailed) -> None:
        """Say why there is no new catalogue; a token's end is asked about at once."""
        self._is_reading = False
        self._show_top()
        error = message.error
        if isinstance(error, TokenRejected):
            self.tui.ask_login(error.message)
        if self._choice is None:
            self.pane.show_sentence(f"{error} Press R to try again.")
            self.query_one(TopLine).show(right="no catalogue")
        else:
            self.tui.tell(f"{error} The catalogue shown is the one kept from last time.")

    def on_catalogue_read(self, message: CatalogueRead) -> None:
        """Show the catalogue; selection, cursor, filter and open branches stay as they are."""
        new, old = message.index.catalogue, self._choice
        self._is_reading = not message.is_fresh
        self._date = new.date
        if old is None:
            self.show_choice(self._first_choice(message.index))
            self._opener.catalogue_came()
        elif old.data_type is not new.type or old.index.catalogue.digest != new.digest:
            self.show_choice(old.with_index(message.index))
            self._opener.catalogue_came()
            if old.data_type is new.type:
                self._tell_difference(old.index.catalogue, new)
        elif old.index.catalogue.releases != new.releases:
            self.show_choice(old.with_index(message.index))
            self.tui.tell("The data releases on the server have changed.")
        elif self._wants_difference and message.is_fresh:
            self.tui.tell("Nothing has changed on the server.")
        self._wants_difference = self._wants_difference and not message.is_fresh
        self._show_top()

    def _first_choice(self, index: CatalogueIndex) -> Choice:
        workspace = self.tui.workspace
        settings = workspace.settings
        known = workspace.server is not None and workspace.server.has_known_sizes
        try:
            rules = rules_of(settings, index)
        except UsageError as error:
            self.tui.tell(str(error))
            rules = Rules()
        if settings.data_releases and not index.tables:
            self.tui.tell(NO_TABLES)
        sizes = workspace.published_sizes
        return Choice(index, known_sizes=known, published_sizes=sizes, rules=rules)

    def _tell_difference(self, old: Catalogue, new: Catalogue) -> None:
        changed = diff(old, new)
        self.tui.tell(changes_sentence(changed))
        if self._wants_difference and changed:
            lines = changes_lines(changed.added, changed.gone)
            self.app.push_screen(DetailsModal("What changed on the server", lines))

    def show_choice(self, choice: Choice) -> None:
        """Show another choice, and look at the folder for it."""
        self._choice = choice
        self.pane.show_choice(choice)
        self._work.look(choice, self.folder)

    # What is kept

    def read_catalogue_of(self, data_type: DataType) -> None:
        """Show the catalogue of the other type."""
        self._read(data_type, cached_first=True)

    def session(self) -> LastSession | None:
        """All that the next start needs to go on; None while there is nothing."""
        selection = self._opener.snapshot(name=self._opener.name, note=self._opener.note)
        workspace, choice = self.tui.workspace, self._choice
        if selection is None or choice is None:
            return None
        view = choice.view("browser" if self in self.tui.screen_stack else "transfers")
        return LastSession(
            selection,
            workspace.server.name if workspace.server else "",
            view,
            now_utc(),
            self._disk.to_fetch_files,
            0 if self._disk.unknown_files else self._disk.to_fetch_bytes,
        )

    def save_before_leaving(self) -> None:
        """Write the session, whatever ends the program."""
        self.keeper.save_now()
        self._rate.save()

    def action_save(self) -> None:
        """Save the selection under a name."""
        self._opener.ask_name()

    def action_open_saved(self) -> None:
        """Open a saved selection."""
        self._opener.ask_which()

    # The folder

    def use_folder(self, folder: Path) -> None:
        """Work with this output folder from now on."""
        if folder != self.folder:
            self.folder = folder
            self.keeper.changed()
            if self._choice is not None:
                self._work.look(self._choice, folder)

    def on_folder_seen(self, message: FolderSeen) -> None:
        """Show states and sizes by what is on disk."""
        choice = self._choice
        if choice is None or message.choice is not choice:
            return
        self._seen = message.look
        choice.take_facts(message.facts, message.sizes)
        if message.look.trouble:
            self.tui.tell(f"{clean(str(message.look.path))}: {message.look.trouble}")
        self.pane.selection_changed()

    def on_files_counted(self, message: FilesCounted) -> None:
        """Show the numbers that needed counting."""
        if message.choice is self._choice:
            self._disk = message.totals or DiskTotals()
            self.pane.show_disk(message.totals)

    def on_choice_pane_selection_changed(self, _message: ChoicePane.SelectionChanged) -> None:
        """Keep the selection for the next start; a choice as it was opened is no change."""
        if self._choice is not None and self._choice.selection.version:
            self.keeper.changed()
        self.refresh_hints()

    def on_choice_pane_sums_shown(self, _message: ChoicePane.SumsShown) -> None:
        """Count the files, and look at what is on disk of them."""
        self._count()

    def _count(self) -> None:
        if self._choice is not None and self._choice.facts is not None:
            self._work.count(self._choice, self._seen.view.free_bytes)

    # The study as a whole

    def action_coverage(self) -> None:
        """Visits by modalities, counted."""
        self._study.show_coverage()

    def action_design(self) -> None:
        """Choose by study design."""
        self._study.show_design()

    # Details, type, catalogue

    def action_details(self) -> None:
        """Everything known of the image under the cursor; of a branch what it adds up to."""
        row, choice = self.pane.row, self._choice
        if row is not None and choice is not None:
            self._details.show(row, choice, self._seen)

    # The type

    def action_change_type(self) -> None:
        """BIDS or MINC; asks when anything is ticked."""
        choice = self._choice
        if choice is None:
            return
        other = DataType.MINC if choice.data_type is DataType.BIDS else DataType.BIDS
        if choice.selection.is_empty:
            self._change_type(other)
            return
        self.tui.ask(
            f"Change to {other.value.upper()}? The same images stay ticked, and the folder must be "
            "another one: a folder holds one type.",
            lambda yes: self._change_type(other) if yes else None,
        )

    def _change_type(self, other: DataType) -> None:
        self.tui.tell(f"Reading the {other.value.upper()} catalogue ...")
        self._read(other, cached_first=True)

    def action_refresh(self) -> None:
        """Read the catalogue again and say what changed."""
        self._wants_difference = True
        data_type = self._choice.data_type if self._choice else self.tui.workspace.settings.type
        self._read(data_type, cached_first=False)

    # The plan and the run

    def action_plan(self) -> None:
        """Review and start the download."""
        self.show_plan()

    def show_plan(self, *, starts_at_once: bool = False) -> None:
        """Show the plan; one that starts at once stops only at what speaks against it."""
        choice = self._choice
        if choice is None or choice.selection.is_empty:
            self.tui.tell("Nothing is ticked yet: press space on what you want.")
            return
        plan = PlanScreen(
            choice,
            self.folder,
            proposed=self._proposed.get(choice.data_type),
            rate_bytes_per_s=self._rate.bytes_per_s,
            starts_at_once=starts_at_once,
        )
        self.app.push_screen(plan, self._plan_left)

    def _plan_left(self, outcome: PlanOutcome | None) -> None:
        if outcome is None or self._choice is None:
            return
        if outcome.folder is not None:
            self.use_folder(outcome.folder)
        self.pane.selection_changed()
        if outcome.thread is not None and outcome.plan is not None:
            self.tui.start_run(outcome.thread, outcome.plan)

    def on_run_started(self, _message: RunStarted) -> None:
        """Forget the states of the run before."""
        self._run_states = RunStates()
        self._rate.begin()
        self.keeper.changed()

    def on_engine_update(self, message: EngineUpdate) -> None:
        """Show what the download does to the images."""
        choice = self._choice
        if choice is None or choice.facts is None:
            return
        if self._rate.take(message.snapshot) or RunStates.is_over(message):
            self._rate.save()
        if self._run_states.take(choice.facts, message):
            self._count()
            self.keeper.changed()
        self.pane.outline_tree.refresh()
        self.refresh_hints()
        if RunStates.is_over(message):
            self._work.look(choice, self.folder)

    def action_verify(self) -> None:
        """Check what is on disk against the ledger."""
        if self._choice is None or self.folder is None:
            self.tui.tell("There is no output folder yet: d shows the plan, e chooses one.")
        elif self.tui.bridge.is_running:
            self.tui.tell("A download is running; verify when it is over.")
        else:
            self._work.verify(self._choice, self.folder)

    def on_verify_progress(self, message: VerifyProgress) -> None:
        """Show how far it is, and what was found."""
        counts = message.counts
        if not message.is_over:
            done = f"verifying {counts.files_done:,} of {counts.files_total:,} files"
            self.query_one(TopLine).show(right=done)
            return
        self._show_top()
        self.tui.tell(message.problem or verified_sentence(counts))
        if self._choice is not None and self._choice.facts is not None:
            for finding in message.broken:
                self._choice.facts.set_state(finding.path, state_of_verdict(finding.verdict))
            self.pane.selection_changed()
