"""What stands on disk where the server is about to be asked, looked up many files at a time."""

import asyncio
import time
from collections.abc import Callable, Sequence

from preventad_tui.core.disk_view import FileStamp
from preventad_tui.core.engine.jobs import Job
from preventad_tui.core.engine.pool import Pool
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.plan import Action, PlanItem

_AHEAD = 64
_FRESH_S = 5.0


class Stamps:
    """Stamps of files, each used once; a call to the pool for every file would cost a third of
    what asking about it costs."""

    def __init__(
        self,
        folder: OutputFolder,
        pool: Pool,
        items: Sequence[PlanItem],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._pool = pool
        self._items = items
        self._clock = clock
        self._lock = asyncio.Lock()
        self._known: dict[int, FileStamp | None] = {}
        self._looked_at = 0.0

    async def take(self, job: Job) -> FileStamp | None:
        """What stands there, a few seconds ago at most; None for nothing."""
        if not self._is_known(job.index):
            async with self._lock:
                if not self._is_known(job.index):
                    ahead = range(job.index, min(job.index + _AHEAD, len(self._items)))
                    wanted = [at for at in ahead if self._items[at].action is Action.ASK]
                    found = await self._pool.run(self._look, wanted)
                    self._known, self._looked_at = self._known | found, self._clock()
        return self._known.pop(job.index, None)

    def _is_known(self, index: int) -> bool:
        if self._clock() - self._looked_at > _FRESH_S:
            self._known.clear()
        return index in self._known

    def _look(self, indices: list[int]) -> dict[int, FileStamp | None]:
        paths = [self._items[at].file.path for at in indices]
        return dict(zip(indices, map(self._folder.stamps(paths).get, paths), strict=True))
