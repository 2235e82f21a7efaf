"""From the plan that was reviewed to the run: the folder opened, names settled, the engine made."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.plan import Plan, PlanOptions
from preventad_tui.ui.choice import Choice

if TYPE_CHECKING:
    from preventad_tui.core.engine import EngineThread
    from preventad_tui.core.workspace import Workspace


def prepare_run(
    workspace: "Workspace",
    choice: Choice,
    path: Path,
    options: PlanOptions,
    *,
    jobs: int,
    force: bool,
    show: Callable[[str], object],
) -> tuple["EngineThread", Plan]:
    """Open the folder and plan on what is really there; call it in a thread.

    Args:
        show: is told in a sentence what takes long.

    Raises:
        PreventADError: the folder, or the server that was asked for names.
    """
    folder = workspace.open_folder(path, choice.data_type, force=force or workspace.settings.force)
    ledger = folder.ledger
    index = _with_settled_names(workspace, choice, folder, show)
    view = FolderView(ledger.lines, ledger.ends, folder.scan(), folder.free_bytes())
    plan = choice.plan(view, options, index)
    thread = workspace.engine(
        plan,
        folder,
        jobs=jobs,
        check_updates=options.check_updates,
        give_up_after_s=None,
        wait_for_storage=True,
        wait_for_login=True,
    )
    return thread, plan


def _with_settled_names(
    workspace: "Workspace", choice: Choice, folder: OutputFolder, show: Callable[[str], object]
) -> CatalogueIndex:
    """The catalogue with the names that only sidecars tell; asks in a loop of its own."""
    index = choice.index
    if not index.catalogue.stock_notes:
        return index

    def progress(done: int, of: int) -> None:
        show(f"reading the fieldmaps' echo times: {done:,} of {of:,}")

    return asyncio.run(workspace.settle_names(index, choice.selected, folder, progress))
