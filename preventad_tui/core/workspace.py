"""What both the interface and the headless commands drive: server, login, catalogue, folder, run.

A rule about how these belong together stands here once. Nothing here asks or prints: what is worth
saying goes to `say`, what only a person can answer raises. What only a folder, a plan or a run
needs is imported there: the first paint of the browser does not wait for it.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from preventad_tui.core import catalogue_cache
from preventad_tui.core.before_account import BeforeAccount
from preventad_tui.core.catalogue import CatalogueIndex, age_s, new_images, since_newest
from preventad_tui.core.config import MissingFiles
from preventad_tui.core.echo_times import (
    EchoTimes,
    Keeper,
    ask_echo_times,
    find_pairs,
    keep_answers,
    load_answers,
)
from preventad_tui.core.errors import PreventADError
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.ledger_line import LedgerLine
from preventad_tui.core.model import Catalogue, DataType
from preventad_tui.core.paths import cache_dir, digests_dir, free_bytes_at
from preventad_tui.core.server import DEMO
from preventad_tui.core.text import plural

if TYPE_CHECKING:
    from preventad_tui.core.engine import EngineThread
    from preventad_tui.core.folder import OutputFolder
    from preventad_tui.core.plan import Plan

_WHOLE_EVERY_S = 86_400.0


class Workspace(BeforeAccount):
    """A connection with what is read, put on disk and run over it: one output folder at a time."""

    # The catalogue

    @property
    def _cache_dir(self) -> Path:
        """Where catalogues are cached; the demo's studies are several under one identity."""
        if self.identity != DEMO:
            return cache_dir()
        settings = self.settings
        return cache_dir() / f"demo-{settings.demo_size}-{settings.demo_generation}"

    def cached_catalogue(self, data_type: DataType) -> Catalogue | None:
        """The last catalogue of this server and project, as it was then."""
        if self.is_without_account:
            return None
        return catalogue_cache.load(self.identity, self.project, data_type, self._cache_dir)

    async def read_catalogue(
        self,
        data_type: DataType,
        on_progress: Callable[[str, int], None] = lambda _what, _bytes: None,
    ) -> Catalogue:
        """What the server offers now; kept in the cache for the next start.

        Raises:
            UsageError: the clone that `--catalogue` names is none.
            PreventADError: as `Loris.read_catalogue`.
        """
        if (published := await self.read_clone(data_type)) is not None:
            return published
        if not self.project:
            await self.settle_project()
        catalogue = await self._found_loris().read_catalogue(
            data_type, project=self.project, on_progress=on_progress
        )
        known = await asyncio.to_thread(load_answers, self.identity, self.project, self._cache_dir)
        if known:
            everything = range(len(catalogue.images))
            pairs = await asyncio.to_thread(find_pairs, catalogue, everything, known, {})
            catalogue = pairs.apply(catalogue)
        try:
            await asyncio.to_thread(catalogue_cache.save, catalogue, self._cache_dir)
        except PreventADError as error:
            self._say(f"The catalogue is not kept for the next start: {error}")
        return catalogue

    async def refresh_catalogue(
        self,
        known: Catalogue,
        on_progress: Callable[[str, int], None] = lambda _what, _bytes: None,
    ) -> Catalogue:
        """The catalogue again: `known` itself where the server has no image that it lacks.

        That costs one small request. What was removed shows only in the whole catalogue, which is
        read when there is something new, when `known` is older than a day, and whenever
        `read_catalogue` is called.
        """
        if known.newest and age_s(known) < _WHOLE_EVERY_S:
            listing = await self._found_loris().read_new_images(
                known.project, since_newest(known), on_progress=on_progress
            )
            if not new_images(known, listing):
                return known
        return await self.read_catalogue(known.type, on_progress)

    async def settle_names(
        self,
        index: CatalogueIndex,
        selected: Collection[int],
        folder: "OutputFolder | None",
        on_progress: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> CatalogueIndex:
        """The index with the right names of the selected fieldmap pairs of a stock server.

        Indices stay as they are. `on_progress` gets the sidecars read and how many there are to
        read; nothing is asked where ledger or cache know the pairs (`core.echo_times`).

        Raises:
            TokenRejected, Unreachable, ServerError: the sidecars cannot be asked for.
        """
        place = self.identity, index.catalogue.project, self._cache_dir
        lines = folder.ledger.lines if folder else {}
        answers = await asyncio.to_thread(load_answers, *place)
        pairs = await asyncio.to_thread(find_pairs, index.catalogue, selected, answers, lines)
        catalogue = index.catalogue
        if links := pairs.links_to_ask(catalogue, answers):
            keeper = Keeper(answers, lambda: self._keep_echo_times(answers))

            def on_answer(link: str, echo_s: float | None) -> None:
                keeper.add(link, echo_s)
                on_progress(keeper.count, len(links))

            try:
                async with self._found_loris().worker_client() as client:
                    unread = await ask_echo_times(
                        client,
                        links,
                        at_once=self.settings.jobs,
                        limits=self.limits,
                        on_answer=on_answer,
                    )
            finally:
                keeper.keep()
            if unread:
                note = f"{plural(unread, 'sidecar')} of fieldmaps not readable: named by number"
                notes = (*catalogue.stock_notes, note)
                catalogue = dataclasses.replace(catalogue, stock_notes=notes)
        pairs.settle(catalogue, answers)
        settled = pairs.apply(catalogue)
        return index if settled is index.catalogue else CatalogueIndex(settled)

    def _keep_echo_times(self, answers: EchoTimes) -> None:
        try:
            keep_answers(answers, self.identity, self.project, self._cache_dir)
        except PreventADError as error:
            self._say(f"The fieldmaps' echo times are not kept for the next run: {error}")

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
    ) -> "OutputFolder":
        """Open the output folder for this server's data; closes the one that was open.

        Raises:
            WrongFolder, NotWritable, FolderInUse, StateUnreadable.
            NoCredentials: it is to be written to, and there is no account.
        """
        if self.is_without_account and not read_only:
            raise self.no_account()
        from preventad_tui.core.digest_copy import restore
        from preventad_tui.core.folder import FolderIdentity, OutputFolder

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
        if lost := restore(self.folder, digests_dir()):
            self._say(
                f"The folder's ledger had lost {plural(lost, 'file')}; "
                "they are known again from the copy in your state folder."
            )
        return self.folder

    def size_book(self) -> SizeBook:
        """A book of sizes for this server: the clone's, and the published medians where known."""
        known = self.server is not None and self.server.has_known_sizes
        return SizeBook(known=known, published=self.published_sizes)

    def plan(
        self,
        index: CatalogueIndex,
        selected: Collection[int],
        folder: "OutputFolder | None",
        *,
        tables: Collection[str] = (),
        missing: MissingFiles | None = None,
        check_updates: bool | None = None,
    ) -> "Plan":
        """Compare what is selected with the folder as it is now; without a folder nothing is there.

        What is not given is as in the settings.
        """
        from preventad_tui.core.plan import PlanOptions, make_plan

        wish = self.settings
        options = PlanOptions(
            missing=missing or wish.missing,
            check_updates=wish.check_updates if check_updates is None else check_updates,
            shard=wish.shard,
        )
        path = wish.outputdir
        view = FolderView(
            self._removed(index.catalogue.type), free_bytes=free_bytes_at(path) if path else None
        )
        if folder is not None:
            view = FolderView(
                folder.ledger.lines, folder.ledger.ends, folder.scan(), folder.free_bytes()
            )
        sizes = self.size_book()
        return make_plan(index, selected, view, sizes, options, tables)

    def _removed(self, data_type: DataType) -> dict[str, LedgerLine]:
        """What an output folder held that is all gone; it is not made for a plan."""
        from preventad_tui.core.digest_copy import is_of, lost_folder
        from preventad_tui.core.folder import FolderIdentity

        path = self.settings.outputdir
        copy = lost_folder(path, digests_dir()) if path and not path.exists() else None
        if copy is None or not is_of(copy, FolderIdentity(self.identity, self.project, data_type)):
            return {}
        return {line.path: line for line in copy.lines}

    def close_folder(self) -> None:
        """Let go of the output folder."""
        if self.folder is not None:
            from preventad_tui.core.digest_copy import save_copy

            save_copy(self.folder, digests_dir())
            self.folder.close()
            self.folder = None

    def engine(self, plan: "Plan", folder: "OutputFolder", **overrides: Any) -> "EngineThread":
        """A run over a plan, not started yet; `overrides` are fields of `EngineSettings`."""
        from preventad_tui.core.engine import Engine, EngineSettings, EngineThread

        defaults = EngineSettings(
            jobs=self.settings.jobs,
            rate_limit=self.settings.rate_limit,
            check_updates=self.settings.check_updates,
            keep_old=self.settings.keep_old,
            limits=self.limits,
        )
        settings = dataclasses.replace(defaults, **overrides)
        engine = Engine(plan, folder, self._found_loris(), settings, self.renew)
        return EngineThread(engine, gives_way=settings.gives_way)

    async def aclose(self) -> None:
        """End what was started: the folder and the demo server."""
        self.close_folder()
        await self._stop_demo()
