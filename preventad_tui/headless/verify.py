"""`verify`: is every file of an output folder what the ledger says; `--repair` fetches what is not.

Offline but for the repair.
"""

import asyncio
import threading
from collections.abc import Iterable
from pathlib import Path

from preventad_tui.core.errors import ExitCode, StorageError
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.repair import repair_plan
from preventad_tui.core.text import clean, human_size, plural
from preventad_tui.core.verify import (
    BROKEN,
    Finding,
    Verdict,
    VerifyCounts,
    judge_file,
    verify_folder,
)
from preventad_tui.headless.get import Watch
from preventad_tui.headless.plan import needed_outputdir
from preventad_tui.headless.session import Session


async def run(session: Session) -> int:
    """Name what is not right; code 3 while anything is damaged, changed or missing."""
    outputdir = needed_outputdir(session.settings)
    deep = "deep" in vars(session.options)
    counts = VerifyCounts()
    with open_known(session, outputdir) as folder:
        findings = await _judge(session, folder, counts, deep=deep)
    if session.signals.code is not None:
        return session.signals.code
    broken = [finding for finding in findings if finding.verdict in BROKEN]
    for finding in findings:
        if finding.verdict is not Verdict.INTACT:
            _name(session, finding)
    code, repaired = ExitCode.SOME_FAILED if broken else ExitCode.OK, 0
    if broken and "repair" in vars(session.options):
        code, repaired = await _repair(session, outputdir, broken, deep=deep)
    _tell(session, counts, repaired, code)
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


def _name(session: Session, finding: Finding) -> None:
    if session.settings.json:
        session.output.record(
            "file",
            path=clean(finding.path, 1000),
            state=finding.verdict.value,
            reason=finding.detail,
            size_bytes=finding.size_bytes,
            md5=finding.md5,
        )
    else:
        session.output.line(f"{finding.verdict}: {finding.path}: {finding.detail}")


def _tell(session: Session, counts: VerifyCounts, repaired: int, code: ExitCode) -> None:
    found = counts.found
    parts = [f"{found[Verdict.INTACT]:,} intact"]
    parts += [
        f"{found[verdict]:,} {verdict}"
        for verdict in Verdict
        if found[verdict] and verdict is not Verdict.INTACT
    ]
    sentence = (
        f"{plural(counts.files_total, 'file')}, {human_size(counts.bytes_total)}: "
        f"{', '.join(parts)}."
    )
    if repaired:
        sentence += f" {plural(repaired, 'file')} fetched again and right now."
    elif code == ExitCode.SOME_FAILED:
        sentence += " To fetch again what is not right: preventad-tui verify --repair."
    session.output.tell(sentence)
    if session.settings.json:
        session.output.record(
            "summary",
            exit_code=int(code),
            files=counts.files_total,
            size_bytes=counts.bytes_total,
            repaired=repaired,
            **{verdict.value: found[verdict] for verdict in Verdict},
        )
