"""The review before a start: what will be fetched, where to, what stands against it."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from preventad_tui.core.config import MissingFiles
from preventad_tui.core.errors import FolderInUse, PreventADError
from preventad_tui.core.folder_look import FolderLook
from preventad_tui.core.plan import Plan, PlanOptions
from preventad_tui.core.text import Clean, clean
from preventad_tui.ui import clock
from preventad_tui.ui.actions import Place
from preventad_tui.ui.choice import Choice
from preventad_tui.ui.plan_count import Counted, count_plan, warnings_of
from preventad_tui.ui.plan_start import prepare_run
from preventad_tui.ui.plan_text import PlanSheet, nothing_to_fetch, plan_lines
from preventad_tui.ui.screens.base import Modal, modal_bindings
from preventad_tui.ui.screens.fields import Field, FieldsModal
from preventad_tui.ui.screens.login_again import LoginModal
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.line_list import LineList
from preventad_tui.ui.widgets.rule_line import RuleLine

if TYPE_CHECKING:
    from preventad_tui.core.engine import EngineThread

MOST_JOBS = 8
PLAN_GROUP = "plan"
_OF_A_START = ("plan.start", "plan.fewer plan.more")


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """What the browser learns when the plan is left: the folder, and the run that is to start."""

    folder: Path | None
    thread: "EngineThread | None" = None
    plan: Plan | None = None


class PlanScreen(Modal[PlanOutcome]):
    """Numbers, folder, warnings; enter starts, escape goes back."""

    DEFAULT_CSS: ClassVar[str] = """
    PlanScreen { background: $background; }
    PlanScreen > #plan-top { height: 1; padding: 0 1; }
    PlanScreen #plan-title { width: 1fr; text-style: bold; }
    PlanScreen #plan-when { width: auto; }
    """
    PLACES = (Place.PLAN, Place.LIST)
    HINTS = (
        "plan.start",
        "plan.folder",
        "plan.fewer plan.more",
        "plan.check_updates",
        "plan.back",
        "app.help",
    )
    BINDINGS: ClassVar[list[BindingType]] = modal_bindings(Place.PLAN)

    def __init__(
        self,
        choice: Choice,
        folder: Path | None,
        *,
        proposed: Path,
        rate_bytes_per_s: float = 0.0,
        starts_at_once: bool = False,
    ) -> None:
        super().__init__()
        self._choice = choice
        self._folder = folder
        self._proposed = proposed
        self._starts_at_once = starts_at_once
        self._look: FolderLook | None = None
        self._refused = ""
        self._is_counted = False
        self._options = PlanOptions()
        self._sheet = PlanSheet(clean(""), clean(""), rate_bytes_per_s=rate_bytes_per_s)

    def compose(self) -> ComposeResult:
        """A title with the date, the sheet, the keys."""
        with Horizontal(id="plan-top"):
            yield Static("Plan", id="plan-title", markup=False)
            yield Static("", id="plan-when", markup=False)
        yield RuleLine()
        yield LineList(id="plan-lines")
        yield HintLine(self.HINTS)

    def on_mount(self) -> None:
        """Count at once; ask for a folder where none is known."""
        settings = self.tui.workspace.settings
        self._options = PlanOptions(settings.missing, settings.check_updates, settings.shard)
        self._sheet = replace(
            self._sheet,
            jobs=settings.jobs,
            missing=settings.missing,
            check_updates=settings.check_updates,
            server_notes=self._choice.index.catalogue.stock_notes,
        )
        self._take_login()
        self.query_one("#plan-when", Static).update(Text(f"{clock.now():%d %b %Y %H:%M}"))
        self.query_one(LineList).focus()
        self._recount(look_again=True)
        if self._folder is None:
            self.action_folder()
        elif self._starts_at_once:
            self.action_start()

    # Counting

    def _recount(self, *, look_again: bool = False) -> None:
        if look_again:
            self._look = None
        self._is_counted = False
        self._show()
        quota = None if look_again else self._sheet.quota
        self._count(self._folder, self._look, self._options, quota)

    @work(thread=True, exclusive=True, group=PLAN_GROUP)
    def _count(
        self,
        folder: Path | None,
        look: FolderLook | None,
        options: PlanOptions,
        quota: tuple[Clean, ...] | None,
    ) -> None:
        counted = count_plan(self.tui.workspace, self._choice, folder, options, look, quota)
        self.app.call_from_thread(self._counted, folder, options, counted)

    def _counted(self, folder: Path | None, options: PlanOptions, counted: Counted) -> None:
        if not self.stands or (folder, options) != (self._folder, self._options):
            return
        self._look, self._is_counted = counted.look, True
        self._sheet = replace(
            self._sheet,
            plan=counted.plan,
            quota=counted.quota,
            fieldmap_bytes=counted.fieldmap_bytes,
            missing_since=counted.missing_since,
        )
        self._show()

    def _show(self, trouble: str = "") -> None:
        look = self._look
        path, note = clean("none yet"), clean("e or enter chooses one")
        if self._folder is not None:
            path, note = clean(str(self._folder)), look.note if look else clean("looking ...")
        self._sheet = replace(
            self._sheet,
            folder=path,
            folder_note=note,
            trouble=trouble or self._refused or (look.trouble if look else ""),
            missing=self._options.missing,
            check_updates=self._options.check_updates,
        )
        if look is not None and self._sheet.plan is not None:
            self._sheet = replace(
                self._sheet,
                warnings=warnings_of(self._sheet, self._sheet.plan, look, self.tui.workspace),
            )
        self._draw()

    def _draw(self) -> None:
        # One column is the cursor's mark, one the scroll bar's.
        width = max(40, self.app.size.width - 2)
        body = self.query_one(LineList)
        body.show_lines(plan_lines(self._sheet, width, body.size.height))
        self.query_one(HintLine).show(self.hints())

    def hints(self) -> Sequence[str]:
        """Nothing of a start where there would be nothing to do."""
        if not nothing_to_fetch(self._sheet):
            return self.HINTS
        return tuple(hint for hint in self.HINTS if hint not in _OF_A_START)

    def on_resize(self) -> None:
        """Wrap the sentences anew."""
        self._draw()

    # Keys

    def action_back(self) -> None:
        """Back to the browser; the folder is remembered."""
        self.dismiss(PlanOutcome(self._folder))

    def action_folder(self) -> None:
        """Ask for another output folder."""
        value = f"{self._folder or self._proposed}"
        fields = [Field("Folder", value, is_folder=True)]
        title = "Where the files go (tab completes; ~ is your home; it is made if missing)"
        self.app.push_screen(FieldsModal(title, fields), self._take_folder)

    def _take_folder(self, answer: tuple[str, ...] | None) -> None:
        if answer and answer[0]:
            self._folder = Path(os.path.abspath(os.path.expanduser(answer[0])))
            self._refused = ""
            self._sheet = replace(self._sheet, plan=None)
            self._recount(look_again=True)

    def action_fewer(self) -> None:
        """One transfer fewer at once."""
        self._set_jobs(self._sheet.jobs - 1)

    def action_more(self) -> None:
        """One transfer more at once."""
        self._set_jobs(self._sheet.jobs + 1)

    def _set_jobs(self, jobs: int) -> None:
        most = min(self.tui.workspace.settings.max_jobs, MOST_JOBS)
        self._sheet = replace(self._sheet, jobs=max(1, min(jobs, most)))
        self._show()

    def action_check_updates(self) -> None:
        """Ask the server about files on disk too, or do not."""
        self._options = replace(self._options, check_updates=not self._options.check_updates)
        self._recount()

    def action_missing(self) -> None:
        """Fetch again what was removed since, or leave it."""
        fetch = self._options.missing is MissingFiles.FETCH
        missing = MissingFiles.LEAVE if fetch else MissingFiles.FETCH
        self._options = replace(self._options, missing=missing)
        self._recount()

    def action_fieldmaps(self) -> None:
        """Tick the fieldmaps of the selected bold sessions."""
        plan = self._sheet.plan
        if plan and plan.left_out_fieldmaps:
            self._choice.selection.tick_images(plan.left_out_fieldmaps, True)
            self._recount()

    def action_password(self) -> None:
        """Log in now in a way that lasts as long as the program."""
        if self.tui.workspace.can_renew:
            self.tui.tell("The login is renewed by itself while this program runs.")
            return
        sentence = "Log in, and stay so for as long as this program runs"
        self.app.push_screen(LoginModal(sentence, keeps_password=True), self._logged_in)

    def _logged_in(self, _succeeded: bool | None) -> None:
        self._take_login()
        self._show()

    def _take_login(self) -> None:
        workspace = self.tui.workspace
        self._sheet = replace(
            self._sheet,
            login_left_s=workspace.tokens.left_s(clock.now().timestamp()),
            login_renews=workspace.can_renew,
        )

    # The start

    def action_start(self) -> None:
        """Open the folder, plan on what is really there, and go."""
        if self._folder is None:
            self.action_folder()
        elif self.tui.bridge.is_running:
            standing = self.tui.bridge.standing
            self._show(f"{standing}: let it end, or stop it in Transfers (2, then X).")
        elif self._choice.selection.is_empty:
            self._show("Nothing is ticked: press escape and tick what you want with space.")
        elif self._is_counted and (nothing := nothing_to_fetch(self._sheet)):
            self.tui.tell(nothing)
        else:
            self._show_line("opening the folder ...")
            self._look, self._refused = None, ""  # its room is needed: it is looked at anew
            self._start(self._folder, self._options, force=False)

    def _show_line(self, note: str) -> None:
        self._sheet = replace(self._sheet, folder_note=clean(note), trouble="")
        self._draw()

    @work(thread=True, exclusive=True, group=PLAN_GROUP)
    def _start(self, path: Path, options: PlanOptions, *, force: bool) -> None:
        say: Callable[..., object] = self.app.call_from_thread
        try:
            thread, plan = prepare_run(
                self.tui.workspace,
                self._choice,
                path,
                options,
                jobs=self._sheet.jobs,
                force=force,
                show=lambda note: say(self._show_line, note),
            )
        except FolderInUse as error:
            say(self._in_use, error)
        except PreventADError as error:
            say(self._not_started, str(error))
        else:
            say(self._started, thread, plan)

    def _not_started(self, refused: str) -> None:
        self._refused = refused
        self._recount(look_again=True)

    def _in_use(self, error: FolderInUse) -> None:
        self._not_started(str(error))
        if error.reason == "abandoned" and self._folder is not None:
            path, options = self._folder, self._options
            self.tui.ask(
                f"{error.message} Work there all the same?",
                lambda yes: self._start(path, options, force=True) if yes else None,
            )

    def _started(self, thread: "EngineThread", plan: Plan) -> None:
        self.dismiss(PlanOutcome(self._folder, thread, plan))
