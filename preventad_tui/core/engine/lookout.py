"""Whose fault it was: after faults that may be the server's or the network's, it is looked whether
the server is there, and the files that they met wait for what is found."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from preventad_tui.core.engine.faults import AttemptFailed
from preventad_tui.core.engine.jobs import Job
from preventad_tui.core.errors import PreventADError

log = logging.getLogger(__name__)


class Parked(NamedTuple):
    """A file that waits, the fault that it met, and whether that was its last attempt."""

    job: Job
    fault: AttemptFailed
    is_last: bool


class Lookout:
    """Counts such faults in a row, and looks after `failures` of them, or at once where one is
    doubtful or a file's last. If the server is not there, they cost no attempts."""

    def __init__(
        self,
        probe: Callable[[], Awaitable[PreventADError | None]],
        found: Callable[[list[Parked], PreventADError | None], None],
        failures: int,
    ) -> None:
        """`probe` says what is wrong with the server, `found` is told that and who has waited."""
        self._probe = probe
        self._found = found
        self._failures = failures
        self._in_a_row: list[tuple[Job, bool]] = []
        self._parked: list[Parked] = []
        self._look: asyncio.Task[None] | None = None

    @property
    def is_looking(self) -> bool:
        """Whether it is being found out if the server is there."""
        return self._look is not None

    def server_is_well(self) -> None:
        """It answered as it should: the faults before were not its own."""
        self._in_a_row.clear()

    def takes(self, job: Job, fault: AttemptFailed, *, is_last: bool) -> bool:
        """Count a fault; whether its file waits here until it is known whose it was."""
        self._in_a_row.append((job, fault.counts))
        if not (fault.is_doubtful or is_last or len(self._in_a_row) >= self._failures):
            return False
        self._parked.append(Parked(job, fault, is_last))
        if self._look is None:
            self._look = asyncio.create_task(self._look_for_server(), name="look")
        return True

    async def close(self) -> None:
        """End a look that is under way."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait((self._look,))

    async def _look_for_server(self) -> None:
        error: PreventADError | None = None
        try:
            error = await self._probe()
        except Exception as ours:  # of this program: the files are tried again as if all were well
            log.error("%s while looking for the server", type(ours).__name__)
        finally:
            self._look = None
        faults, self._in_a_row = self._in_a_row, []
        parked, self._parked = self._parked, []
        if error is not None:
            for job, counted in faults:
                job.attempts = max(0, job.attempts - counted)
        self._found(parked, error)
