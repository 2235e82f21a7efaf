"""The plan: what is fetched, kept, checked, and that the numbers add up."""

import time
from dataclasses import fields, replace
from hashlib import sha256
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.config import MissingFiles, Shard
from preventad_tui.core.disk_view import AnnexKey, DiskView, FileStamp
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.facts import read_facts
from preventad_tui.core.layout import files_of_images
from preventad_tui.core.ledger_line import LedgerLine
from preventad_tui.core.model import Catalogue, DataType, FileKind, FileRole, PlannedFile
from preventad_tui.core.plan import (
    Action,
    FolderView,
    Plan,
    PlanItem,
    PlanOptions,
    is_in_shard,
    make_plan,
)
from preventad_tui.core.states import FileState
from preventad_tui.core.totals import TotalsCounter
from preventad_tui.core.twins import beside_twins

MD5 = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def index(small_catalogue: Catalogue) -> CatalogueIndex:
    return CatalogueIndex(small_catalogue)


def line_of(file: PlannedFile, state: FileState = FileState.ON_DISK) -> LedgerLine:
    return LedgerLine(
        file.path,
        file.link,
        "s",
        100,
        5,
        MD5,
        '"tag"',
        state,
        "",
        1,
        "2026-11-22T00:00:00Z",
        "",
        "0",
    )


def book(known: bool = True) -> SizeBook:
    return SizeBook(known=known)


def plan_one(
    index: CatalogueIndex,
    stamp: FileStamp | None,
    line: LedgerLine | None,
    options: PlanOptions | None = None,
    end: LedgerLine | None = None,
) -> PlanItem:
    """The plan's item for the first image's own file."""
    file = image_file(index)
    lines = {file.path: line} if line else {}
    ends = {file.path: end} if end else lines
    disk = DiskView({file.path: stamp} if stamp else {}, frozenset())
    plan = make_plan(index, [0], FolderView(lines, ends, disk), book(), options)
    return next(item for item in plan.items if item.file.path == file.path)


def image_file(index: CatalogueIndex) -> PlannedFile:
    files = files_of_images(index.catalogue, [0])
    return next(file for file in files if file.role is FileRole.IMAGE)


SAME = FileStamp(100, 5)


@pytest.mark.parametrize(
    ("stamp", "options", "action", "state"),
    [
        (SAME, PlanOptions(), Action.KEEP, FileState.ON_DISK),
        (SAME, PlanOptions(check_updates=True), Action.ASK, FileState.ON_DISK),
        (FileStamp(100, 6), PlanOptions(), Action.CHECK, FileState.ON_DISK),
        (FileStamp(101, 5), PlanOptions(), Action.CHECK, FileState.ON_DISK),
        (FileStamp(99, 5), PlanOptions(), Action.FETCH, FileState.MISSING),
        (FileStamp(99, 5), PlanOptions(MissingFiles.LEAVE), Action.FETCH, FileState.MISSING),
        (None, PlanOptions(), Action.FETCH, FileState.MISSING),
        (None, PlanOptions(MissingFiles.LEAVE), Action.LEAVE, FileState.MISSING),
        (None, PlanOptions(MissingFiles.FAIL), Action.LEAVE, FileState.FAILED),
        (
            FileStamp(9, 9, True, False, AnnexKey(100, MD5)),
            PlanOptions(),
            Action.KEEP,
            FileState.ON_DISK,
        ),
        (
            FileStamp(9, 9, True, False, AnnexKey(101, MD5)),
            PlanOptions(),
            Action.LEAVE,
            FileState.CHANGED,
        ),
    ],
)
def test_a_file_of_the_ledger(
    index: CatalogueIndex,
    stamp: FileStamp | None,
    options: PlanOptions,
    action: Action,
    state: FileState,
) -> None:
    item = plan_one(index, stamp, line_of(image_file(index)), options)
    assert (item.action, item.state, item.size_bytes) == (action, state, 100)
    assert not item.estimated
    assert item.etag == '"tag"'


def test_without_an_etag_nothing_is_asked(index: CatalogueIndex) -> None:
    line = line_of(image_file(index))._replace(etag="")
    assert plan_one(index, SAME, line, PlanOptions(check_updates=True)).action is Action.KEEP


def test_a_file_that_is_not_in_the_ledger(index: CatalogueIndex) -> None:
    assert plan_one(index, FileStamp(3, 1), None).action is Action.ADOPT
    assert plan_one(index, FileStamp(3, 1, True, False), None).action is Action.ADOPT
    new = plan_one(index, None, None)
    assert (new.action, new.state, new.estimated) == (Action.FETCH, FileState.NEW, True)


def test_what_failed_or_was_gone_is_tried_again(index: CatalogueIndex) -> None:
    for state in (FileState.GONE, FileState.FAILED, FileState.FORBIDDEN):
        item = plan_one(index, None, None, end=line_of(image_file(index), state))
        assert (item.action, item.state) == (Action.FETCH, state)


def test_the_selected_images_bring_their_files(index: CatalogueIndex) -> None:
    plan = make_plan(index, [0, 1], FolderView(free_bytes=10**12), book())
    roles = [item.file.role for item in plan.items]
    assert roles.count(FileRole.STUDY) == 2
    assert roles.count(FileRole.SCANS) == 2
    assert roles.count(FileRole.IMAGE) == 2
    assert (plan.totals.candidates, plan.totals.sessions, plan.totals.images) == (1, 1, 2)
    assert plan.totals.fits
    assert not make_plan(index, [0], FolderView(free_bytes=1000), book()).totals.fits
    nothing = make_plan(index, [], FolderView(), book())
    assert (nothing.items, nothing.parts, nothing.totals.files) == ((), (), 0)


def check_sums(plan: Plan) -> None:
    totals, parts = plan.totals, plan.parts
    assert totals.files == len(plan.items)
    assert totals.files == (
        totals.on_disk_files + totals.found_files + totals.left_files + totals.to_fetch_files
    )
    assert totals.needs_run == any(
        item.action is not Action.KEEP
        and (item.action, item.state) != (Action.LEAVE, FileState.MISSING)
        for item in plan.items
    )
    size = totals.known_bytes + totals.estimated_bytes
    assert size == (
        totals.on_disk_bytes + totals.found_bytes + totals.left_bytes + totals.to_fetch_bytes
    )
    assert sum(part.files for part in parts) == totals.files
    assert sum(part.size_bytes for part in parts) == size
    assert sum(part.unknown_files for part in parts) == totals.unknown_files
    assert sum(part.on_disk_files for part in parts) == totals.on_disk_files
    assert sum(part.to_fetch_files for part in parts) == totals.to_fetch_files
    assert sum(part.to_fetch_bytes for part in parts) == totals.to_fetch_bytes
    assert sum(part.images for part in parts) == totals.images


def some_folder(data: st.DataObject, files: list[PlannedFile]) -> FolderView:
    lines, disk = {}, {}
    for file in files:
        kind = data.draw(st.sampled_from("nnkkcmsla"))
        if kind in "kcmsl":
            lines[file.path] = line_of(file)
        stamps = {"k": SAME, "c": FileStamp(100, 9), "s": FileStamp(1, 5), "l": FileStamp(200, 5)}
        if kind in stamps or kind == "a":
            disk[file.path] = stamps.get(kind, FileStamp(7, 7))
    return FolderView(lines, lines, DiskView(disk, frozenset()), 10**9)


@settings(deadline=None)  # the machine may be busy
@given(st.data())
def test_all_numbers_add_up(small_catalogue: Catalogue, data: st.DataObject) -> None:
    index = CatalogueIndex(small_catalogue)
    everything = range(len(index.images))
    files = list(files_of_images(index.catalogue, everything))
    folder = some_folder(data, files)
    known = data.draw(st.booleans())
    selected = sorted(data.draw(st.sets(st.sampled_from(everything))))
    plan = make_plan(index, selected, folder, book(known))
    check_sums(plan)
    # the browser's totals line and the plan say the same
    mask = bytearray(len(index.images))
    for at in selected:
        mask[at] = 1
    sizes = book(known)
    facts = read_facts(index, folder, sizes)
    line = TotalsCounter(index.regions, facts).count(mask)
    again = make_plan(index, selected, folder, sizes).totals
    assert (line.candidates, line.sessions, line.images, line.files) == (
        again.candidates,
        again.sessions,
        again.images,
        again.files,
    )
    assert line.size_bytes == again.known_bytes + again.estimated_bytes
    assert line.unknown_files == again.unknown_files
    assert (line.on_disk_files, line.on_disk_bytes) == (again.on_disk_files, again.on_disk_bytes)


@given(st.integers(1, 7), st.data())
def test_shards_are_disjoint_and_cover_everything(
    small_catalogue: Catalogue, parts: int, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(list(DataType)))
    index = CatalogueIndex(replace(small_catalogue, type=kind))
    selected = sorted(data.draw(st.sets(st.sampled_from(range(len(index.images))), min_size=1)))
    whole = make_plan(index, selected, FolderView(), book())
    study = {item.file.path for item in whole.items if item.file.role is FileRole.STUDY}
    seen: list[str] = []
    images = 0
    for part in range(1, parts + 1):
        options = PlanOptions(shard=Shard(part, parts))
        plan = make_plan(index, selected, FolderView(), book(), options)
        check_sums(plan)
        paths = {item.file.path for item in plan.items}
        assert study <= paths
        seen += paths - study
        images += plan.totals.images
    assert sorted(seen) == sorted({item.file.path for item in whole.items} - study)
    assert images == len(selected)


def test_a_shard_is_told_by_the_published_formula() -> None:
    number = int(sha256(b"1024138/PREBL00").hexdigest()[:8], 16) % 5 + 1
    assert [part for part in range(1, 6) if is_in_shard("1024138", "PREBL00", Shard(part, 5))] == [
        number
    ]


def test_bold_without_its_fieldmaps_is_said(index: CatalogueIndex) -> None:
    bold = next(
        at
        for at, image in enumerate(index.images)
        if image.modality == "bold" and image.visit == "NAPBL00"
    )
    plan = make_plan(index, [bold], FolderView(), book())
    assert [index.images[at].modality for at in plan.left_out_fieldmaps] == ["fieldmap"]
    assert plan.notes == ("bold is selected without its fieldmaps: 1 image left out",)
    both = make_plan(index, [bold, *plan.left_out_fieldmaps], FolderView(), book())
    assert not both.left_out_fieldmaps
    assert not both.notes


def test_the_whole_study_is_planned_in_time(study_shape: Catalogue) -> None:
    index = CatalogueIndex(study_shape)
    everything = range(len(index.images))
    files = list(files_of_images(study_shape, everything))
    lines = {file.path: line_of(file) for file in files[:50_000]}
    view = FolderView(lines, lines, DiskView(dict.fromkeys(lines, SAME), frozenset()), 10**12)
    times = []
    for _ in range(3):
        began = time.process_time()
        plan = make_plan(index, everything, view, book())
        times.append(time.process_time() - began)
    check_sums(plan)
    assert plan.totals.on_disk_files == 50_000
    assert plan.totals.files == 53_055  # the study's own three files less than published
    assert min(times) < 1.5


def test_totals_have_the_names_of_the_documented_json() -> None:
    names = {field.name for field in fields(make_plan_totals())}
    assert names >= {
        "candidates", "sessions", "images", "files", "known_bytes", "estimated_bytes",
        "on_disk_files", "on_disk_bytes", "missing_files", "to_fetch_files", "to_fetch_bytes",
        "free_bytes",
    }  # fmt: skip


def make_plan_totals() -> Any:
    from preventad_tui.core.plan import PlanTotals

    return PlanTotals()


_WORDS = st.text("aAbBiIİıßſsSéÉe\u0301kK\u212a", min_size=1, max_size=4)
_PATHS = st.lists(st.builds("/".join, st.lists(_WORDS, min_size=1, max_size=3)), max_size=12)


@settings(max_examples=300, deadline=None)
@given(paths=_PATHS, on_disk=st.data())
def test_no_two_files_of_a_plan_are_one_on_a_disk_that_ignores_case(
    paths: list[str], on_disk: st.DataObject
) -> None:
    def key(path: str) -> str:
        return normalize("NFC", normalize("NFC", path).casefold())

    files = [
        PlannedFile(path, "/candidates/1", FileKind.JSON, FileRole.SIDE)
        for path in dict.fromkeys(paths)
    ]
    here = on_disk.draw(st.sets(st.sampled_from(paths))) if paths else set()
    here = set({key(path): path for path in sorted(here)}.values())
    lines = {file.path: line_of(file) for file in files if file.path in here}
    for folds in (True, False):
        disk = DiskView(dict.fromkeys(here, SAME), frozenset(), folds_case=folds)
        left, said = beside_twins(files, lines, disk)
        planned = [file.path for file in files if file.path not in left]
        assert bool(said) == (len({key(file.path) for file in files}) < len(files))
        assert not left or folds
        assert not left & here
        if folds:
            assert len({key(path) for path in planned}) == len(planned)
            assert {key(path) for path in planned} == {key(file.path) for file in files}
