"""Is every file of an output folder what the ledger says? Offline; reads only ledger and files."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from preventad_tui.core.checks import CheckResult, new_check
from preventad_tui.core.disk_view import (
    DiskView,
    FileStamp,
    Presence,
    compare_stamp,
    is_script_tag,
)
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.ledger import LedgerLine
from preventad_tui.core.names import kind_of
from preventad_tui.core.text import clean

_BLOCK = 1_048_576
_AHEAD = 8

OnProgress = Callable[["VerifyCounts"], None]


class Verdict(StrEnum):
    """What verifying found; the value is the JSON spelling."""

    INTACT = "intact"
    DAMAGED = "damaged"
    MISSING = "missing"
    CHANGED = "changed"
    DIFFERS = "differs"
    EXTRA = "extra"


BROKEN = frozenset({Verdict.DAMAGED, Verdict.MISSING, Verdict.CHANGED})
"""What ends `verify` with code 3."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One file's verdict.

    Attributes:
        path: relative to the output folder.
        verdict: by the ledger.
        size_bytes: on disk; 0 where nothing is.
        mtime_ns: on disk; 0 where nothing is.
        md5: of what is on disk; "" where it could not be or was not read.
        line: its ledger line; None for an extra file.
        detail: why, for people.
    """

    path: str
    verdict: Verdict
    size_bytes: int = 0
    mtime_ns: int = 0
    md5: str = ""
    line: LedgerLine | None = None
    detail: str = ""


@dataclass(slots=True)
class VerifyCounts:
    """How far verifying is and what it has found; bytes are those on disk by the ledger."""

    files_total: int = 0
    bytes_total: int = 0
    bytes_done: int = 0
    found: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))

    @property
    def files_done(self) -> int:
        """How many files of the ledger were looked at."""
        return sum(self.found.values()) - self.found[Verdict.EXTRA]

    @property
    def is_all_well(self) -> bool:
        """Whether nothing is damaged, missing or changed."""
        return not any(self.found[verdict] for verdict in BROKEN)


def verify_folder(
    folder: OutputFolder,
    *,
    deep: bool = False,
    counts: VerifyCounts | None = None,
    on_progress: OnProgress | None = None,
    jobs: int = 2,
) -> Iterator[Finding]:
    """Judge every file of the ledger, then name the files that it does not know.

    A file with another MD5 is `damaged` where its size shrank or its time is still the recorded
    one (nobody wrote it: the disk did), else `changed` (somebody did). Two files are read at once.

    Args:
        folder: open, perhaps read-only.
        deep: also inflate every gzip stream and check every container.
        counts: kept up to date while this runs.
        on_progress: called with the counts after each file.
        jobs: how many files are read at once.
    """
    counts = counts if counts is not None else VerifyCounts()
    view = folder.scan()
    lines = [folder.ledger.lines[path] for path in sorted(folder.ledger.lines)]
    counts.files_total = len(lines)
    counts.bytes_total = sum(line.size_bytes for line in lines)
    for finding in _in_order(folder, view, lines, deep, jobs):
        counts.found[finding.verdict] += 1
        counts.bytes_done += finding.line.size_bytes if finding.line else 0
        if on_progress is not None:
            on_progress(counts)
        yield finding
    for finding in _extra(view, folder.ledger.lines.keys()):
        counts.found[finding.verdict] += 1
        yield finding


def _in_order(
    folder: OutputFolder, view: DiskView, lines: list[LedgerLine], deep: bool, jobs: int
) -> Iterator[Finding]:
    todo = iter(lines)
    with ThreadPoolExecutor(jobs, thread_name_prefix="verify") as pool:

        def start(line: LedgerLine) -> Future[Finding]:
            return pool.submit(judge_file, folder, view.files.get(line.path), line, deep=deep)

        running = [start(line) for line in islice(todo, _AHEAD)]
        try:
            while running:
                yield running.pop(0).result()
                running.extend(start(line) for line in islice(todo, 1))
        finally:
            for future in running:
                future.cancel()


def judge_file(
    folder: OutputFolder, stamp: FileStamp | None, line: LedgerLine, *, deep: bool
) -> Finding:
    """Judge one file by its ledger line; `stamp` is what stands there."""
    if stamp is None:
        return Finding(line.path, Verdict.MISSING, line=line, detail="it is not there")
    if not stamp.is_regular:
        if compare_stamp(stamp, line) is Presence.SAME:
            return _judge_annexed(folder, stamp, line, deep=deep)
        what = "a link" if stamp.is_symlink else "something that is no file"
        return Finding(line.path, Verdict.MISSING, line=line, detail=f"{what} stands there")
    try:
        fd = folder.open_file(line.path)
    except FileNotFoundError:
        return Finding(line.path, Verdict.MISSING, line=line, detail="it is not there")
    except (OSError, ValueError) as error:
        return Finding(line.path, Verdict.DAMAGED, line=line, detail=_why(error))
    return _judge_content(fd, stamp, line, deep=deep)


def _judge_annexed(
    folder: OutputFolder, stamp: FileStamp, line: LedgerLine, *, deep: bool
) -> Finding:
    """A link into git-annex: its content is judged where it is present."""
    try:
        fd = os.open(folder.path / line.path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        detail = "kept by git-annex, its content is elsewhere"
        return Finding(line.path, Verdict.INTACT, line.size_bytes, 0, line.md5, line, detail)
    return _judge_content(fd, stamp, line, deep=deep)


def _judge_content(fd: int, stamp: FileStamp, line: LedgerLine, *, deep: bool) -> Finding:
    try:
        with open(fd, "rb", buffering=0) as file:
            md5, size, result = _read(file.fileno(), line.path, deep=deep)
            mtime_ns = os.fstat(file.fileno()).st_mtime_ns
    except OSError as error:
        return Finding(line.path, Verdict.DAMAGED, stamp.size_bytes, line=line, detail=_why(error))
    if (size, md5) == (line.size_bytes, line.md5):
        verdict, detail = Verdict.INTACT, ""
        if result is not None and not result.ok:
            verdict, detail = Verdict.DAMAGED, result.message
    elif size < line.size_bytes:
        verdict, detail = Verdict.DAMAGED, f"cut: {size:,} of {line.size_bytes:,} bytes"
    elif size == line.size_bytes and mtime_ns == line.mtime_ns:
        verdict, detail = Verdict.DAMAGED, "its bytes are not those that were written"
    else:
        verdict, detail = Verdict.CHANGED, "altered on disk since it was downloaded"
    return Finding(line.path, verdict, size, mtime_ns, md5, line, detail)


def _read(fd: int, path: str, *, deep: bool) -> tuple[str, int, CheckResult | None]:
    check = new_check(kind_of(path.rpartition("/")[2]), full_gzip=True, path=path) if deep else None
    digest = hashlib.md5(usedforsecurity=False)
    size = 0
    while block := os.read(fd, _BLOCK):
        digest.update(block)
        size += len(block)
        if check is not None:
            check.feed(block)
    return digest.hexdigest(), size, check.finish(size) if check is not None else None


def _extra(view: DiskView, known: Collection[str]) -> Iterator[Finding]:
    for path in sorted(set(view.files).difference(known)):
        stamp = view.files[path]
        detail = "not in the ledger"
        if is_script_tag(path.rpartition("/")[2]):
            detail = "side file of the original script; can be removed"
        yield Finding(path, Verdict.EXTRA, stamp.size_bytes, stamp.mtime_ns, detail=detail)
    for path in view.unreadable:
        yield Finding(path, Verdict.EXTRA, detail="this folder cannot be read")


def _why(error: Exception) -> str:
    words = error.strerror if isinstance(error, OSError) else str(error)
    return f"it cannot be read: {clean(words or str(error))}"
