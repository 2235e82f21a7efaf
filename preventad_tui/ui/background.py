"""What the browser has done behind its back: reading, looking, counting, verifying.

Each piece of work ends in one message to the screen; none of it holds up a key, and what only
some of it needs is imported there, not before the first paint.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message
from textual.worker import get_current_worker

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.errors import PreventADError
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.facts import ImageFacts
from preventad_tui.core.folder_look import FolderLook, look_at_folder
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.model import DataType
from preventad_tui.core.text import clean
from preventad_tui.ui.choice import Choice
from preventad_tui.ui.widgets.totals import DiskTotals

if TYPE_CHECKING:
    from preventad_tui.core.folder import FolderIdentity
    from preventad_tui.core.verify import Finding, VerifyCounts
    from preventad_tui.ui.screens.base import MainScreen

CATALOGUE_GROUP = "catalogue"
LOOK_GROUP = "look"
COUNT_GROUP = "count"
VERIFY_GROUP = "verify"

NO_FOLDER = FolderLook(Path(), FolderView(), clean(""))


@dataclass
class CatalogueRead(Message):
    """A catalogue is there, from the cache or (`is_fresh`) from the server."""

    index: CatalogueIndex
    is_fresh: bool


@dataclass
class CatalogueProgress(Message):
    """How much of the listing has come."""

    what: str
    size_bytes: int


@dataclass
class CatalogueFailed(Message):
    """The server's catalogue could not be read."""

    error: PreventADError


@dataclass
class FolderSeen(Message):
    """What the output folder holds of this choice's catalogue."""

    choice: Choice
    look: FolderLook
    facts: ImageFacts
    sizes: SizeBook


@dataclass
class FilesCounted(Message):
    """What the selection of a moment means in files."""

    choice: Choice
    totals: DiskTotals | None


@dataclass
class VerifyProgress(Message):
    """How far verifying is; `is_over` with the last one, `problem` where it could not go on."""

    counts: "VerifyCounts"
    broken: "tuple[Finding, ...]"
    is_over: bool
    problem: str = ""


class Background:
    """The workers of one screen."""

    def __init__(self, screen: "MainScreen") -> None:
        self._screen = screen
        self._is_counting = False
        self._count_again: Callable[[], None] | None = None

    # The catalogue

    def read_catalogue(self, data_type: DataType, *, cached_first: bool) -> None:
        """Read the catalogue from the server; before that show the one of last time."""
        self._screen.run_worker(
            self._read(data_type, cached_first), group=CATALOGUE_GROUP, exclusive=True
        )

    async def _read(self, data_type: DataType, cached_first: bool) -> None:
        workspace = self._screen.tui.workspace
        cached, index = None, None
        if cached_first:
            cached = await asyncio.to_thread(workspace.cached_catalogue, data_type)
            if cached is not None:
                index = await asyncio.to_thread(CatalogueIndex, cached)
                self._screen.post_message(CatalogueRead(index, is_fresh=False))
        try:
            if cached is not None and cached.newest:
                catalogue = await workspace.refresh_catalogue(cached, self._say_progress)
            else:
                catalogue = await workspace.read_catalogue(data_type, self._say_progress)
        except PreventADError as error:
            self._screen.post_message(CatalogueFailed(error))
            return
        if index is None or catalogue is not cached:
            index = await asyncio.to_thread(CatalogueIndex, catalogue)
        self._screen.post_message(CatalogueRead(index, is_fresh=True))

    def _say_progress(self, what: str, size_bytes: int) -> None:
        self._screen.post_message(CatalogueProgress(what, size_bytes))

    # The folder

    def look(self, choice: Choice, folder: Path | None) -> None:
        """Compare every file of the catalogue with the folder; without one, size them only."""
        self._screen.run_worker(
            lambda: self._look(choice, folder), group=LOOK_GROUP, exclusive=True, thread=True
        )

    def _look(self, choice: Choice, folder: Path | None) -> None:
        look = NO_FOLDER if folder is None else look_at_folder(folder, self._identity(choice))
        facts = choice.read_facts(look.view)
        # The facts hold how each file stands; 53,000 stamps are not kept beside them.
        kept = replace(look, view=replace(look.view, disk=FolderView().disk))
        self._screen.post_message(FolderSeen(choice, kept, *facts))

    def _identity(self, choice: Choice) -> "FolderIdentity":
        from preventad_tui.core.folder import FolderIdentity

        workspace = self._screen.tui.workspace
        return FolderIdentity(workspace.identity, workspace.project, choice.data_type)

    # The files

    def count(self, choice: Choice, free_bytes: int | None) -> None:
        """Count the files of the selection; while it counts, only the last wish is kept."""
        if self._is_counting:
            self._count_again = lambda: self.count(choice, free_bytes)
            return
        self._is_counting = True
        self._screen.run_worker(
            lambda: self._count(choice, free_bytes), group=COUNT_GROUP, thread=True
        )

    def _count(self, choice: Choice, free_bytes: int | None) -> None:
        totals = choice.disk_totals(free_bytes)
        self._screen.app.call_from_thread(self._counted, choice, totals)

    def _counted(self, choice: Choice, totals: DiskTotals | None) -> None:
        self._is_counting = False
        again, self._count_again = self._count_again, None
        if again:
            again()
        else:
            self._screen.post_message(FilesCounted(choice, totals))

    # What is on disk

    def verify(self, choice: Choice, folder: Path) -> None:
        """Check what is on disk against the ledger."""
        self._screen.run_worker(
            lambda: self._verify(choice, folder), group=VERIFY_GROUP, exclusive=True, thread=True
        )

    def _verify(self, choice: Choice, path: Path) -> None:
        from preventad_tui.core.folder import OutputFolder
        from preventad_tui.core.verify import Verdict, VerifyCounts, verify_folder

        counts = VerifyCounts()
        broken: list[Finding] = []
        problem = ""
        worker = get_current_worker()
        try:
            with OutputFolder.open(
                path, self._identity(choice), create=False, read_only=True
            ) as folder:
                for finding in verify_folder(folder, counts=counts):
                    if worker.is_cancelled:
                        return
                    if finding.verdict not in (Verdict.INTACT, Verdict.EXTRA):
                        broken.append(finding)
                    if counts.files_done % 50 == 0:
                        self._screen.post_message(VerifyProgress(counts, (), is_over=False))
        except PreventADError as error:
            problem = str(error)
        self._screen.post_message(VerifyProgress(counts, tuple(broken), True, problem))
