"""Shows all that is known of the tree's row: of an image its files, of a branch its sums."""

import json
from typing import TYPE_CHECKING, Any

from preventad_tui.core.folder_look import FolderLook
from preventad_tui.core.layout import image_files
from preventad_tui.core.modality import modality_label
from preventad_tui.core.model import FileKind, Image, PlannedFile
from preventad_tui.core.outline import Row
from preventad_tui.core.regions import Mask, indices_of, mask_and
from preventad_tui.core.states import FileState
from preventad_tui.core.text import clean
from preventad_tui.ui.branch_text import BranchFacts, branch_lines
from preventad_tui.ui.choice import Choice
from preventad_tui.ui.details_text import Evidence, details_lines, sidecar_lines, table_lines
from preventad_tui.ui.screens.details import DetailsModal
from preventad_tui.ui.widgets.line_list import Line
from preventad_tui.ui.widgets.totals import DiskTotals

if TYPE_CHECKING:
    from preventad_tui.ui.screens.browser import BrowserScreen

_SIDECAR_BYTES = 1_000_000


class DetailsView:
    """The browser's way to the details; files are read in a thread, the disk may be slow."""

    def __init__(self, screen: "BrowserScreen") -> None:
        self._screen = screen

    def show(self, row: Row, choice: Choice, look: FolderLook) -> None:
        """Show what is known of a row."""
        if row.is_of_tables:
            self._show_tables(row, choice, look)
            return
        if row.image_index is None:
            app = self._screen.app
            lines = branch_lines(facts_of_branch(row, choice), app.size.width - 2)
            app.push_screen(DetailsModal(_title(row), lines))
            return
        image = choice.index.images[row.image_index]
        self._screen.run_worker(
            lambda: self._show_image(image, choice, look), thread=True, group="details"
        )

    def _evidence(self, look: FolderLook) -> Evidence:
        run = self._screen.tui.bridge.run
        return Evidence(ledger=look.view.ends, ends=run.ends if run else {})

    def _show_tables(self, row: Row, choice: Choice, look: FolderLook) -> None:
        tables, evidence = choice.index.tables, self._evidence(look)
        facts = [evidence.facts(tables.files[at]) for at in tables.inside(row.key)]
        self._screen.app.push_screen(DetailsModal(clean(row.label), table_lines(facts)))

    def _show_image(self, image: Image, choice: Choice, look: FolderLook) -> None:
        evidence = self._evidence(look)
        files = image_files(image, choice.data_type)
        facts = [evidence.facts(file) for file in files]
        lines = details_lines(image, facts)
        for file, fact in zip(files, facts, strict=True):
            if file.kind is FileKind.JSON and fact.state.is_good:
                lines.extend(self._read_sidecar(file, look))
        modal = DetailsModal(image.name, lines)
        self._screen.app.call_from_thread(self._screen.app.push_screen, modal)

    def _read_sidecar(self, file: PlannedFile, look: FolderLook) -> list[Line]:
        """What a JSON file on disk says; nothing where it cannot be read any more."""
        path = look.path.joinpath(*file.path.split("/"))
        try:
            with path.open("rb") as stream:
                said: Any = json.loads(stream.read(_SIDECAR_BYTES))
        except (OSError, ValueError):
            return []
        return sidecar_lines(clean(path.name), said) if isinstance(said, dict) else []


def _title(row: Row) -> str:
    """`sub-1024138 ses-PREBL00 bold (rest)`."""
    key = row.key
    named = (
        f"sub-{key.candidate}" if key.candidate else "",
        f"ses-{key.visit}" if key.visit else "",
        modality_label(key.modality) if key.modality else "",
    )
    return clean(" ".join(name for name in named if name))


def _files_of(images: Mask, choice: Choice) -> DiskTotals | None:
    """The images' own files and side files, without those of sessions and study."""
    if choice.facts is None:
        return None
    amounts = [choice.facts.amounts[image] for image in indices_of(images)]
    return DiskTotals(
        files=sum(amount.files for amount in amounts),
        size_bytes=sum(amount.size_bytes for amount in amounts),
        on_disk_files=sum(amount.on_disk_files for amount in amounts),
        on_disk_bytes=sum(amount.on_disk_bytes for amount in amounts),
        estimated=any(amount.estimated_files for amount in amounts),
        unknown_files=sum(amount.unknown_files for amount in amounts),
    )


def facts_of_branch(row: Row, choice: Choice) -> BranchFacts:
    """What the images below a branch add up to, and where they stand."""
    regions = choice.index.regions
    members = regions.mask(row.key)
    states: dict[FileState, int] = {}
    if choice.facts is not None:
        for image in indices_of(members):
            state = choice.facts.state(image)
            states[state] = states.get(state, 0) + 1
    parts = []
    for modality, mask in regions.modality_masks.items():
        here = mask_and(members, mask)
        if count := here.count(1):
            chosen = mask_and(here, choice.selection.selected).count(1)
            parts.append((modality, count, chosen, _files_of(here, choice)))
    return BranchFacts(
        choice.totals_of(members),
        choice.files_totals(members),
        choice.files_totals(mask_and(members, choice.selection.selected)),
        states,
        tuple(parts),
    )
