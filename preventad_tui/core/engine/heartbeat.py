"""The run's sign of life in its folder, while an engine runs there."""

import asyncio

from preventad_tui.core.engine.pool import Pool
from preventad_tui.core.folder_lock import FolderLock


class Heartbeat:
    """Beats on the pool, so that the folder's own thread for it need not be there meanwhile."""

    def __init__(self, lock: FolderLock, pool: Pool, every_s: float) -> None:
        self._lock = lock
        self._pool = pool
        self._every_s = every_s
        lock.stop_beating()
        self._task = asyncio.create_task(self._beat(), name="heartbeat")

    async def close(self) -> None:
        """Close the pool, on which nothing else is at work any more, and leave it to the folder."""
        self._task.cancel()
        await asyncio.wait((self._task,))
        self._pool.close()
        self._lock.start_beating()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self._pool.run(self._lock.beat)
