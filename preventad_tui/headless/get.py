"""`get`: the download without the interface.

What the interface would ask or wait for is decided here: outages are waited out up to a limit,
trouble of the disk or the login ends the run, all state kept.
"""

import asyncio
import time

from preventad_tui.core.commands import Stop
from preventad_tui.core.engine import EngineThread
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import (
    AuthNeeded,
    Event,
    FileEnded,
    FileRetried,
    Finished,
    Notice,
    Paused,
    PauseReason,
    Resumed,
    Snapshot,
    Summary,
)
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.logfile import log_trouble
from preventad_tui.core.plan import Plan
from preventad_tui.core.states import FileState
from preventad_tui.core.text import clean, human_clock, human_duration, human_size, plural
from preventad_tui.headless import plan as planning
from preventad_tui.headless.output import Output
from preventad_tui.headless.session import Session

_POLL_S = 0.2
_LINE_EVERY_S = 30.0
_STOP_LIMIT_S = 4.5
_LISTED = 50


async def run(session: Session) -> int:
    """Download what the options select; run again to go on."""
    settings, output = session.settings, session.output
    output.goes_on_unread = True
    outputdir = planning.needed_outputdir(settings)
    planning.refuse_no_choice(settings)
    if not log_trouble.sentence:
        output.say(f"Log: {clean(str(settings.log_file))}")
    await session.connect(patience_s=session.workspace.limits.give_up_at_start_s, downloads=True)
    folder = session.workspace.open_folder(outputdir, settings.type)
    await session.sign_in()
    index = await session.read_index()
    plan = await planning.make(session, index, folder, is_for_download=True)
    if settings.json:
        planning.write_records(output, plan, with_parts=False)
    planning.say_plan(output, plan, outputdir)
    return await download(session, plan, folder, give_up_after_s=settings.give_up_after_s)


async def download(
    session: Session, plan: Plan, folder: OutputFolder, *, give_up_after_s: float | None
) -> int:
    """Run a plan to its end with lines for people and records for programs; the exit code."""
    return await watch(session, plan, folder, give_up_after_s=give_up_after_s).run()


def watch(
    session: Session, plan: Plan, folder: OutputFolder, *, give_up_after_s: float | None
) -> "Watch":
    """A run of a plan, to be followed to its end."""
    thread = session.workspace.engine(
        plan,
        folder,
        give_up_after_s=give_up_after_s,
        wait_for_storage=False,
        wait_for_login=False,
        gives_way=False,
    )
    return Watch(session, thread)


class Watch:
    """Follows one run to its end: lines for people, records for programs, signals.

    Where the run is not the whole command, the summary's record is the command's own.
    """

    def __init__(
        self, session: Session, thread: EngineThread, *, is_whole_command: bool = True
    ) -> None:
        self._session = session
        self._output: Output = session.output
        self._signals = session.signals
        self._json = session.settings.json
        self._is_whole_command = is_whole_command
        self._thread = thread
        self._bad: list[FileEnded] = []
        self._summary: Summary | None = None
        self._next_line = time.monotonic() + _LINE_EVERY_S

    async def run(self) -> int:
        """Start the engine, follow it, give the exit code of its summary."""
        engine = self._thread.engine
        self._signals.on_stop = self._stop
        self._thread.start()
        try:
            await self._watch()
        except BaseException:
            engine.send(Stop(ExitCode.INTERNAL))
            self._thread.join(_STOP_LIMIT_S)
            raise
        self._output.end_update()
        if self._thread.error is not None:
            raise self._thread.error
        if self._summary is None:
            return self._signals.code or ExitCode.INTERNAL
        self._tell(self._summary)
        return self._summary.exit_code

    @property
    def summary(self) -> Summary | None:
        """How the run ended; None before its end, and where it had none."""
        return self._summary

    def _stop(self, code: ExitCode) -> None:
        if code is ExitCode.SIGINT:
            self._output.end_echo()
        self._thread.engine.send(Stop(code))

    async def _watch(self) -> None:
        engine = self._thread.engine
        stopped_at: float | None = None
        while self._summary is None and self._thread.is_alive:
            await asyncio.sleep(_POLL_S)
            self._follow(engine.drain_events())
            self._show_progress(engine.snapshot())
            self._session.say_log_trouble()
            if self._signals.code is not None:
                stopped_at = stopped_at or time.monotonic()
                if time.monotonic() - stopped_at > _STOP_LIMIT_S:
                    break
        self._thread.join(_STOP_LIMIT_S)
        while events := engine.drain_events():
            self._follow(events)

    def _follow(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case FileEnded():
                    self._file_ended(event)
                case FileRetried():
                    self._output.say(
                        f"{event.path}: {event.message} "
                        f"(attempt {event.attempt} of {event.of}, next in {event.wait_s:.0f} s)"
                    )
                case Paused():
                    self._output.tell(event.sentence)
                    self._record("pause", reason=event.reason.value, sentence=event.sentence)
                case Resumed():
                    self._output.say("Going on.")
                    self._record("resume")
                case AuthNeeded() | Notice():
                    self._output.say(event.sentence)
                case Finished():
                    self._summary = event.summary

    def _file_ended(self, event: FileEnded) -> None:
        if not event.state.is_good:
            self._bad.append(event)
            if event.state is not FileState.CANCELLED:
                self._output.tell(_sentence(event))
        self._record(
            "file",
            path=event.path,
            state=event.state.value,
            reason=event.reason,
            size_bytes=event.size_bytes,
            md5=event.md5,
            seconds=round(event.seconds, 3),
            attempts=event.attempts,
        )

    def _record(self, kind: str, **values: object) -> None:
        if self._json:
            self._output.record(kind, **values)

    def _show_progress(self, snapshot: Snapshot) -> None:
        if self._output.redraws:
            self._output.update(_progress(snapshot))
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _LINE_EVERY_S
            self._output.say(_progress(snapshot))

    def _tell(self, summary: Summary) -> None:
        if len(self._bad) > 1:
            self._output.tell("Not on disk, or not as expected:")
            for event in self._bad[:_LISTED]:
                self._output.tell(f"  {_sentence(event)}")
            if len(self._bad) > _LISTED:
                self._output.tell(
                    f"  and {len(self._bad) - _LISTED:,} more; all are in the ledger."
                )
        self._output.tell(_summary_sentence(summary))
        if not self._is_whole_command:
            return
        self._record(
            "summary",
            exit_code=int(summary.exit_code),
            on_disk=summary.on_disk,
            verified=summary.verified,
            unchanged=summary.unchanged,
            failed=summary.failed,
            gone=summary.gone,
            forbidden=summary.forbidden,
            changed=summary.changed,
            missing=summary.missing,
            outdated=summary.outdated,
            cancelled=summary.cancelled,
            not_done=summary.not_done,
            fetched_files=summary.fetched_files,
            fetched_bytes=summary.fetched_bytes,
            size_bytes=summary.size_bytes,
            seconds=round(summary.seconds, 3),
        )


def _sentence(event: FileEnded) -> str:
    reason = f" ({event.reason})" if event.reason else ""
    return f"{event.path}: {event.state.label}{reason} {event.message}".rstrip()


def _progress(snapshot: Snapshot) -> str:
    if snapshot.pause_reason is PauseReason.OFFLINE and snapshot.waits_since:
        return f"Offline since {human_clock(snapshot.waits_since)}: {snapshot.sentence}"
    if snapshot.sentence:
        return snapshot.sentence
    done = snapshot.files_skipped + snapshot.files_done
    parts = [
        f"{done:,} of {snapshot.files_total:,} files",
        human_size(snapshot.bytes_done),
        f"{human_size(snapshot.rate_bytes_per_s)}/s",
    ]
    if snapshot.left_s is not None:
        parts.append(f"{human_duration(snapshot.left_s)} left")
    if snapshot.files_failed:
        parts.append(f"{snapshot.files_failed:,} failed")
    return ", ".join(parts)


_COUNTED = (
    "verified",
    "unchanged",
    "outdated",
    "changed",
    "missing",
    "failed",
    "gone",
    "forbidden",
    "cancelled",
)


def _summary_sentence(summary: Summary) -> str:
    fetched = f"{plural(summary.fetched_files, 'file')}, {human_size(summary.fetched_bytes)}"
    sentences = [
        summary.sentence,
        f"Fetched in this run: {fetched} in {human_duration(summary.seconds)}.",
    ]
    counts = [f"{count:,} {name}" for name in _COUNTED if (count := getattr(summary, name))]
    if counts:
        sentences.append(f"By state: {summary.on_disk:,} on disk, {', '.join(counts)}.")
    return " ".join(sentences)
