"""`plan`: what `get` would do, in numbers; downloads nothing."""

import asyncio
import os
from pathlib import Path

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.config import Settings
from preventad_tui.core.errors import ExitCode, UsageError
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.paths import data_dir, open_to_all
from preventad_tui.core.plan import Plan, PlanPart
from preventad_tui.core.regions import indices_of
from preventad_tui.core.release_tree import NO_TABLES
from preventad_tui.core.saved import compare, find_selection
from preventad_tui.core.selection import Selection
from preventad_tui.core.text import clean, human_size, plural
from preventad_tui.headless.choosing import choose_images
from preventad_tui.headless.output import Output
from preventad_tui.headless.session import Session


async def run(session: Session) -> int:
    """Show the plan as sentences and a table, or as JSON lines."""
    outputdir = needed_outputdir(session.settings)
    refuse_no_choice(session.settings)
    await session.connect()
    folder = _folder_as_it_is(session, outputdir)
    await session.sign_in()
    index = await session.read_index()
    plan = await make(session, index, folder)
    if session.settings.json:
        write_records(session.output, plan, with_parts=True)
    else:
        _write_table(session.output, plan)
    say_plan(session.output, plan, outputdir)
    await say_quota(session)
    return ExitCode.OK


async def make(
    session: Session,
    index: CatalogueIndex,
    folder: OutputFolder | None,
    *,
    is_for_download: bool = False,
) -> Plan:
    """The plan for what the options select; for a download names are settled by asking."""
    selection = choose_images(session, index)
    if session.settings.selection:
        say_changes(session, index)
    if session.settings.data_releases and not index.tables:
        if selection.is_empty:
            raise UsageError(
                NO_TABLES,
                "The registered site has them; choose images with -m, -v or -c, or --all.",
            )
        session.output.say(NO_TABLES)
    if is_for_download:
        return await plan_download(session, index, selection, folder)
    return await plan_as_it_is(session, index, selection, folder)


async def plan_download(
    session: Session, index: CatalogueIndex, selection: Selection, folder: OutputFolder | None
) -> Plan:
    """The plan for a selection, with the names that only the server knows asked for."""
    index = await session.settle_names(index, list(indices_of(selection.selected)), folder)
    return await plan_as_it_is(session, index, selection, folder)


async def plan_as_it_is(
    session: Session, index: CatalogueIndex, selection: Selection, folder: OutputFolder | None
) -> Plan:
    """The plan for a selection with the names of this catalogue; asks no server."""
    selected = list(indices_of(selection.selected))
    work = session.workspace.plan
    return await asyncio.to_thread(work, index, selected, folder, tables=selection.tables)


def say_changes(session: Session, index: CatalogueIndex) -> None:
    """What the saved selection means now that it did not mean when it was saved."""
    saved = find_selection(session.settings.selection, data_dir() / "selections")
    changes = compare(saved, index)
    if changes.added:
        session.output.say(f"New since it was saved: {plural(len(changes.added), 'image')}.")
    if changes.gone or changes.gone_tables:
        session.output.say(f"Gone from the server since: {changes.gone_counted}.")


def needed_outputdir(settings: Settings) -> Path:
    """The output folder. Raises UsageError where none was named."""
    if settings.outputdir is None:
        raise UsageError(
            "No output folder was named.",
            "Name one with -o DIR (the current folder: -o .), PREVENTAD_OUTPUTDIR or config.toml.",
        )
    return settings.outputdir


def refuse_no_choice(settings: Settings) -> None:
    """Stop where nothing says which images are meant. Raises UsageError."""
    if not settings.has_choice and not settings.data_releases:
        raise UsageError(
            "Nothing is selected.",
            "Choose with -m, -v, -c, --sessions, --qc, --has-all or --selection; "
            "--all means everything.",
        )


def write_records(output: Output, plan: Plan, *, with_parts: bool) -> None:
    """The plan as JSON lines."""
    totals = plan.totals
    output.record(
        "plan",
        candidates=totals.candidates,
        sessions=totals.sessions,
        images=totals.images,
        files=totals.files,
        known_bytes=totals.known_bytes,
        estimated_bytes=totals.estimated_bytes,
        unknown_files=totals.unknown_files,
        on_disk_files=totals.on_disk_files,
        on_disk_bytes=totals.on_disk_bytes,
        missing_files=totals.missing_files,
        to_fetch_files=totals.to_fetch_files,
        to_fetch_bytes=totals.to_fetch_bytes,
        free_bytes=totals.free_bytes,
    )
    for part in plan.parts if with_parts else ():
        output.record(
            "plan_part",
            visit=part.visit,
            modality=part.modality,
            images=part.images,
            files=part.files,
            size_bytes=part.size_bytes,
            estimated=part.estimated,
            unknown_files=part.unknown_files,
            on_disk_files=part.on_disk_files,
            to_fetch_files=part.to_fetch_files,
            to_fetch_bytes=part.to_fetch_bytes,
        )


def say_plan(output: Output, plan: Plan, outputdir: Path) -> None:
    """The plan in sentences, known and estimated bytes apart."""
    say_selected(output, plan)
    say_in_folder(output, plan, outputdir)


def say_selected(output: Output, plan: Plan) -> None:
    """What the plan's images are in numbers, whatever the folder."""
    totals = plan.totals
    output.say(
        f"Selected: {plural(totals.candidates, 'candidate')}, "
        f"{plural(totals.sessions, 'session')}, {plural(totals.images, 'image')}, "
        f"{plural(totals.files, 'file')}; {_amount(plan)}."
    )


def say_in_folder(output: Output, plan: Plan, outputdir: Path) -> None:
    """What of the plan is in the folder, what is to fetch, and the room for it."""
    totals = plan.totals
    output.say(
        f"On disk: {plural(totals.on_disk_files, 'file')}, {human_size(totals.on_disk_bytes)}."
    )
    if totals.missing_files:
        output.say(
            f"Removed from disk since: {plural(totals.missing_files, 'file')}, "
            f"{human_size(totals.missing_bytes)}."
        )
    size = human_size(totals.to_fetch_bytes, estimated=totals.to_fetch_estimated)
    if unknown := totals.to_fetch_unknown_files:
        more = f"{plural(unknown, 'file')} of unknown size"
        size = f"{size} and {more}" if totals.to_fetch_bytes else more
    output.say(f"To fetch: {plural(totals.to_fetch_files, 'file')}, {size}.")
    if totals.free_bytes is not None:
        output.say(
            f"Free in {clean(str(outputdir))}: {human_size(totals.free_bytes)} "
            "(your quota may be less)."
        )
    if not totals.fits:
        output.tell("This may not fit on that disk.")
    for note in filter(None, (open_to_all(outputdir), *plan.notes)):
        output.say(note)


def _amount(plan: Plan) -> str:
    totals = plan.totals
    parts = []
    if totals.known_bytes:
        parts.append(f"{human_size(totals.known_bytes)} known")
    if totals.estimated_bytes:
        parts.append(f"{human_size(totals.estimated_bytes, estimated=True)} estimated")
    if totals.unknown_files:
        parts.append(f"the size of {plural(totals.unknown_files, 'file')} is not known")
    return ", ".join(parts) or "no bytes"


def _write_table(output: Output, plan: Plan) -> None:
    def row(part: PlanPart) -> tuple[str, ...]:
        return (
            part.visit or "-",
            part.modality or "-",
            f"{part.images:,}",
            f"{part.files:,}",
            _size(part.size_bytes, part),
            f"{part.on_disk_files:,}",
            f"{part.to_fetch_files:,}",
            _size(part.to_fetch_bytes, part),
        )

    columns = ("visit", "modality", "images", "files", "size", "on disk", "to fetch", "size")
    output.table(columns, [row(part) for part in plan.parts])


def _size(size_bytes: int, part: PlanPart) -> str:
    if not size_bytes and part.unknown_files:
        return "?"
    return human_size(size_bytes, estimated=part.estimated or part.unknown_files > 0)


def _folder_as_it_is(session: Session, outputdir: Path) -> OutputFolder | None:
    """The folder, read and never written; None where there is none yet."""
    if not outputdir.exists():
        return None
    return session.workspace.open_folder(
        outputdir, session.settings.type, create=False, read_only=True, force=True
    )


async def say_quota(session: Session) -> None:
    """What the site's own command says of quotas, since free space says nothing of them."""
    if not session.settings.quota_command:
        return
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREVENTAD_")}
    try:
        child = await asyncio.create_subprocess_shell(
            session.settings.quota_command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
        )
        answer, _ = await asyncio.wait_for(child.communicate(), 10)
    except (OSError, TimeoutError):
        session.output.say("The quota command gave no answer.")
        return
    for line in answer.decode(errors="replace").splitlines()[:20]:
        session.output.say(f"Quota: {clean(line)}")
