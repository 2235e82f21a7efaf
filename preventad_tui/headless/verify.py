"""`verify`: is every file of an output folder what the ledger says; `--repair` fetches what is not.

Offline but for the repair.
"""

import asyncio
import threading
from collections.abc import Iterable
from pathlib import Path

from preventad_tui.core.digest_copy import restore
from preventad_tui.core.errors import ExitCode, FolderInUse, StorageError
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.paths import digests_dir
from preventad_tui.core.published import (
    Compared,
    PublishedList,
    compare,
    not_on_disk,
    read_published,
)
from preventad_tui.core.repair import repair_plan
from preventad_tui.core.states import FileState
from preventad_tui.core.text import clean, human_size, plural
from preventad_tui.core.verify import (
    BROKEN,
    Finding,
    Verdict,
    VerifyCounts,
    judge_file,
    verify_folder,
)
from preventad_tui.core.verify_report import report_lines, write_report
from preventad_tui.headless.get import Watch
from preventad_tui.headless.plan import needed_outputdir
from preventad_tui.headless.session import Session


async def run(session: Session) -> int:
    """Name what is not right; code 3 while anything is damaged, changed or missing."""
    outputdir = needed_outputdir(session.settings)
    options = vars(session.options)
    deep = "deep" in options
    published = read_published(Path(options["against"])) if "against" in options else None
    counts = VerifyCounts()
    with open_known(session, outputdir) as folder:
        findings = await _judge(session, folder, counts, deep=deep)
    if session.signals.code is not None:
        return session.signals.code
    compared = _compared(findings, published) if published else []
    if "report" in options:
        write_report(Path(options["report"]), report_lines(findings, compared, published))
    sure = {one.path for one in compared if one.verdict is Verdict.INTACT}
    _record_verified(
        session,
        outputdir,
        [one for one in findings if one.verdict is Verdict.INTACT and (deep or one.path in sure)],
    )
    _name_all(session, findings, compared)
    broken = [finding for finding in findings if finding.verdict in BROKEN]
    not_here = sum(one.finding is None for one in compared)
    code, repaired = ExitCode.SOME_FAILED if broken else ExitCode.OK, 0
    if broken and "repair" in options:
        code, repaired = await _repair(session, outputdir, broken, deep=deep)
    if code == ExitCode.OK and not_here:
        code = ExitCode.SOME_FAILED
    _tell(session, counts, compared, repaired, code)
    return code


def open_known(session: Session, outputdir: Path) -> OutputFolder:
    """Open a folder that this program has made, for reading.

    Raises:
        StorageError: it is not there, or not ours.
    """
    folder = OutputFolder.open(
        outputdir, None, create=False, read_only=True, limits=session.workspace.limits
    )
    if folder.identity is None:
        folder.close()
        raise StorageError(
            f"Nothing in {clean(str(outputdir))} was downloaded by this program.",
            "Name its output folder with -o DIR.",
            "not-ours",
        )
    restore(folder, digests_dir())
    return folder


async def _judge(
    session: Session, folder: OutputFolder, counts: VerifyCounts, *, deep: bool
) -> list[Finding]:
    """Judge all files in a thread, so that a signal is heard meanwhile."""
    stopped = threading.Event()
    session.signals.on_stop = lambda _code: stopped.set()

    def judge() -> list[Finding]:
        findings = []
        for finding in verify_folder(folder, deep=deep, counts=counts):
            findings.append(finding)
            if stopped.is_set():
                break
            session.output.update(
                f"{counts.files_done:,} of {counts.files_total:,} files, "
                f"{human_size(counts.bytes_done)} of {human_size(counts.bytes_total)}"
            )
        return findings

    try:
        return await asyncio.to_thread(judge)
    finally:
        session.signals.on_stop = None
        session.output.end_update()


async def _repair(
    session: Session, outputdir: Path, broken: list[Finding], *, deep: bool
) -> tuple[ExitCode, int]:
    """Fetch again what is broken; the exit code, and how many files are right now."""
    workspace, settings = session.workspace, session.settings
    with open_known(session, outputdir) as known:
        identity = known.identity
    assert identity is not None
    is_named = "server" in vars(session.options)
    await session.connect(server="" if is_named else identity.server)
    folder = workspace.open_folder(outputdir, identity.type)
    await session.sign_in()
    index = await session.read_index(identity.type)
    plan = await asyncio.to_thread(repair_plan, index, broken, folder.free_bytes())
    thread = workspace.engine(
        plan,
        folder,
        check_updates=False,
        give_up_after_s=settings.give_up_after_s,
        wait_for_storage=False,
        wait_for_login=False,
        gives_way=False,
    )
    code = await Watch(session, thread, is_whole_command=False).run()
    repaired = _right_now(folder, broken, deep=deep)
    if code == ExitCode.SOME_FAILED or code == ExitCode.OK:
        code = ExitCode.OK if repaired == len(broken) else ExitCode.SOME_FAILED
    return ExitCode(code), repaired


def _right_now(folder: OutputFolder, broken: Iterable[Finding], *, deep: bool) -> int:
    view = folder.scan()
    lines = (folder.ledger.lines.get(finding.path) for finding in broken)
    return sum(
        judge_file(folder, view.files.get(line.path), line, deep=deep).verdict is Verdict.INTACT
        for line in lines
        if line is not None
    )


def _compared(findings: list[Finding], published: PublishedList) -> list[Compared]:
    beside = [compare(finding, published) for finding in findings]
    return [*beside, *not_on_disk(published, {finding.path for finding in findings})]


def _record_verified(session: Session, outputdir: Path, findings: list[Finding]) -> None:
    """Tell the ledger what was proven, where it can be told and nobody works in the folder."""
    lines = [
        finding.line._replace(state=FileState.VERIFIED, mtime_ns=finding.mtime_ns)
        for finding in findings
        if finding.line is not None
        and finding.line.state is not FileState.VERIFIED
        and finding.mtime_ns
    ]
    if not lines:
        return
    try:
        with open_known(session, outputdir) as known:
            identity = known.identity
        limits = session.workspace.limits
        with OutputFolder.open(outputdir, identity, create=False, limits=limits) as folder:
            folder.record(lines)
    except (StorageError, FolderInUse) as error:
        session.output.say(f"Not noted in the ledger: {error.message}")


def _name_all(session: Session, findings: list[Finding], compared: list[Compared]) -> None:
    """Each file that is not right, once: by the ledger, else by the list."""
    beside = {one.path: one for one in compared}
    for finding in findings:
        one = beside.get(finding.path)
        if finding.verdict is not Verdict.INTACT:
            _name(session, finding.path, finding.verdict, finding.detail, finding, one)
        elif one is not None and one.verdict is Verdict.DIFFERS:
            detail = "intact, but not what the published list says"
            _name(session, finding.path, Verdict.DIFFERS, detail, finding, one)
        elif one is not None and one.verdict is Verdict.EXTRA:
            detail = "intact, not in the published list"
            _name(session, finding.path, Verdict.EXTRA, detail, finding, one)
    for one in compared:
        if one.finding is None:
            detail = "in the published list, never downloaded here"
            _name(session, one.path, Verdict.MISSING, detail, None, one)


def _name(
    session: Session,
    path: str,
    state: Verdict,
    detail: str,
    finding: Finding | None,
    beside: Compared | None,
) -> None:
    if not session.settings.json:
        session.output.line(f"{state}: {path}: {detail}")
        return
    session.output.record(
        "file",
        path=clean(path, 1000),
        state=state.value,
        reason=detail,
        size_bytes=finding.size_bytes if finding else 0,
        md5=finding.md5 if finding else "",
        published_md5=beside.published.md5 if beside and beside.published else "",
    )


def _tell(
    session: Session,
    counts: VerifyCounts,
    compared: list[Compared],
    repaired: int,
    code: ExitCode,
) -> None:
    found = counts.found
    sentence = (
        f"{plural(counts.files_total, 'file')}, {human_size(counts.bytes_total)}: {_listed(found)}."
    )
    by_list = dict.fromkeys(Verdict, 0)
    for one in compared:
        if one.verdict is not None:
            by_list[one.verdict] += 1
    if compared:
        sentence += f" By the published list: {_listed(by_list)}."
        if never := sum(one.finding is None for one in compared):
            sentence += f" Never downloaded into this folder: {plural(never, 'file')} of the list."
    if repaired:
        sentence += f" {plural(repaired, 'file')} fetched again and right now."
    elif any(found[verdict] for verdict in BROKEN):
        sentence += " To fetch again what is not right: preventad-tui verify --repair."
    session.output.tell(sentence)
    if session.settings.json:
        more = {f"published_{one.value}": by_list[one] for one in Verdict} if compared else {}
        session.output.record(
            "summary",
            exit_code=int(code),
            files=counts.files_total,
            size_bytes=counts.bytes_total,
            repaired=repaired,
            **{verdict.value: found[verdict] for verdict in Verdict},
            **more,
        )


def _listed(found: dict[Verdict, int]) -> str:
    parts = [f"{found[Verdict.INTACT]:,} intact"]
    parts += [f"{found[one]:,} {one}" for one in Verdict if found[one] and one != Verdict.INTACT]
    return ", ".join(parts)
