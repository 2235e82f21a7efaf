"""The interface without a screen: numbered questions, then appended lines, for `--plain`.

Whoever cannot use a screen (a screen reader, very large letters, a dumb terminal) gets the same
choice, plan and download. Nothing written is ever changed, and no escape sequence is sent.
"""

import dataclasses
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from preventad_tui import __version__
from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.errors import (
    ExitCode,
    FolderInUse,
    NotWritable,
    PreventADError,
    StateUnreadable,
    StorageError,
    UsageError,
)
from preventad_tui.core.events import Summary
from preventad_tui.core.folder import FolderIdentity, OutputFolder
from preventad_tui.core.folder_look import FolderLook, look_at_folder
from preventad_tui.core.last_session import (
    LastSession,
    View,
    folders_to_propose,
    keep_declined,
    save_last_session,
    session_to_resume,
    shown_name,
)
from preventad_tui.core.model import DataType
from preventad_tui.core.paths import data_dir, state_dir
from preventad_tui.core.plan import Plan, PlanTotals
from preventad_tui.core.saved import (
    SavedSelection,
    compare,
    difference_sentence,
    list_selections,
    rules_as_then,
    save_selection,
    snapshot,
)
from preventad_tui.core.selection import Selection
from preventad_tui.core.text import clean, human_size, human_time, plural
from preventad_tui.headless import plain_choice, plain_login
from preventad_tui.headless import plan as planning
from preventad_tui.headless.choosing import choose_images
from preventad_tui.headless.get import watch
from preventad_tui.headless.plain_outlook import keep_rate, say_outlook
from preventad_tui.headless.plain_questions import Left, Questions
from preventad_tui.headless.session import Session

_AGAIN = (ExitCode.SOME_FAILED, ExitCode.AUTH, ExitCode.SERVER, ExitCode.STORAGE)


async def run(session: Session) -> int:
    """Ask, plan, download; the selection is kept for the next start, of either interface."""
    try:
        return await _Plain(session).run()
    except Left:
        session.output.tell("Left. What was chosen so far is kept; nothing runs.")
        return ExitCode.OK


class _Plain:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._output = session.output
        self._ask = Questions(session)
        self._selections = data_dir() / "selections"
        self._view = View()
        self._name = ""
        self._note = ""
        self._outputdir = session.settings.outputdir
        self._proposed: dict[DataType, Path] = {}
        self._goes_on = False

    async def run(self) -> int:
        session, output = self._session, self._output
        output.say(f"preventad-tui {__version__}, without a screen. Log: {self._shown_log}")
        output.say("Empty answer: what stands in brackets. q leaves at every question.")
        await plain_login.connect(session, self._ask)
        self._proposed = folders_to_propose(session.workspace.identity, state_dir())
        await plain_login.sign_in(session, self._ask)
        index, selection = await self._choose()
        self._keep(index, selection, None, "browser")
        first = await planning.plan_as_it_is(session, index, selection, None)
        planning.say_selected(output, first)
        if not self._goes_on:  # what was answered in the last session is not asked again
            self._offer_fieldmaps(selection, first)
            self._offer_name(index, selection)
        return await self._download(index, selection)

    @property
    def _shown_log(self) -> str:
        return clean(str(self._session.settings.log_file))

    # What

    async def _choose(self) -> tuple[CatalogueIndex, Selection]:
        session, settings = self._session, self._session.settings
        if settings.has_choice or settings.data_releases:
            index = await session.read_index()
            selection = choose_images(session, index)
            if settings.selection:
                planning.say_changes(session, index)
            return index, selection
        if (last := self._offer_last()) is not None:
            self._view = last.view
            self._goes_on = True
            return await self._opened(last.selection)
        while True:
            try:
                return await self._ask_what()
            except UsageError as error:
                self._output.tell(str(error))

    def _offer_last(self) -> LastSession | None:
        workspace = self._session.workspace
        try:
            last = session_to_resume(self._session.settings, workspace.identity, state_dir())
        except StateUnreadable as error:
            self._output.tell(str(error))
            return None
        if last is None:
            return None
        saved = last.selection
        left = f"{plural(last.left_files, 'file')} to fetch" if last.left_files else "nothing left"
        size = f", about {human_size(last.left_bytes)}" if last.left_bytes else ""
        named = f"“{shown_name(saved, self._selections)}”, " if saved.name else ""
        self._output.tell(
            f"Last session, {human_time(last.date)}: {named}{saved.type.value.upper()}, "
            f"{saved.counted}, {left}{size}, folder {saved.outputdir or 'none yet'}."
        )
        if self._ask.yes("Go on with it?", default=True):
            return last
        keep_declined(last, self._selections)
        return None

    async def _opened(self, saved: SavedSelection) -> tuple[CatalogueIndex, Selection]:
        index = await self._session.read_index(saved.type)
        changes = compare(saved, index)
        rules = saved.rules
        if changes:
            self._output.tell(difference_sentence(saved, changes))
        if changes.added and not self._ask.yes("Take the new ones too?", default=True):
            rules = rules_as_then(saved, index)
        self._name, self._note = saved.name, saved.note
        if saved.outputdir:
            self._outputdir = Path(saved.outputdir)
        return index, Selection(index, rules)

    async def _ask_what(self) -> tuple[CatalogueIndex, Selection]:
        ways = ["modalities and visits", "study design (who has what, at how many time points)"]
        saved = [
            one
            for one in list_selections(self._selections)
            if isinstance(one, SavedSelection) and one.server == self._session.workspace.identity
        ]
        if saved:
            ways.append("a saved selection")
        way = self._ask.one("Choose by:", ways)
        if way == len(ways) - 1 and saved:
            lines = [f"{one.name}, {one.counted} {one.note}" for one in saved]
            return await self._opened(saved[self._ask.one("Saved selections:", lines)])
        types = list(DataType)
        preset = types.index(self._session.settings.type)
        index = await self._session.read_index(
            types[self._ask.one("Type:", [one.value.upper() for one in types], preset)]
        )
        choose = (plain_choice.choose_by_names, plain_choice.choose_by_design)[way]
        wish = choose(self._ask, index, self._session.settings)
        wish = plain_choice.choose_tables(self._ask, index, wish)
        selection = choose_images(self._session, index, wish)
        if selection.is_empty:
            raise UsageError("That selects nothing.", "Choose again.")
        return index, selection

    def _offer_fieldmaps(self, selection: Selection, plan: Plan) -> None:
        left_out = plan.left_out_fieldmaps
        if left_out and self._ask.yes(
            f"Functional images are selected without the fieldmaps of their sessions "
            f"({plural(len(left_out), 'image')}). Add these?",
            default=True,
        ):
            selection.tick_images(left_out, True)

    # What is kept

    def _offer_name(self, index: CatalogueIndex, selection: Selection) -> None:
        if self._name or self._session.settings.selection:
            return
        while name := self._ask.text("Save the selection under a name (empty: no)"):
            saved = snapshot(index, selection, name, outputdir=str(self._outputdir or ""))
            try:
                self._output.say(f"Saved as {save_selection(saved, self._selections)}.")
            except PreventADError as error:
                self._output.tell(str(error))
                continue
            self._name = name
            return

    def _keep(
        self, index: CatalogueIndex, selection: Selection, totals: PlanTotals | None, screen: str
    ) -> None:
        workspace = self._session.workspace
        outputdir = str(self._outputdir.absolute()) if self._outputdir else ""
        saved = snapshot(index, selection, self._name, note=self._note, outputdir=outputdir)
        last = LastSession(
            saved,
            workspace.server.name if workspace.server else "",
            dataclasses.replace(self._view, screen=screen),
            datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            totals.to_fetch_files if totals else 0,
            totals.to_fetch_bytes if totals and not totals.to_fetch_unknown_files else 0,
        )
        try:
            save_last_session(last, state_dir())
        except NotWritable as error:
            self._output.tell(f"The selection is not kept for the next start: {error}")

    # The folder and the download

    async def _download(self, index: CatalogueIndex, selection: Selection) -> int:
        session, output = self._session, self._output
        look, folder = self._ask_folder(index)
        is_first = True
        while True:
            plan = await planning.plan_download(session, index, selection, folder)
            planning.say_in_folder(output, plan, folder.path)
            self._keep(index, selection, plan.totals, "transfers" if not is_first else "browser")
            if is_first:
                await planning.say_quota(session)
                await say_outlook(session, self._ask, plan, look)
                if not self._ask.yes("Start the download?", default=True):
                    raise Left
            self._keep(index, selection, plan.totals, "transfers")
            output.say("Progress follows every 30 seconds. ctrl+c stops; all state is kept.")
            started = time.monotonic()
            watched = watch(session, plan, folder, give_up_after_s=None)
            code = await watched.run()
            if session.signals.code is not None:
                if watched.summary is not None:
                    left = left_of(plan.totals, watched.summary)
                    self._keep(index, selection, left, "transfers")
                return code
            before, seconds = plan, time.monotonic() - started
            plan = await planning.plan_as_it_is(session, index, selection, folder)
            keep_rate(session.workspace.identity, before, plan, seconds)
            self._keep(index, selection, plan.totals, "transfers")
            if code not in _AGAIN or not self._ask.yes("Try again what is left?", default=False):
                return code
            if code == ExitCode.AUTH:
                await plain_login.sign_in(session, self._ask, again=True)
            is_first = False

    def _ask_folder(self, index: CatalogueIndex) -> tuple[FolderLook, OutputFolder]:
        """The folder as it was found, and opened."""
        workspace = self._session.workspace
        data_type = index.catalogue.type
        identity = FolderIdentity(workspace.identity, workspace.project, data_type)
        while True:
            answer = self._ask.text(
                "Output folder", str(self._outputdir or self._proposed[data_type])
            )
            path = Path(os.path.expanduser(answer))
            look = look_at_folder(path.absolute(), identity)
            try:
                folder = workspace.open_folder(path, data_type)
            except (StorageError, FolderInUse, StateUnreadable) as error:
                self._output.tell(str(error))
                continue
            self._outputdir = path
            if look.note:
                self._output.say(f"{clean(str(look.path))}: {look.note}.")
            return look, folder


def left_of(planned: PlanTotals, summary: Summary) -> PlanTotals:
    """What a run that was stopped has left of its plan."""
    return dataclasses.replace(
        planned,
        to_fetch_files=summary.not_done,
        to_fetch_bytes=max(0, planned.to_fetch_bytes - summary.fetched_bytes),
    )
