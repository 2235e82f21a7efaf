"""The download: how far it is, what is on its way, what happened."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from preventad_tui.core.commands import Pause, Resume, RetryFailed, SetJobs, SetRate, Stop
from preventad_tui.core.errors import ExitCode, StorageError, UsageError
from preventad_tui.core.events import FileEnded, FileRetried, PauseReason, RunState, Snapshot
from preventad_tui.core.text import clean, human_size, parse_size, plural
from preventad_tui.ui.actions import Place, bindings_of
from preventad_tui.ui.leaving_out import LeavingOut
from preventad_tui.ui.log_export import RunReport, export_run
from preventad_tui.ui.messages import EngineNumbers, EngineUpdate, RunStarted
from preventad_tui.ui.screens.base import MainScreen
from preventad_tui.ui.screens.fields import Field, FieldsModal
from preventad_tui.ui.screens.file_details import FileDetailsModal
from preventad_tui.ui.widgets.active_files import ActiveFiles
from preventad_tui.ui.widgets.hint_line import HintLine
from preventad_tui.ui.widgets.log_rows import shown_name
from preventad_tui.ui.widgets.log_view import LogView
from preventad_tui.ui.widgets.progress_head import ProgressHead
from preventad_tui.ui.widgets.rule_line import RuleLine

MOST_JOBS = 8
NOTHING_RUNS = "Nothing runs. d in the browser starts a download."


class TransfersScreen(MainScreen):
    """Overall progress, active files, log."""

    DEFAULT_CSS: ClassVar[str] = """
    TransfersScreen #transfers-log-title { height: 1; padding: 0 1; color: $text-muted; }
    """
    PLACES = (Place.TRANSFERS, Place.LIST)
    HINTS = (
        "transfers.pause",
        "transfers.fewer transfers.more",
        "transfers.rate",
        "transfers.failures",
        "transfers.search",
        "app.show_browser",
        "app.help",
        "transfers.cancel",
        "transfers.stop",
        "transfers.details",
        "transfers.export",
        "app.quit",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.TRANSFERS)

    def compose(self) -> ComposeResult:
        """Three regions parted by rules."""
        yield ProgressHead()
        yield RuleLine()
        yield ActiveFiles(id="transfers-active")
        yield RuleLine(id="transfers-log-rule")
        yield LogView(id="transfers-log")
        yield HintLine(self.HINTS)

    def on_mount(self) -> None:
        """Show what there is, which may be a run that began before this screen was opened."""
        self._begin()
        self.query_one(LogView).focus()

    def _begin(self) -> None:
        self.query_one(LogView).clear()
        self._shown_events = 0
        self._asked_about = ""
        self._leaving_out = LeavingOut()
        self._show(self.tui.bridge.snapshot)

    def on_run_started(self, _event: RunStarted) -> None:
        """A new run: the log starts anew."""
        if self.stands:
            self._begin()

    def on_engine_update(self, event: EngineUpdate) -> None:
        """Draw what changed."""
        if self.stands:
            self._show(event.snapshot)

    def on_engine_numbers(self, event: EngineNumbers) -> None:
        """Draw the numbers and the bars; the log waits."""
        if self.stands:
            self._show_numbers(event.snapshot)

    def _show(self, snapshot: Snapshot) -> None:
        run = self.tui.bridge.run
        if run and run.log_count > self._shown_events:
            # Taken from the run, not from the message: one may have come before this screen stood.
            self.query_one(LogView).add(run.log_since(self._shown_events))
            self._shown_events = run.log_count
        self._show_numbers(snapshot)
        self._show_log_rule()
        self.refresh_hints()

    def _show_numbers(self, snapshot: Snapshot) -> None:
        run = self.tui.bridge.run
        self.query_one(ProgressHead).show(snapshot, run.summary if run else None, bool(run))
        self.query_one(ActiveFiles).show(
            snapshot.active, snapshot.jobs if self.tui.bridge.is_running else 0
        )

    def _show_log_rule(self) -> None:
        """Say what of the log is shown, where that is not simply all of it."""
        log = self.query_one(LogView)
        parts = ["failures by reason (e: everything)"] if log.failures_only else []
        if log.search:
            parts.append(f"looking for “{log.search}” (n next, N previous, escape ends it)")
        self.query_one("#transfers-log-rule", RuleLine).show(" · ".join(parts))

    def hints(self) -> Sequence[str]:
        """First what makes sense now: after the end other keys than while it runs."""
        run = self.tui.bridge.run
        failed = ("transfers.retry", "transfers.failures") if self._has_failures else ()
        if run is None:
            return ("app.show_browser", "app.help", "app.quit")
        if run.is_over:
            if not run.is_whole:
                failed = ("transfers.retry", *failed)
            after = ("app.show_browser", "transfers.export", "transfers.details", "app.help")
            return tuple(dict.fromkeys((*failed, *after, "transfers.search", "app.quit")))
        pause = "transfers.pause"
        if run.snapshot.state is not RunState.RUNNING:
            pause += "=Go on"
        return tuple(dict.fromkeys((*failed, pause, *self.HINTS[1:])))

    @property
    def _has_failures(self) -> bool:
        return len(self.query_one(LogView).failures) > 0

    # What the cursor is on

    @property
    def _focused_path(self) -> str:
        active = self.query_one(ActiveFiles)
        if self.focused is active:
            return active.focused_path
        event = self.query_one(LogView).focused_event
        return event.path if isinstance(event, FileEnded | FileRetried) else ""

    # Keys

    def action_pause(self) -> None:
        """Pause, or go on; where only a login helps, ask for it."""
        snapshot = self.tui.bridge.snapshot
        if not self.tui.bridge.is_running:
            self.tui.tell(NOTHING_RUNS)
        elif snapshot.pause_reason is PauseReason.LOGGED_OUT:
            self.tui.ask_login(snapshot.sentence)
        elif snapshot.state is RunState.RUNNING:
            self.tui.bridge.send(Pause())
        else:
            self.tui.bridge.send(Resume())

    def action_fewer(self) -> None:
        """One transfer at once fewer."""
        self._set_jobs(-1)

    def action_more(self) -> None:
        """One transfer at once more."""
        self._set_jobs(1)

    def _set_jobs(self, step: int) -> None:
        if not self.tui.bridge.is_running:
            self.tui.tell(NOTHING_RUNS)
            return
        most = min(MOST_JOBS, self.tui.workspace.settings.max_jobs)
        now = self.tui.bridge.snapshot.jobs
        wanted = max(1, now + step if step < 0 else max(now, min(now + step, most)))
        if wanted == now:
            self.tui.tell(f"{most} at once is the most here." if step > 0 else "One is the least.")
        else:
            self.tui.bridge.send(SetJobs(wanted))

    def action_rate(self) -> None:
        """Ask for a rate limit."""
        if not self.tui.bridge.is_running:
            self.tui.tell(NOTHING_RUNS)
            return
        now = self.tui.bridge.snapshot.rate_limit
        self._ask_rate(human_size(now).replace(" ", "") if now else "")

    def _ask_rate(self, proposed: str) -> None:
        title = "Limit the rate to how many bytes a second? (5M; empty: no limit)"
        field = Field("Rate", proposed)
        self.app.push_screen(FieldsModal(title, [field]), self._rate_typed)

    def _rate_typed(self, answer: tuple[str, ...] | None) -> None:
        if answer is None:
            return
        most = self.tui.workspace.settings.max_rate
        try:
            rate = parse_size(answer[0]) if answer[0] else None
        except UsageError as error:
            self._ask_rate(answer[0])
            self.tui.tell(str(error))
            return
        if rate == 0:
            self._ask_rate("")
            self.tui.tell("A rate of 0 would never end; leave the field empty for no limit.")
            return
        self.tui.bridge.send(SetRate(most if most and (rate is None or rate > most) else rate))
        self.tui.tell(f"At most {human_size(rate)}/s from now on." if rate else "No rate limit.")

    def action_retry(self) -> None:
        """Try again what failed."""
        run = self.tui.bridge.run
        if not self._has_failures and (run is None or run.is_whole or not run.is_over):
            self.tui.tell("Nothing failed.")
        elif self.tui.bridge.is_running:
            self.tui.bridge.send(RetryFailed())
            if run is not None:
                self._leaving_out.retried(run)
            self.tui.tell("What failed is queued again.")
        else:
            self.tui.plan_again()

    def action_cancel(self) -> None:
        """Cancel the focused file, or take it back; what happens is said at once."""
        run, path = self.tui.bridge.run, self._focused_path
        if run is None or run.is_over:
            more = run is not None and not run.is_whole
            self.tui.tell("Nothing runs; r fetches what is missing." if more else NOTHING_RUNS)
            return
        if not path:
            self.tui.tell("Put the cursor on a file first (tab goes to the active ones).")
            return
        state, name = run.state_of(path), shown_name(path)
        if state is not None and state.is_good:
            elsewhere = isinstance(self.focused, LogView)
            way = " (tab goes to the active ones)" if elsewhere else ""
            self.tui.tell(f"{name} is on disk already{way}.")
            return
        active = self.query_one(ActiveFiles)
        if self.focused is active and active.has_just_come and path != self._asked_about:
            self._asked_about = path
            self.tui.tell(f"{name} has just come to this row; x again cancels it.")
            return
        command, said = self._leaving_out.toggle(run, path)
        if command is not None:
            self.tui.bridge.send(command)
        self.tui.tell(f"{name} {said}.")

    def action_stop(self) -> None:
        """Stop all, after asking."""
        if not self.tui.bridge.is_running:
            self.tui.tell(NOTHING_RUNS)
            return
        self.tui.ask(
            "Stop the whole download? What is on disk stays; d in the browser goes on later.",
            lambda yes: self.tui.bridge.send(Stop(ExitCode.LEFT)) if yes else None,
            yes="Stop all",
            no="Go on",
        )

    def action_failures(self) -> None:
        """Log: everything, or failures only."""
        log = self.query_one(LogView)
        log.show_failures(not log.failures_only)
        self._show_log_rule()

    def action_search(self) -> None:
        """Ask for words to look for in the log."""
        field = Field("Words", self.query_one(LogView).search)
        title = "Look in the log for a part of a name, a state or a reason"
        self.app.push_screen(FieldsModal(title, [field]), self._look_for)

    def _look_for(self, answer: tuple[str, ...] | None) -> None:
        if answer is None:
            return
        log = self.query_one(LogView)
        count = log.find(answer[0])
        log.focus()
        self._show_log_rule()
        if log.search:
            self.tui.tell(f"{plural(count, 'line')} with “{clean(log.search)}”.")

    def action_end_search(self) -> None:
        """n and N go from failure to failure again."""
        self.query_one(LogView).find("")
        self._show_log_rule()

    def action_details(self) -> None:
        """The file under the cursor."""
        run = self.tui.bridge.run
        if run and (path := self._focused_path):
            self.app.push_screen(FileDetailsModal(run, path))
        else:
            self.tui.tell("Put the cursor on a file first.")

    def action_export(self) -> None:
        """Write what the log shows, and a report with how to cite the data, beside the ledger."""
        workspace, run = self.tui.workspace, self.tui.bridge.run
        log = self.query_one(LogView)
        ended = [event for event in log.events() if isinstance(event, FileEnded)]
        if workspace.folder is None or run is None or not ended:
            self.tui.tell("There is nothing to export yet.")
            return
        report = RunReport(
            workspace.identity,
            workspace.project,
            ended,
            log.failures,
            run.snapshot.counts,
            run.summary,
        )
        try:
            table, summary = export_run(report, workspace.folder.path)
        except StorageError as error:
            self.tui.tell(str(error))
        else:
            self.tui.tell(
                f"{plural(len(ended), 'line')} in {clean(table.name)}, the report and how to cite "
                f"the data in {clean(summary.name)}; both in {clean(str(summary.parent))}"
            )
