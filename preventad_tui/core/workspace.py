"""What both the interface and the headless commands drive: server, login, catalogue, folder, run.

A rule about how these belong together stands here once. Nothing here asks or prints: what is worth
saying goes to `say`, what only a person can answer raises.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from preventad_tui.core import catalogue_cache
from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.config import MissingFiles
from preventad_tui.core.connection import Connection
from preventad_tui.core.engine import Engine, EngineSettings, EngineThread
from preventad_tui.core.errors import PreventADError
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.folder import FolderIdentity, OutputFolder
from preventad_tui.core.model import Catalogue, DataType
from preventad_tui.core.paths import cache_dir
from preventad_tui.core.plan import FolderView, Plan, PlanOptions, make_plan


class Workspace(Connection):
    """A connection with what is read, put on disk and run over it: one output folder at a time."""

    # The catalogue

    def cached_catalogue(self, data_type: DataType) -> Catalogue | None:
        """The last catalogue of this server and project, as it was then."""
        return catalogue_cache.load(self.identity, self.project, data_type, cache_dir())

    async def read_catalogue(
        self,
        data_type: DataType,
        on_progress: Callable[[str, int], None] = lambda _what, _bytes: None,
    ) -> Catalogue:
        """What the server offers now; kept in the cache for the next start."""
        if not self.project:
            await self.settle_project()
        catalogue = await self._found_loris().read_catalogue(
            data_type, project=self.project, on_progress=on_progress
        )
        try:
            await asyncio.to_thread(catalogue_cache.save, catalogue, cache_dir())
        except PreventADError as error:
            self._say(f"The catalogue is not kept for the next start: {error}")
        return catalogue

    # The folder and the run

    def open_folder(
        self,
        path: Path,
        data_type: DataType,
        *,
        create: bool = True,
        read_only: bool = False,
        force: bool | None = None,
        shard: str | None = None,
    ) -> OutputFolder:
        """Open the output folder for this server's data; closes the one that was open.

        Raises:
            WrongFolder, NotWritable, FolderInUse, StateUnreadable.
        """
        self.close_folder()
        self.folder = OutputFolder.open(
            path,
            FolderIdentity(self.identity, self.project, data_type),
            create=create,
            read_only=read_only,
            force=self.settings.force if force is None else force,
            shard=str(self.settings.shard or "") if shard is None else shard,
            limits=self.limits,
        )
        if self.project:
            self.folder.settle_project(self.project)
        return self.folder

    def size_book(self, data_type: DataType) -> SizeBook:
        """An empty book of sizes for this server."""
        known = self.server is not None and self.server.has_known_sizes
        return SizeBook(known=known, data_type=data_type)

    def plan(
        self,
        index: CatalogueIndex,
        selected: Collection[int],
        folder: OutputFolder | None,
        *,
        missing: MissingFiles | None = None,
        check_updates: bool | None = None,
    ) -> Plan:
        """Compare what is selected with the folder as it is now; without a folder nothing is there.

        What is not given is as in the settings.
        """
        wish = self.settings
        options = PlanOptions(
            missing=missing or wish.missing,
            check_updates=wish.check_updates if check_updates is None else check_updates,
            shard=wish.shard,
        )
        view = FolderView()
        if folder is not None:
            view = FolderView(
                folder.ledger.lines, folder.ledger.ends, folder.scan(), folder.free_bytes()
            )
        sizes = self.size_book(index.catalogue.type)
        return make_plan(index, selected, view, sizes, options)

    def close_folder(self) -> None:
        """Let go of the output folder."""
        if self.folder is not None:
            self.folder.close()
            self.folder = None

    def engine(self, plan: Plan, folder: OutputFolder, **overrides: Any) -> EngineThread:
        """A run over a plan, not started yet; `overrides` are fields of `EngineSettings`."""
        defaults = EngineSettings(
            jobs=self.settings.jobs,
            rate_limit=self.settings.rate_limit,
            check_updates=self.settings.check_updates,
            keep_old=self.settings.keep_old,
            limits=self.limits,
        )
        settings = dataclasses.replace(defaults, **overrides)
        return EngineThread(Engine(plan, folder, self._found_loris(), settings, self.renew))

    async def aclose(self) -> None:
        """End what was started: the folder and the demo server."""
        self.close_folder()
        await self._stop_demo()
