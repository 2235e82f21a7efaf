"""The browser: the tree with ticks, filter, facets, totals; most of the program's keys.

What the first paint does not need is imported where it is used.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from preventad_tui.core.last_session import folders_to_propose
from preventad_tui.core.model import DataType
from preventad_tui.core.paths import state_dir
from preventad_tui.core.text import clean
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
from preventad_tui.ui.catalogue_news import CatalogueNews
from preventad_tui.ui.choice import Choice
from preventad_tui.ui.keeping import SessionKeeper
from preventad_tui.ui.messages import EngineUpdate, RunStarted
from preventad_tui.ui.opening import Opener
from preventad_tui.ui.run_shown import RunShown
from preventad_tui.ui.screens.base import MainScreen
from preventad_tui.ui.study_views import StudyViews
from preventad_tui.ui.widgets.choice_pane import ChoicePane
from preventad_tui.ui.widgets.facets import Facets
from preventad_tui.ui.widgets.filter_bar import FilterInput
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.top_line import TopLine
from preventad_tui.ui.widgets.totals import DiskTotals

if TYPE_CHECKING:
    from preventad_tui.ui.one_run import Update
    from preventad_tui.ui.screens.plan import PlanOutcome


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
        if isinstance(self.focused, FilterInput):
            return ("filter.to_tree", "filter.leave", "app.help", "browser.save")
        if isinstance(self.focused, Facets):
            return ("facets.tick", "facets.leave", *self.HINTS[1:])
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
        self.work = Background(self)
        self.news = CatalogueNews(self)
        self._choice: Choice | None = None
        self.keeper = SessionKeeper(self)
        self.opener = Opener(self)
        self._study = StudyViews(self)
        self.disk = DiskTotals()
        self.folder: Path | None = None
        self._seen = NO_FOLDER
        self._run_shown = RunShown(self)
        self._proposed: dict[DataType, Path] = {}

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
        self._run_shown.know_server(identity)
        self._proposed = folders_to_propose(identity, state_dir())
        self.pane.outline_tree.focus()
        meant = self.opener.at_start()
        self.news.read(meant.type if meant else settings.type, cached_first=True)

    def on_descendant_focus(self) -> None:
        """Other keys matter in the filter and in the facets."""
        self.refresh_hints()

    @property
    def pane(self) -> ChoicePane:
        """Where one chooses."""
        return self.query_one(ChoicePane)

    @property
    def choice(self) -> Choice | None:
        """What is being chosen; None until a catalogue is there."""
        return self._choice

    # The catalogue

    def on_catalogue_progress(self, message: CatalogueProgress) -> None:
        """Show that something comes."""
        if self.stands:
            self.news.progress(message)

    def on_catalogue_failed(self, message: CatalogueFailed) -> None:
        """Say why there is no new catalogue."""
        if self.stands:
            self.news.failed(message)

    def on_catalogue_read(self, message: CatalogueRead) -> None:
        """Show the catalogue."""
        if self.stands:
            self.news.came(message)

    def take_catalogue(self, choice: Choice) -> None:
        """Show a choice over a catalogue that has just come."""
        self.show_choice(choice)
        self.opener.catalogue_came()

    def show_choice(self, choice: Choice) -> None:
        """Show another choice, and look at the folder for it."""
        self._choice = choice
        self.pane.show_choice(choice)
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        # After the paint, which it would hold up: a thread at work takes half of its time.
        if self._choice is not None:
            self.work.look(self._choice, self.folder)

    # What is kept

    def read_catalogue_of(self, data_type: DataType) -> None:
        """Show the catalogue of the other type."""
        self.news.read(data_type, cached_first=True)

    def save_before_leaving(self) -> None:
        """Write the session with what is left of it, whatever ends the program."""
        if self._run_shown.is_behind and self._choice is not None:
            # At once: only the candidates are counted whose files came since the last count.
            self.disk = self._choice.disk_totals(self._seen.view.free_bytes) or self.disk
        self.keeper.save_now()
        self._run_shown.save()

    def action_save(self) -> None:
        """Save the selection under a name."""
        self.opener.ask_name()

    def action_open_saved(self) -> None:
        """Open a saved selection."""
        self.opener.ask_which()

    # The folder

    def use_folder(self, folder: Path) -> None:
        """Work with this output folder from now on."""
        if folder != self.folder:
            self.folder = folder
            self.keeper.changed()
            if self._choice is not None:
                self.work.look(self._choice, folder)

    def on_folder_seen(self, message: FolderSeen) -> None:
        """Show states and sizes by what is on disk."""
        choice = self._choice
        if choice is None or message.choice is not choice or not self.stands:
            return
        self._seen = message.look
        choice.take_facts(message.facts, message.sizes)
        if message.look.trouble:
            self.tui.tell(f"{clean(str(message.look.path))}: {message.look.trouble}")
        self.pane.selection_changed()

    def on_files_counted(self, message: FilesCounted) -> None:
        """Show the numbers that needed counting."""
        if message.choice is self._choice and self.stands:
            self.disk = message.totals or DiskTotals()
            self.pane.show_disk(message.totals)

    def on_choice_pane_selection_changed(self, _message: ChoicePane.SelectionChanged) -> None:
        """Keep the selection for the next start; a choice as it was opened is no change."""
        if self._choice is not None and self._choice.selection.version:
            self.keeper.changed()
        self.refresh_hints()

    def on_choice_pane_sums_shown(self, _message: ChoicePane.SumsShown) -> None:
        """Count the files, and look at what is on disk of them."""
        self.count()

    def count(self) -> None:
        """Count the selected files and what is on disk of them, in a thread."""
        if self._choice is not None and self._choice.facts is not None:
            self.work.count(self._choice, self._seen.view.free_bytes)

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
            from preventad_tui.ui.details_view import DetailsView

            DetailsView(self).show(row, choice, self._seen)

    def action_change_type(self) -> None:
        """BIDS or MINC; asks when anything is ticked."""
        self.news.change_type()

    def action_refresh(self) -> None:
        """Read the catalogue again and say what changed."""
        self.news.read_again()

    # The plan and the run

    def action_plan(self) -> None:
        """Review and start the download."""
        self._show_plan()

    def go_on(self, *, stays: bool) -> None:
        """Start the download that was broken off, in front of the screen that was in front.

        The plan is shown all the same, and stays where something speaks against the start.
        """
        self._show_plan(starts_at_once=True, stays=stays)

    def _show_plan(self, *, starts_at_once: bool = False, stays: bool = False) -> None:
        choice = self._choice
        if choice is None or choice.selection.is_empty:
            self.tui.tell("Nothing is ticked yet: press space on what you want.")
            return
        from preventad_tui.ui.screens.plan import PlanScreen

        plan = PlanScreen(
            choice,
            self.folder,
            proposed=self._proposed[choice.data_type],
            rate_bytes_per_s=self._run_shown.rate_bytes_per_s,
            starts_at_once=starts_at_once,
        )
        self.app.push_screen(plan, lambda outcome: self._plan_left(outcome, stays))

    def _plan_left(self, outcome: "PlanOutcome | None", stays: bool) -> None:
        if outcome is None or self._choice is None:
            return
        if outcome.folder is not None:
            self.use_folder(outcome.folder)
        self.pane.selection_changed()
        if outcome.thread is not None and outcome.plan is not None:
            self.tui.start_run(outcome.thread, outcome.plan, shows=not stays)
            if stays:
                self.tui.tell("The download goes on; 2 shows it.")

    def on_run_started(self, _message: RunStarted) -> None:
        """Forget the states of the run before."""
        self._run_shown.began()

    def know(self, update: "Update") -> None:
        """Know what the download does to the images."""
        self._run_shown.news(update)

    def on_engine_update(self, message: EngineUpdate) -> None:
        """Show it."""
        self._run_shown.update(message)

    def on_screen_resume(self) -> None:
        """Show what happened while another screen was in front."""
        self._run_shown.catch_up()

    def action_verify(self) -> None:
        """Check what is on disk against the ledger."""
        from preventad_tui.ui.verifying import Verifying

        Verifying(self).start()

    def on_verify_progress(self, message: VerifyProgress) -> None:
        """Show how far it is, and what was found."""
        if self.stands:
            from preventad_tui.ui.verifying import Verifying

            Verifying(self).progress(message)
