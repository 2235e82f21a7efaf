"""What the plan's screen says, line by line; pure, so that every sentence can be tested."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from preventad_tui.core.advice import expected_s
from preventad_tui.core.config import MissingFiles
from preventad_tui.core.modality import modality_label
from preventad_tui.core.plan import Plan, PlanPart
from preventad_tui.core.releases import FOLDER
from preventad_tui.core.text import Clean, human_duration, human_size
from preventad_tui.ui.widgets.line_list import Line, line, wrapped
from preventad_tui.ui.widgets.row_list import Cell, fit
from preventad_tui.ui.widgets.totals import TIGHT, sum_label

_LABEL, _IMAGES, _FILES, _SIZE = 24, 8, 9, 13  # fits into 60 columns
_FEWEST_PARTS = 3
_LABELS = {"": "scans and study files", FOLDER: "data releases (tables)"}


@dataclass(frozen=True, slots=True)
class PlanSheet:
    """All that the screen shows; `rate_bytes_per_s` is what was seen last, 0 where nothing was.

    `login_left_s` None: the login's end is not known. `trouble` replaces the numbers' meaning:
    the folder cannot be used as it is. `server_notes` say what the server cannot give.
    """

    folder: Clean
    folder_note: Clean
    plan: Plan | None = None
    trouble: str = ""
    missing: MissingFiles = MissingFiles.FETCH
    missing_since: str = ""
    check_updates: bool = False
    jobs: int = 4
    rate_bytes_per_s: float = 0.0
    login_left_s: float | None = None
    login_renews: bool = False
    fieldmap_bytes: int | None = None
    warnings: tuple[str, ...] = ()
    server_notes: tuple[str, ...] = ()
    quota: tuple[Clean, ...] = ()


def plan_lines(sheet: PlanSheet, width: int, height: int = 1000) -> list[Line]:
    """The whole sheet, sentences wrapped at `width` cells.

    Where it would not fit in `height` rows the smallest modalities share a row and stand in full
    below, so that what decides is in sight; the visits always stand below.
    """
    lines = [
        (Cell("  Folder     ", "row--muted"), Cell(sheet.folder, "row--strong")),
        *wrapped(sheet.folder_note, width, 13),
    ]
    if sheet.trouble:
        lines.extend(wrapped(sheet.trouble, width, 13, "row--bad"))
    if nothing := nothing_to_fetch(sheet):
        lines.extend(wrapped(nothing, width, 13, "row--strong"))
    lines.append(line())
    if sheet.plan is None:
        lines.append(line("  counting ...", "row--muted"))
        return lines
    parts = by_modality(sheet.plan.parts)
    below = [line(), *outlook_lines(sheet, sheet.plan, width)]
    too_many = len(lines) + len(list(_table(sheet, sheet.plan, parts))) + len(below) - height
    shown = shortened(parts, too_many)
    lines.extend(_table(sheet, sheet.plan, shown))
    lines.extend(below)
    if len(shown) < len(parts):
        lines.extend((line(), line("  by modality", "row--strong")))
        lines.extend(map(_part_row, parts))
    lines.extend(visit_lines(sheet.plan.parts))
    return lines


def shortened(parts: list[PlanPart], too_many: int) -> list[PlanPart]:
    """The parts with the smallest of them put together, so that `too_many` rows less remain."""
    if too_many <= 0 or len(parts) <= _FEWEST_PARTS + 1:
        return parts
    count = max(_FEWEST_PARTS, len(parts) - too_many - 1)
    named = [part for part in parts if part.modality not in _LABELS]
    largest = sorted(named, key=lambda part: (-part.size_bytes, -part.files))
    kept = set(largest[: max(1, count - (len(parts) - len(named)))])
    together = [part for part in named if part not in kept]
    label = f"{len(together)} more (below)"
    rest = [part for part in parts if part.modality in _LABELS]
    return [*(part for part in named if part in kept), sum_of(label, together), *rest]


def _row(label: str, images: str, files: str, size: str, key: str = "", style: str = "") -> Line:
    text = f"  {fit(label, _LABEL)}{images:>{_IMAGES}}{files:>{_FILES}}{size:>{_SIZE}}"
    return (Cell(text, style), Cell(f"   {key}" if key else "", "row--strong"))


def _part_row(part: PlanPart) -> Line:
    label = _LABELS.get(part.modality) or modality_label(part.modality)
    size = sum_label(part.size_bytes, part.estimated, part.unknown_files)
    return _row(label, f"{part.images:,}" if part.images else "-", f"{part.files:,}", size)


def _table(sheet: PlanSheet, plan: Plan, parts: list[PlanPart]) -> Iterator[Line]:
    totals = plan.totals
    yield _row("", "images", "files", "size", style="row--muted")
    yield from map(_part_row, parts)
    yield line("  " + "-" * (_LABEL + _IMAGES + _FILES + _SIZE), "row--muted")
    everything = sum_label(
        totals.known_bytes + totals.estimated_bytes,
        totals.estimated_bytes > 0,
        totals.unknown_files,
    )
    yield _row("selected", f"{totals.images:,}", f"{totals.files:,}", everything)
    yield _row("on disk", "", f"{totals.on_disk_files:,}", human_size(totals.on_disk_bytes))
    if totals.found_files:
        size = human_size(totals.found_bytes)
        yield _row("here, to be checked", "", f"{totals.found_files:,}", size)
    if totals.left_files:
        size = human_size(totals.left_bytes)
        yield _row("left as they are", "", f"{totals.left_files:,}", size)
    if totals.missing_files:
        since = f" {sheet.missing_since}" if sheet.missing_since else ""
        key = "m leave" if sheet.missing is MissingFiles.FETCH else "m fetch again"
        size = human_size(totals.missing_bytes)
        yield _row(f"removed since{since}", "", f"{totals.missing_files:,}", size, key)
    fetch = sum_label(
        totals.to_fetch_bytes, totals.to_fetch_estimated, totals.to_fetch_unknown_files
    )
    yield _row("to fetch", "", f"{totals.to_fetch_files:,}", fetch, style="row--strong")


def visit_lines(parts: tuple[PlanPart, ...]) -> Iterator[Line]:
    """What comes of each visit, and how much of it is to be fetched."""
    visits = dict.fromkeys(part.visit for part in parts if part.visit)
    yield line()
    yield _row("by visit", "images", "files", "to fetch", style="row--strong")
    for visit in visits:
        whole = sum_of(visit, [part for part in parts if part.visit == visit])
        size = "-"
        if whole.to_fetch_files:
            size = sum_label(whole.to_fetch_bytes, whole.estimated, whole.unknown_files)
        yield _row(visit, f"{whole.images:,}", f"{whole.files:,}", size)


def by_modality(parts: tuple[PlanPart, ...]) -> list[PlanPart]:
    """The parts added up over visits, by modality; scans and study files last, together."""
    sums: dict[str, list[PlanPart]] = {}
    for part in parts:
        sums.setdefault(part.modality, []).append(part)
    order = sorted(sums, key=lambda modality: (not modality, modality.casefold()))
    return [sum_of(modality, sums[modality]) for modality in order]


def sum_of(modality: str, parts: Sequence[PlanPart]) -> PlanPart:
    """Some parts added up, under one label."""
    return PlanPart(
        "",
        modality,
        images=sum(part.images for part in parts),
        files=sum(part.files for part in parts),
        size_bytes=sum(part.size_bytes for part in parts),
        estimated=any(part.estimated for part in parts),
        unknown_files=sum(part.unknown_files for part in parts),
        on_disk_files=sum(part.on_disk_files for part in parts),
        to_fetch_files=sum(part.to_fetch_files for part in parts),
        to_fetch_bytes=sum(part.to_fetch_bytes for part in parts),
    )


def outlook_lines(sheet: PlanSheet, plan: Plan, width: int) -> list[Line]:
    """Room, time, login, and every warning that is true."""
    lines = list(_room(plan, width))
    if plan.totals.needs_run:
        lines.extend(wrapped(_time(sheet, plan), width, 2))
    if plan.totals.to_fetch_unknown_files:
        unknown = "? sizes are not known on this server until the first files are here"
        lines.extend(wrapped(unknown, width, 2))
    if sheet.check_updates:
        lines.append(line("  the server is asked for newer versions of what is on disk"))
    if sheet.login_left_s is not None:
        then = ", then it is renewed by itself" if sheet.login_renews else ""
        lines.append(line(f"  login lasts {human_duration(sheet.login_left_s)} more{then}"))
    count = len(plan.left_out_fieldmaps)
    if count:
        size = human_size(sheet.fieldmap_bytes) if sheet.fieldmap_bytes else ""
        what = ", ".join(part for part in (f"{count:,} images", size) if part)
        sentence = f"  bold is selected without its fieldmaps ({what})   "
        lines.append((Cell(sentence, "row--bad"), Cell("f add", "row--strong")))
    for sentence in sheet.warnings:
        lines.extend(wrapped(sentence, width, 2, "row--busy"))
    for note in plan.folder_notes:
        lines.extend(wrapped(note, width, 2, "row--busy"))
    for note in sheet.server_notes:
        lines.extend(wrapped(note, width, 2, "row--muted"))
    lines.extend(line(f"  quota: {text}") for text in sheet.quota)
    return lines


def _room(plan: Plan, width: int) -> Iterator[Line]:
    totals = plan.totals
    mark = totals.to_fetch_estimated
    if totals.free_bytes is None:
        yield line("  free space is not known until the folder exists", "row--muted")
        return
    free = human_size(totals.free_bytes)
    if not totals.fits:
        short = human_size(totals.to_fetch_bytes - totals.free_bytes, estimated=mark)
        sentence = (
            f"free  {free}: {short} too little; the download will pause when the disk is full"
        )
        yield from wrapped(sentence, width, 2, "row--bad")
        return
    left = totals.free_bytes - totals.to_fetch_bytes
    after = f"   after  {human_size(left, estimated=mark)}"
    if totals.to_fetch_unknown_files:
        after = ""
    room = f"free  {free} on this file system (your quota may be less){after}"
    yield from wrapped(room, width, 2)
    if mark and left < TIGHT * totals.to_fetch_bytes:
        sentence = f"Only {human_size(left, estimated=True)} would be left, and sizes are estimated"
        yield from wrapped(f"{sentence}: it may not fit.", width, 2, "row--bad")


def nothing_to_fetch(sheet: PlanSheet) -> str:
    """That a start would do nothing, and what helps instead; `""` where it would do something."""
    if sheet.plan is None or sheet.plan.totals.needs_run:
        return ""
    totals = sheet.plan.totals
    why, ways = "", []
    if totals.missing_files:
        why = ": what is not on disk was removed, and is left so"
        ways.append("m fetches it again")
    elif totals.on_disk_files:
        why = ": all of it is on disk"
    if totals.on_disk_files:
        if not sheet.check_updates:
            ways.append("n asks the server for newer versions")
        ways.append("V in the browser verifies what is on disk")
    return ". ".join(filter(None, (f"Nothing to fetch{why}", "; ".join(ways)))) + "."


def _time(sheet: PlanSheet, plan: Plan) -> str:
    seconds = expected_s(plan.totals, sheet.rate_bytes_per_s)
    at_once = f"{sheet.jobs} at once"
    if not plan.totals.to_fetch_files:
        return "nothing is left to fetch: enter looks through what is here"
    if seconds is None:
        return f"{at_once}   time is not known before the first download"
    rate = f"{human_size(sheet.rate_bytes_per_s)}/s"
    return f"about {human_duration(seconds)} at the last rate ({rate})   {at_once}"
