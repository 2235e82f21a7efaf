"""Finished files of all workers, made final together, so that they share the disk's waits."""

import asyncio
import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from preventad_tui.core.commit import Committed, Finished
from preventad_tui.core.engine.pool import Pool
from preventad_tui.core.errors import PreventADError, StorageError
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.ledger import LedgerLine

_MOST_WAITING = 64
_GATHER_S = 0.01

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What one file brings to the commit: a partial with its line, or a line alone.

    Called in the loop: `done` with the line as recorded, or `refused` with why it could not be.
    """

    line: LedgerLine
    finished: Finished | None
    done: Callable[[LedgerLine], None]
    refused: Callable[[PreventADError], None]


class Committer:
    """Collects entries while one commit is on the disk; then commits all of them at once.

    One `fdatasync` of the ledger serves all files of a round. The faster the files come, the
    larger the rounds, and a round that has files already waits a moment for more; a lone file
    waits for nobody.
    """

    def __init__(self, folder: OutputFolder, pool: Pool) -> None:
        self._folder = folder
        self._pool = pool
        self._waiting: list[Entry] = []
        self._round: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Whether everything handed in is settled."""
        return not self._waiting and self._round is None

    async def room(self) -> None:
        """Wait while too many partials are open already."""
        while len(self._waiting) >= _MOST_WAITING:
            self._moved.clear()
            await self._moved.wait()

    def put(self, entry: Entry) -> None:
        """Hand in one file's end."""
        self._waiting.append(entry)
        if self._round is None:
            self._round = asyncio.create_task(self._rounds(), name="commit")

    async def drain(self) -> None:
        """Wait until everything handed in is settled."""
        while self._round is not None:
            await asyncio.wait((self._round,))

    async def _rounds(self) -> None:
        try:
            while self._waiting:
                entries, self._waiting = self._waiting, []
                await self._commit(entries)
                self._moved.set()
                if self._waiting:  # more of them may share the next sync
                    await asyncio.sleep(_GATHER_S)
        finally:
            self._round = None

    async def _commit(self, entries: list[Entry]) -> None:
        files = [entry for entry in entries if entry.finished is not None]
        lines = [entry for entry in entries if entry.finished is None]
        try:
            committed = await self._pool.run(self._write, entries)
        except StorageError as error:
            for entry in entries:
                entry.refused(error)
            return
        except Exception as error:
            self._fault(entries, error)
            return
        for entry, result in zip(files, committed, strict=True):
            if result.error is None:
                entry.done(result.line)
            else:
                entry.refused(result.error)
        for entry in lines:
            entry.done(entry.line)

    def _fault(self, entries: list[Entry], error: Exception) -> None:
        """A fault of this program: these files fail, the run goes on.

        A bad end that cannot be written down is told all the same; the next run tries the file.
        """
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s in a commit\n%s", type(error).__name__, where)
        kind = f"a fault of this program ({type(error).__name__})"
        for entry in entries:
            if entry.finished is not None or entry.line.is_good:
                entry.refused(PreventADError(kind, reason="internal"))
            else:
                entry.done(entry.line)

    def _write(self, entries: list[Entry]) -> list[Committed]:
        finished = [entry.finished for entry in entries if entry.finished is not None]
        lines = [entry.line for entry in entries if entry.finished is None]
        committed = self._folder.commit(finished) if finished else []
        if lines:
            self._folder.record(lines)
        return committed
