"""How a run stands at one moment."""

import time

from preventad_tui.core.engine.board import Board
from preventad_tui.core.engine.crew import Crew
from preventad_tui.core.engine.jobs import Job
from preventad_tui.core.engine.rate import RateLimit, RateMeter
from preventad_tui.core.engine.results import Results
from preventad_tui.core.engine.troubles import Trouble, Troubles
from preventad_tui.core.events import ActiveFile, PauseReason, RunState, Snapshot
from preventad_tui.core.states import FileState


class Gauge:
    """Reads the parts of an engine, in its loop, and makes a snapshot of what they say."""

    def __init__(
        self,
        board: Board,
        crew: Crew,
        results: Results,
        troubles: Troubles,
        rate: RateLimit,
        meter: RateMeter,
    ) -> None:
        self._board = board
        self._crew = crew
        self._results = results
        self._troubles = troubles
        self._rate = rate
        self._meter = meter
        self._started = time.monotonic()

    def read(self, is_paused: bool, is_stopping: bool) -> Snapshot:
        """The snapshot of now."""
        now = time.monotonic()
        board, trouble = self._board, self._troubles.current
        state = _state(is_paused, is_stopping, trouble)
        committing = self._results.committing.values()
        jobs = [*self._crew.active, *committing]
        total, is_estimated, in_the_dark = board.bytes_total(jobs)
        done = board.bytes_done(jobs)
        rate = self._meter.bytes_per_s() if state is RunState.RUNNING else 0.0
        reason, sentence, next_try_s = PauseReason.NONE, "", None
        if trouble is not None:
            reason, sentence = trouble.reason, trouble.sentence
            if trouble.next_try_at is not None:
                next_try_s = max(0.0, trouble.next_try_at - now)
        elif is_paused:
            reason, sentence = PauseReason.USER, "Paused."
        left_s = None
        if rate > 0 and not in_the_dark:
            left_s = max(max(0, total - done) / rate, self._crew.last_retry_s())
        return Snapshot(
            state=state,
            pause_reason=reason,
            sentence=sentence,
            jobs=self._crew.jobs,
            rate_limit=self._rate.bytes_per_s,
            files_total=board.files_total,
            files_skipped=board.files_skipped,
            files_ended=board.files_ended,
            files_queued=board.counts[FileState.QUEUED],
            files_delayed=self._crew.delayed,
            files_failed=board.failed_files,
            bytes_total=total,
            bytes_estimated=is_estimated,
            bytes_unknown=in_the_dark,
            bytes_done=done,
            rate_bytes_per_s=rate,
            left_s=left_s,
            next_try_s=next_try_s,
            waits_since=trouble.since if trouble is not None else None,
            elapsed_s=now - self._started,
            active=(
                *(_active_file(job, job.is_checking) for job in self._crew.active),
                *(_active_file(job, is_checking=True) for job in committing),
            ),
            counts={state: count for state, count in board.counts.items() if count},
        )


def _state(is_paused: bool, is_stopping: bool, trouble: Trouble | None) -> RunState:
    if is_stopping:
        return RunState.STOPPING
    if trouble is not None:
        return RunState.WAITING if trouble.next_try_at is not None else RunState.PAUSED
    return RunState.PAUSED if is_paused else RunState.RUNNING


def _active_file(job: Job, is_checking: bool) -> ActiveFile:
    """A job as the screen shows it; one that is being written is whole and called checking."""
    return ActiveFile(
        path=job.path,
        state=FileState.CHECKING if is_checking else FileState.ACTIVE,
        received_bytes=job.received_bytes,
        size_bytes=job.size_bytes,
        attempt=job.attempts + 1,
    )
