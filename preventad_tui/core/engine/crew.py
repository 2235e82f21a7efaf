"""The transfers under way: started, stopped, and never more at once than allowed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from preventad_tui.core.engine.board import Board
from preventad_tui.core.engine.jobs import Job, JobQueue
from preventad_tui.core.engine.outcome import Outcome
from preventad_tui.core.http import HttpClient
from preventad_tui.core.plan import PlanItem
from preventad_tui.core.setting_values import MAX_JOBS
from preventad_tui.core.states import FileState

Attempt = Callable[[HttpClient, Job], Awaitable[Outcome | Exception]]
"""One attempt at one file; raises nothing but CancelledError."""

_GOOD_FOR_ONE_MORE = 4


@dataclass(slots=True)
class _Hand:
    """What one task has in hand: its client (None before its first step), and its file."""

    client: HttpClient | None
    job: Job | None


class Crew:
    """Up to `jobs` tasks, each with its own client, taking files from one line.

    A connection pool shared by all would cost more with every connection; a client each does not.
    After a 429 only half of the crew works; one comes back for every few files that went well.
    """

    def __init__(
        self,
        items: tuple[PlanItem, ...],
        board: Board,
        queue: JobQueue,
        jobs: int,
        new_client: Callable[[], HttpClient],
    ) -> None:
        self._items = items
        self._board = board
        self._queue = queue
        self._new_client = new_client
        self._allowed = self.jobs = _in_range(jobs)
        self._thrived = 0
        self._waiting: dict[int, Job] = {}
        self._active: dict[int, tuple[Job, asyncio.Task[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle_clients: list[HttpClient] = []
        self._timer: asyncio.TimerHandle | None = None
        self._cancelled_by_user: set[int] = set()

    def report_to(
        self,
        attempt: Attempt,
        report: Callable[[Job, Outcome | Exception], None],
        cancelled: Callable[[Job], None],
        may_start: Callable[[], bool],
        on_idle: Callable[[], None],
        on_fault: Callable[[BaseException], None],
    ) -> None:
        """Before anything else: what makes an attempt, and who is told what came of it.

        `on_fault` hears of a task that a fault of this program has ended.
        """
        self._attempt = attempt
        self._report = report
        self._cancelled = cancelled
        self._may_start = may_start
        self._on_idle = on_idle
        self._on_fault = on_fault

    @property
    def active(self) -> list[Job]:
        """The files on their way."""
        return [job for job, _ in self._active.values()]

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way or waits."""
        return not self._active and not len(self._queue)

    def pump(self) -> None:
        """Start what may start; to be called whenever that may have changed. Never raises."""
        try:
            self._start_what_may()
        except Exception as error:
            self._on_fault(error)

    def _start_what_may(self) -> None:
        while len(self._tasks) < self._allowed and (job := self._next()) is not None:
            hand = _Hand(self._idle_clients.pop() if self._idle_clients else None, job)
            task = asyncio.create_task(self._work(hand), name="transfer")
            task.add_done_callback(partial(self._ended, hand))
            self._tasks.add(task)
            self._active[job.index] = (job, task)
        self._set_timer()
        if self.is_idle:
            self._on_idle()

    def set_jobs(self, jobs: int) -> None:
        """How many at once; those too many end after the file that they are at."""
        self._allowed = self.jobs = _in_range(jobs)
        self.pump()

    def halve(self) -> None:
        """Half as many at once, for a while."""
        self._allowed = max(1, self._allowed // 2)
        self._thrived = 0

    def thrived(self) -> None:
        """A transfer went well; some of those in a row bring one task back."""
        if self._allowed >= self.jobs:
            return
        self._thrived += 1
        if self._thrived >= _GOOD_FOR_ONE_MORE * self._allowed:
            self._allowed += 1
            self._thrived = 0

    @property
    def delayed(self) -> int:
        """How many files wait for their next attempt."""
        return self._queue.delayed

    def last_retry_s(self) -> float:
        """How long it is until the last retry that is known of is due."""
        due = self._queue.last_delayed_at()
        return 0.0 if due is None else max(0.0, due - time.monotonic())

    def again(self, job: Job) -> None:
        """To the front of the line."""
        self._wait(job)
        self._queue.put_first(job.index)

    def later(self, job: Job, wait_s: float) -> None:
        """Into the line after a while."""
        self._wait(job)
        self._queue.put_later(job.index, time.monotonic() + wait_s)
        self.pump()

    def stop_transfers(self) -> None:
        """Break off all transfers; their files go back to the front of the line."""
        for _, task in self._active.values():
            task.cancel()

    def leave_out(self, index: int) -> None:
        """Take a waiting file out of the line, or break off its transfer."""
        if index in self._active:
            self._cancelled_by_user.add(index)
            self._active[index][1].cancel()
        else:
            self._queue.remove(index)
            self._cancelled(self._job(index))

    async def close(self) -> None:
        """End all transfers and connections."""
        if self._timer is not None:
            self._timer.cancel()
        self.stop_transfers()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for client in self._idle_clients:
            await client.aclose()

    async def _work(self, hand: _Hand) -> None:
        task = asyncio.current_task()
        assert task is not None
        client = hand.client = hand.client or self._new_client()
        while (job := hand.job) is not None:
            result = await self._attempt(client, job)
            del self._active[job.index]
            hand.job = None
            self._report(job, result)
            hand.job = self._next() if len(self._tasks) <= self._allowed else None
            if hand.job is not None:
                self._active[hand.job.index] = (hand.job, task)

    def _ended(self, hand: _Hand, task: asyncio.Task[None]) -> None:
        """Told of every task's end; one that was cancelled before its first step ran no code."""
        self._tasks.discard(task)
        if hand.client is not None:
            self._idle_clients.append(hand.client)
        fault = None if task.cancelled() else task.exception()
        if hand.job is not None:
            self._active.pop(hand.job.index, None)
            if hand.job.index in self._cancelled_by_user:
                self._cancelled_by_user.discard(hand.job.index)
                self._cancelled(hand.job)
            else:
                self.again(hand.job)
        if fault is not None:
            self._on_fault(fault)
        self.pump()

    def _next(self) -> Job | None:
        if not self._may_start():
            return None
        index = self._queue.next_ready(time.monotonic())
        if index is None:
            return None
        job = self._job(index)
        job.started = job.started or time.monotonic()
        job.received_bytes, job.size_bytes = 0, None
        self._board.move(index, FileState.ACTIVE)
        return job

    def _job(self, index: int) -> Job:
        waiting = self._waiting.pop(index, None)
        return waiting if waiting is not None else Job(index, self._items[index])

    def _wait(self, job: Job) -> None:
        self._waiting[job.index] = job
        self._board.move(job.index, FileState.QUEUED)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._queue.next_delayed_at()
        if due is not None and self._may_start() and len(self._tasks) < self._allowed:
            delay_s = max(0.0, due - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self.pump)


def _in_range(jobs: int) -> int:
    return max(1, min(jobs, MAX_JOBS))
