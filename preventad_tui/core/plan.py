"""The plan: what a selection means, compared with what is on disk. It asks and writes nothing.

make_plan
├── layout.files_of_images   which files the images mean
├── twins.beside_twins       which of them this disk cannot hold side by side
├── _choose                  ledger line and disk -> what is to be done about a file
└── plan_sums                totals and parts that add up
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from hashlib import md5, sha256
from itertools import chain
from typing import TYPE_CHECKING

from preventad_tui.core.config import MissingFiles, Shard
from preventad_tui.core.disk_view import DiskView, Presence, script_tags
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.fieldmaps import left_out_fieldmaps
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.layout import files_of_images
from preventad_tui.core.ledger_line import LedgerLine
from preventad_tui.core.long_names import NAME_TOO_LONG, too_long
from preventad_tui.core.model import FileRole, PlannedFile
from preventad_tui.core.plan_items import Action, Plan, PlanItem, PlanPart, PlanTotals
from preventad_tui.core.plan_sums import parts_of, totals_of
from preventad_tui.core.states import BAD, FileState
from preventad_tui.core.text import plural
from preventad_tui.core.twins import SAME_NAME, beside_twins

if TYPE_CHECKING:
    from preventad_tui.core.catalogue import CatalogueIndex

__all__ = [
    "Action",
    "Plan",
    "PlanItem",
    "PlanOptions",
    "PlanPart",
    "PlanTotals",
    "is_in_shard",
    "make_plan",
    "survey",
]

_ASKED_AGAIN = frozenset({FileRole.IMAGE, FileRole.SIDE, FileRole.SCANS})


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the user wants done about files on disk, and which part of a job array this is."""

    missing: MissingFiles = MissingFiles.FETCH
    check_updates: bool = False
    shard: Shard | None = None


def make_plan(
    index: "CatalogueIndex",
    selected: Collection[int],
    folder: FolderView,
    sizes: SizeBook,
    options: PlanOptions | None = None,
    tables: Collection[str] = (),
) -> Plan:
    """Compare the files of the selected images with the folder's ledger and disk.

    `tables` names those of the data releases that are selected (`VERSION/FILE`). `sizes` learns
    from the files that are on disk.
    """
    options = options or PlanOptions()
    files: Iterable[PlannedFile] = chain(
        files_of_images(index.catalogue, selected), index.tables.files_of(tables)
    )
    files = list(files)
    twins, twins_note = beside_twins(files, folder.lines, folder.disk)
    long, long_note = too_long(files, folder.disk)
    if options.shard:
        wanted = set(selected)
        files = _of_shard(index, files, options.shard)
        selected = [
            at
            for place, span in index.by_session.items()
            if is_in_shard(*place, options.shard)
            for at in span
            if at in wanted
        ]
    items = survey(files, folder, sizes, options)
    if twins:
        items = tuple(_left_out(item, twins, SAME_NAME) for item in items)
    if long:
        items = tuple(_left_out(item, long, NAME_TOO_LONG) for item in items)
    fieldmaps = tuple(left_out_fieldmaps(index.regions, selected))
    sessions = {(index.images[at].candidate, index.images[at].visit) for at in selected}
    totals = totals_of(
        items,
        candidates=len({candidate for candidate, _ in sessions}),
        sessions=len(sessions),
        images=len(selected),
        free_bytes=folder.free_bytes,
    )
    server_notes = index.catalogue.stock_notes if selected else ()
    about_folder = tuple(filter(None, (twins_note, long_note, _script_note(folder.disk))))
    notes = (*_notes(totals, fieldmaps), *about_folder, *server_notes)
    return Plan(items, totals, parts_of(items), notes, fieldmaps, about_folder)


def survey(
    files: Iterable[PlannedFile],
    folder: FolderView,
    sizes: SizeBook,
    options: PlanOptions | None = None,
) -> tuple[PlanItem, ...]:
    """How each file stands and what is to be done about it; `sizes` learns on the way."""
    return tuple(survey_one_by_one(files, folder, sizes, options))


def survey_one_by_one(
    files: Iterable[PlannedFile],
    folder: FolderView,
    sizes: SizeBook,
    options: PlanOptions | None = None,
) -> Iterator[PlanItem]:
    """The same without keeping the items, as far as `sizes` need not see them all first."""
    options = options or PlanOptions()
    chosen: Iterable[PlanItem] = (_choose(file, folder, options) for file in files)
    if sizes.learns:
        chosen = list(chosen)
        for item in chosen:
            if item.size_bytes is not None and item.action in (Action.KEEP, Action.ASK):
                sizes.learn(item.file, item.size_bytes)
    for item in chosen:
        yield _with_size(item, sizes)


def is_in_shard(candidate: str, visit: str, shard: Shard) -> bool:
    """Whether a session belongs to this part: the same on every host, whatever is selected."""
    number = int(sha256(f"{candidate}/{visit}".encode()).hexdigest()[:8], 16)
    return number % shard.parts + 1 == shard.part


def _of_shard(
    index: "CatalogueIndex", files: Iterable[PlannedFile], shard: Shard
) -> Iterator[PlannedFile]:
    """This part's files: candidate.json goes with the candidate's first visit by label."""
    answers: dict[tuple[str, str], bool] = {}
    for file in files:
        if not file.candidate:
            yield file
            continue
        visit = file.visit or index.images[index.by_candidate[file.candidate][0]].visit
        place = (file.candidate, visit)
        if place not in answers:
            answers[place] = is_in_shard(*place, shard)
        if answers[place]:
            yield file


def _choose(file: PlannedFile, folder: FolderView, options: PlanOptions) -> PlanItem:
    """What is to be done about one file, by its ledger line and its stamp on disk."""
    path = file.path
    line = folder.lines.get(path)
    if line is None:
        return _without_line(file, folder)
    size, etag = line.size_bytes, line.etag
    match folder.disk.compare(line):
        case Presence.SAME:
            if _is_rewritten(file, line):
                return PlanItem(file, Action.ASK, FileState.OUTDATED, size, False)
            if options.check_updates and file.role is FileRole.RELEASE:
                return PlanItem(file, Action.ASK, line.state, size, False)  # its tag says nothing
            asked = options.check_updates and etag and file.role in _ASKED_AGAIN
            action = Action.ASK if asked else Action.KEEP
            return PlanItem(file, action, line.state, size, False, etag)
        case Presence.TOUCHED | Presence.LARGER:
            return PlanItem(file, Action.CHECK, line.state, size, False, etag)
        case Presence.OCCUPIED:
            return PlanItem(file, Action.LEAVE, FileState.CHANGED, size, False, etag)
        case Presence.MISSING if options.missing is MissingFiles.LEAVE:
            return PlanItem(file, Action.LEAVE, FileState.MISSING, size, False, etag)
        case Presence.MISSING if options.missing is MissingFiles.FAIL:
            return PlanItem(file, Action.LEAVE, FileState.FAILED, size, False, etag)
        case _:
            return PlanItem(file, Action.FETCH, FileState.MISSING, size, False, etag)


def _left_out(item: PlanItem, paths: Collection[str], reason: str) -> PlanItem:
    if item.file.path not in paths:
        return item
    return item._replace(action=Action.LEAVE, state=FileState.FAILED, reason=reason)


def _is_rewritten(file: PlannedFile, line: LedgerLine) -> bool:
    """Whether a file that is written from the catalogue has other content by now."""
    if file.content is None or line.link:
        return False
    return md5(file.content, usedforsecurity=False).hexdigest() != line.md5


def _without_line(file: PlannedFile, folder: FolderView) -> PlanItem:
    stamp = folder.disk.files.get(file.path)
    if stamp is not None or file.path in folder.disk.folders:
        size = stamp.size_bytes if stamp is not None and stamp.is_regular else None
        return PlanItem(file, Action.ADOPT, FileState.NEW, size, False)
    end = folder.ends.get(file.path)
    state = end.state if end is not None and end.state in BAD else FileState.NEW
    size = None if file.content is None else len(file.content)
    return PlanItem(file, Action.FETCH, state, size, False)


def _with_size(item: PlanItem, sizes: SizeBook) -> PlanItem:
    if item.size_bytes is not None:
        return item
    size = sizes.estimate(item.file)
    if size is None:
        return item
    # Once for nearly every file there is: `_replace` would take three times as long.
    return PlanItem(
        item.file, item.action, item.state, size, sizes.exact(item.file) is None, item.etag
    )


def _script_note(disk: DiskView) -> str:
    tags = script_tags(disk)
    if not tags:
        return ""
    return (
        f"{plural(len(tags), '.etag file')} of the original script in the folder: once this "
        "download is done nothing needs them and they can be removed"
    )


def _notes(totals: PlanTotals, left_out: tuple[int, ...]) -> tuple[str, ...]:
    notes = []
    if left_out:
        notes.append(
            f"bold is selected without its fieldmaps: {plural(len(left_out), 'image')} left out"
        )
    if not totals.fits:
        notes.append("what is to be fetched does not fit on this file system")
    return tuple(notes)
