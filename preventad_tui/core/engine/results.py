"""What becomes of a file after each attempt: made final, tried again, or given up."""

import random
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from preventad_tui.core.engine.board import Board
from preventad_tui.core.engine.committer import Committer, Entry
from preventad_tui.core.engine.faults import (
    AttemptFailed,
    FileEnd,
    RepeatPlain,
    Throttled,
    TokenEnded,
)
from preventad_tui.core.engine.jobs import Job
from preventad_tui.core.engine.lookout import Lookout, Parked
from preventad_tui.core.engine.notes import log_fault
from preventad_tui.core.engine.outcome import Outcome, fault_outcome, file_ended, ledger_line
from preventad_tui.core.engine.summary import NOT_ALLOWED
from preventad_tui.core.engine.troubles import Troubles
from preventad_tui.core.errors import (
    DiskFull,
    FolderGone,
    NotWritable,
    PreventADError,
    StorageError,
)
from preventad_tui.core.events import Event, FileRetried
from preventad_tui.core.folder import Finished
from preventad_tui.core.ledger import LedgerLine
from preventad_tui.core.limits import Limits
from preventad_tui.core.long_names import NAME_TOO_LONG
from preventad_tui.core.retry import backoff_s, capped_wait_s
from preventad_tui.core.states import FileState

_MOST_FORBIDDEN = 20
_MOST_DISK_FAULTS = 3

Told = TypeVar("Told")


class Line(Protocol):
    """Where files wait; what results need of it."""

    def again(self, job: Job) -> None:
        """To the front of the line."""

    def later(self, job: Job, wait_s: float) -> None:
        """Into the line after a while."""

    def halve(self) -> None:
        """Fewer transfers at once, for a while."""

    def thrived(self) -> None:
        """A transfer went well; perhaps one more at once."""

    def pump(self) -> None:
        """Start what may start."""


class Results:
    """Judges attempts. Faults that may be the server's or the network's are not the file's at once:
    see `Lookout`."""

    def __init__(
        self,
        line: Line,
        board: Board,
        committer: Committer,
        troubles: Troubles,
        emit: Callable[[Event], None],
        limits: Limits,
        server: str,
    ) -> None:
        self._line = line
        self._board = board
        self._committer = committer
        self._troubles = troubles
        self._emit = emit
        self._limits = limits
        self._server = server
        self._rng = random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._lookout = Lookout(troubles.probe, self._looked, limits.failures_to_offline)
        self._forbidden_in_a_row = 0
        self._refusals = 0
        self._disk_faults = 0
        self.committing: dict[int, Job] = {}

    @property
    def is_looking(self) -> bool:
        """Whether it is being found out if the server is there; nothing starts meanwhile."""
        return self._lookout.is_looking

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way here."""
        return not self.is_looking and not self.committing

    async def close(self) -> None:
        """End what is under way, but for commits."""
        await self._lookout.close()

    # What an attempt brought

    def good(self, job: Job, outcome: Outcome) -> None:
        """The attempt brought the file's end."""
        if outcome.fetched_bytes or outcome.state is FileState.UNCHANGED:
            self._server_is_well()
            self._forbidden_in_a_row = 0
        self._commit(job, outcome)

    def failed(self, job: Job, error: Exception) -> None:
        """The attempt ended in an error."""
        match error:
            case FileEnd():
                self._server_is_well()
                self._commit(job, Outcome(error.state, error.reason, error.message))
                self._count_forbidden(error.state)
            case TokenEnded():
                self._line.again(job)
                if not error.is_old:
                    self._troubles.token_ended()
            case RepeatPlain():
                job.unconditional = True
                self._line.again(job)
            case Throttled():
                self._line.again(job)
                self._line.halve()
                wait_s = capped_wait_s(error.retry_after_s, self._refusals, self._limits)
                self._refusals += 1
                self._troubles.throttled(wait_s, error.message)
            case AttemptFailed():
                self._attempt_failed(job, error)
            case StorageError():
                self._storage_failed(job, error)
            case _:
                self._internal_fault(job, error)

    def fault(self, job: Job, result: Outcome | Exception | None, error: Exception) -> None:
        """Judging an attempt met a fault of this program: the file fails, the run goes on."""
        log_fault("judging", job, error)
        if job.index in self.committing or self._board.state(job.index) is not FileState.ACTIVE:
            return  # it is on its way to its end, or back in the line
        if isinstance(result, Outcome) and result.partial is not None:
            result.partial.discard()
        try:
            self._commit(job, fault_outcome(error))
        except Exception as again:
            self._end_untold(job, again)

    def cancel(self, job: Job) -> None:
        """The user leaves the file out of this run."""
        self._board.move(job.index, FileState.ACTIVE)
        self._commit(job, Outcome(FileState.CANCELLED, "cancelled", "left out of this run"))

    # Faults of the way

    def _attempt_failed(self, job: Job, fault: AttemptFailed) -> None:
        if fault.is_dropped and not job.excused:
            job.excused = True
            self._line.again(job)
            return
        job.attempts += fault.counts
        if fault.md5 and not fault.is_doubtful:
            if fault.md5 == job.bad_md5:
                message = f"came twice with the same bytes: {fault.message}"
                self._give_up(job, "corrupt-at-source", message, counted=fault.counts)
                return
            job.bad_md5 = fault.md5
        is_last = fault.is_final or job.attempts >= self._limits.attempts
        may_be_the_way = fault.is_outage or fault.is_doubtful
        if not (may_be_the_way and self._lookout.takes(job, fault, is_last=is_last)):
            self._retry(job, fault, is_last=is_last)

    def _looked(self, parked: list[Parked], error: PreventADError | None) -> None:
        """It is known whether the server is there: what becomes of the files that waited for it."""
        for job, fault, is_last in parked:
            if error is not None:
                self._line.again(job)
                continue
            try:
                self._retry(job, fault, is_last=is_last)
            except Exception as ours:
                self.fault(job, None, ours)
        if error is not None:
            self._troubles.offline(error)
        self._line.pump()

    def _retry(self, job: Job, fault: AttemptFailed, *, is_last: bool) -> None:
        if is_last:
            self._give_up(job, fault.reason, fault.message, counted=fault.counts)
            return
        wait_s = backoff_s(job.attempts, self._limits, self._rng)
        self._emit(
            FileRetried(
                path=job.path,
                reason=fault.reason,
                message=fault.message,
                attempt=job.attempts + 1,
                of=self._limits.attempts,
                wait_s=wait_s,
                at=time.time(),
            )
        )
        self._line.later(job, wait_s)

    def _give_up(self, job: Job, reason: str, message: str, *, counted: bool = False) -> None:
        job.attempts -= counted  # the end that the last attempt led to counts it
        self._commit(job, Outcome(FileState.FAILED, reason, message))

    def _server_is_well(self) -> None:
        self._lookout.server_is_well()
        self._refusals = 0
        self._troubles.token_works()
        self._line.thrived()

    def _count_forbidden(self, state: FileState) -> None:
        if state is not FileState.FORBIDDEN:
            return
        self._forbidden_in_a_row += 1
        if self._forbidden_in_a_row > _MOST_FORBIDDEN and not self._board.fetched_files:
            self._forbidden_in_a_row = 0
            self._troubles.no_permission(NOT_ALLOWED)

    # Faults of the disk and of ours

    def _storage_failed(self, job: Job, error: StorageError) -> None:
        if error.reason == "too-many-open":
            self._line.halve()
            self._line.later(job, self._limits.backoff_first_s)
            return
        if error.reason == "changed":
            self._commit(job, Outcome(FileState.CHANGED, "changed", error.message))
            return
        if error.reason in ("occupied", "other-device", NAME_TOO_LONG):
            self._give_up(job, error.reason, str(error))
            return
        if not isinstance(error, DiskFull | NotWritable | FolderGone):
            self._disk_faults += 1
            if self._disk_faults < _MOST_DISK_FAULTS:
                self._line.later(job, self._limits.backoff_first_s)
                return
            self._disk_faults = 0
        self._line.again(job)
        self._troubles.storage(error, job.size_bytes or job.item.size_bytes or 0)

    def _internal_fault(self, job: Job, error: Exception) -> None:
        log_fault("fetching", job, error)
        self._commit(job, fault_outcome(error))

    def _end_untold(self, job: Job, error: Exception) -> None:
        """A file whose end cannot be judged or told: counted as failed, whatever the ledger has;
        the next run finds out."""
        log_fault("ending", job, error)
        if self._board.state(job.index) is FileState.ACTIVE:
            self._board.end(job.index, FileState.FAILED, 0, 0)

    # Making it final

    def _commit(self, job: Job, outcome: Outcome) -> None:
        line = ledger_line(outcome, job, self._server)
        finished = None
        if outcome.partial is not None:
            finished = Finished(
                outcome.partial, line, outcome.replace, outcome.present, outcome.keep_old
            )

        def done(recorded: LedgerLine) -> None:
            self._disk_faults = 0
            self._board.end(job.index, outcome.state, outcome.size_bytes, outcome.fetched_bytes)
            self._emit(file_ended(outcome, job))

        def refused(error: PreventADError) -> None:
            if outcome.partial is not None:
                outcome.partial.discard()
            if isinstance(error, StorageError):
                self._storage_failed(job, error)
            else:
                self._give_up(job, error.reason or "storage", error.message)

        self.committing[job.index] = job
        self._committer.put(
            Entry(
                line,
                finished,
                lambda recorded: self._settle(job, done, recorded),
                lambda error: self._settle(job, refused, error),
            )
        )

    def _settle(self, job: Job, step: Callable[[Told], None], told: Told) -> None:
        del self.committing[job.index]
        try:
            step(told)
        except Exception as error:
            self._end_untold(job, error)
        self._line.pump()
