"""One run over a plan: commands in, events and snapshots out, files onto the disk."""

import asyncio
import time
from collections import deque
from dataclasses import replace

from preventad_tui.core.commands import (
    CancelFile,
    Command,
    NewToken,
    Pause,
    Resume,
    RetryFailed,
    SetJobs,
    SetRate,
    Stop,
)
from preventad_tui.core.engine.actions import Actions
from preventad_tui.core.engine.board import Board
from preventad_tui.core.engine.buffers import Buffers
from preventad_tui.core.engine.committer import Committer
from preventad_tui.core.engine.courtesy import Turns, turns_beside_screen
from preventad_tui.core.engine.crew import Crew
from preventad_tui.core.engine.faults import TokenEnded
from preventad_tui.core.engine.gauge import Gauge
from preventad_tui.core.engine.heartbeat import Heartbeat
from preventad_tui.core.engine.jobs import Job, JobQueue, order_of
from preventad_tui.core.engine.notes import note
from preventad_tui.core.engine.outcome import Outcome, left_alone
from preventad_tui.core.engine.pool import Pool
from preventad_tui.core.engine.rate import RateLimit, RateMeter
from preventad_tui.core.engine.results import Results
from preventad_tui.core.engine.settings import EngineSettings
from preventad_tui.core.engine.stamps import Stamps
from preventad_tui.core.engine.summary import summarise
from preventad_tui.core.engine.transfer import Tools
from preventad_tui.core.engine.troubles import Renew, Troubles
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.events import (
    Event,
    Finished,
    Notice,
    Paused,
    PauseReason,
    Resumed,
    RunState,
    Snapshot,
    Summary,
)
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.http import HttpClient
from preventad_tui.core.logfile import crash_sentence, log_crash
from preventad_tui.core.loris import Loris
from preventad_tui.core.plan import Action, Plan
from preventad_tui.core.states import FileState
from preventad_tui.core.text import clean

_SNAPSHOT_S = 0.1
_RETRIED = (FileState.FAILED, FileState.GONE, FileState.FORBIDDEN, FileState.CANCELLED)


class Engine:
    """Brings the files of a plan onto the disk. Lives in one event loop; see `EngineThread`.

    `send`, `snapshot` and `drain_events` may be called from any thread, before, during and after
    the run. `renew` is awaited in the engine's loop.
    """

    def __init__(
        self,
        plan: Plan,
        folder: OutputFolder,
        loris: Loris,
        settings: EngineSettings,
        renew: Renew | None = None,
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._loris = loris
        self._settings = settings
        self._renew = renew
        self._board = Board(plan)
        self._sizes = SizeBook(known=loris.info.server.has_known_sizes)
        self._inbox: deque[Command] = deque()
        self._events: deque[Event] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_paused = False
        self._ended: tuple[ExitCode, str] | None = None
        self._started = time.monotonic()
        self._snapshot = Snapshot(
            jobs=settings.jobs,
            rate_limit=settings.rate_limit,
            files_total=len(plan.items),
            files_skipped=self._board.files_skipped,
            files_queued=len(plan.items) - self._board.files_skipped,
            counts=dict(self._board.counts),
        )

    # From any thread

    def send(self, command: Command) -> None:
        """Give a command; it takes effect in the engine's loop, in order."""
        self._inbox.append(command)
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._obey)
            except RuntimeError:  # the run is over and its loop closed
                pass

    def snapshot(self) -> Snapshot:
        """How things stand, a tenth of a second ago at most."""
        return self._snapshot

    def drain_events(self, limit: int = 500) -> list[Event]:
        """What happened since the last call, oldest first."""
        events: list[Event] = []
        while self._events and len(events) < limit:
            events.append(self._events.popleft())
        return events

    # The run

    async def run(self) -> Summary:
        """Work through the plan; returns when every file came to an end, or at a stop."""
        self._over = asyncio.Event()
        self._started = time.monotonic()
        pool = self._pool = Pool(self._settings.jobs)
        self._rate = RateLimit(self._settings.rate_limit)
        self._meter = RateMeter()
        self._committer = Committer(self._folder, pool)
        self._troubles = Troubles(
            self, self._settings, self._loris, self._folder, pool, self._renew
        )
        self._queue = JobQueue(order_of(self._plan, self._board.indices(FileState.QUEUED)))
        self._crew = Crew(
            self._plan.items,
            self._board,
            self._queue,
            self._settings.jobs,
            self._loris.worker_client,
        )
        identity = self._loris.info.server.identity
        self._results = Results(
            self._crew,
            self._board,
            self._committer,
            self._troubles,
            self.emit,
            self._settings.limits,
            identity,
        )
        limits = self._settings.limits
        buffers = Buffers(limits.batch_bytes)
        turns = turns_beside_screen() if self._settings.gives_way else Turns(None)
        tools = Tools(self._folder, pool, self._rate, self._meter, limits, buffers, turns)
        stamps = Stamps(self._folder, pool, self._plan.items)
        self._actions = Actions(tools, stamps, self._settings, self._is_suspicious)
        self._gauge = Gauge(
            self._board, self._crew, self._results, self._troubles, self._rate, self._meter
        )
        heartbeat = Heartbeat(self._folder.lock, pool, limits.heartbeat_s)
        ticker = asyncio.create_task(self._keep_snapshot(), name="snapshot")
        try:
            self._loop = asyncio.get_running_loop()
            for event in left_alone(self._plan):
                self.emit(event)
            self._crew.report_to(
                self._attempt,
                self._report,
                self._cancelled,
                self._may_start,
                self._look_if_done,
                self.fault,
            )
            self._obey()
            self._crew.pump()
            await self._over.wait()
        finally:
            ticker.cancel()
            await self._crew.close()
            await self._results.close()
            await self._troubles.close()
            await self._committer.drain()
            await heartbeat.close()
        return self._finish()

    async def _attempt(self, client: HttpClient, job: Job) -> Outcome | Exception:
        await self._committer.room()
        token = self._loris.tokens.token
        try:
            return await self._actions.perform(client, job)
        except TokenEnded as error:
            error.is_old = self._loris.tokens.token is not token
            return error
        except Exception as error:
            return error

    def _report(self, job: Job, result: Outcome | Exception) -> None:
        try:
            if isinstance(result, Outcome):
                self._results.good(job, result)
            else:
                self._results.failed(job, result)
        except Exception as error:
            self._results.fault(job, result, error)

    def _cancelled(self, job: Job) -> None:
        try:
            self._results.cancel(job)
        except Exception as error:
            self._results.fault(job, None, error)

    def _is_suspicious(self, job: Job, size_bytes: int) -> bool:
        return self._sizes.is_suspicious(job.item.file, size_bytes)

    def _may_start(self) -> bool:
        return (
            self._ended is None
            and not self._is_paused
            and self._troubles.current is None
            and not self._results.is_looking
        )

    def _look_if_done(self) -> None:
        if self._results.is_idle and self._crew.is_idle:
            self._over.set()

    def _finish(self) -> Summary:
        summary = summarise(self._plan, self._board, self._ended, time.monotonic() - self._started)
        self._read_gauge(is_stopping=True)
        self._snapshot = replace(self._snapshot, state=RunState.FINISHED)
        self.emit(Finished(summary, time.time()))
        return summary

    # What the parts ask for

    def emit(self, event: Event) -> None:
        """Put an event into the queue, and what is bad into the log."""
        self._events.append(event)
        note(event)

    def stop_transfers(self) -> None:
        """Take all files under way back into the queue."""
        self._crew.stop_transfers()

    def go_on(self) -> None:
        """Start transfers again."""
        self._meter.restart()
        self._crew.pump()

    def end(self, exit_code: ExitCode, sentence: str) -> None:
        """End the run now; what is whole is made final, the rest is left for the next run."""
        if self._ended is None:
            self._ended = (exit_code, sentence)
        self._over.set()

    def fault(self, error: BaseException) -> None:
        """A fault of this program that is no single file's: the run ends, all state kept."""
        log_crash(error)
        self.end(ExitCode.INTERNAL, crash_sentence(error))

    # Commands

    def _obey(self) -> None:
        while self._inbox:
            try:
                self._do(self._inbox.popleft())
            except Exception as error:
                self.fault(error)

    def _do(self, command: Command) -> None:
        match command:
            case Pause() if not self._is_paused:
                self._is_paused = True
                self.emit(Paused(PauseReason.USER, "Paused.", time.time()))
                self.stop_transfers()
            case Resume():
                if self._is_paused:
                    self._is_paused = False
                    self.emit(Resumed(time.time()))
                self._troubles.nudge()
                self._queue.hurry()
                self.go_on()
            case CancelFile(path):
                self._cancel_or_take_back(path)
            case RetryFailed():
                self._reopen(self._board.indices(*_RETRIED))
                self._troubles.ask_again()
            case SetJobs(jobs):
                self._crew.set_jobs(jobs)
                self._pool.resize(self._crew.jobs)
            case SetRate(bytes_per_s):
                self._rate.set(bytes_per_s)
                self._meter.restart(bytes_per_s)
            case NewToken(token):
                self._troubles.take_token(token)
            case Stop(exit_code):
                self.end(_exit_code(exit_code), "")

    def _cancel_or_take_back(self, path: str) -> None:
        items = self._plan.items
        for index in (at for at, item in enumerate(items) if item.file.path == path):
            match self._board.state(index):
                case FileState.CANCELLED:
                    self._reopen([index])
                    name = clean(path.rpartition("/")[2])
                    self.emit(Notice(f"{name} is taken back: it will be fetched.", time.time()))
                case FileState.QUEUED | FileState.ACTIVE if index not in self._results.committing:
                    self._crew.leave_out(index)

    def _reopen(self, indices: list[int]) -> None:
        for index in indices:
            if self._plan.items[index].action not in (Action.KEEP, Action.LEAVE):
                self._board.reopen(index)
                self._queue.put_last(index)
        self._crew.pump()

    # The snapshot

    async def _keep_snapshot(self) -> None:
        while True:
            self._read_gauge(is_stopping=self._ended is not None)
            await asyncio.sleep(_SNAPSHOT_S)

    def _read_gauge(self, *, is_stopping: bool) -> None:
        try:
            self._snapshot = self._gauge.read(self._is_paused, is_stopping)
        except Exception as error:  # the screen waits for the next one; the files do not
            log_crash(error)


def _exit_code(number: int) -> ExitCode:
    try:
        return ExitCode(number)
    except ValueError:
        return ExitCode.LEFT
