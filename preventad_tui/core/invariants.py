"""What must hold in an output folder after any run, however it ended; one sentence a breach."""

import json
import os
import stat
import time
from collections.abc import Collection
from pathlib import Path

from preventad_tui import __version__
from preventad_tui.core.disk_view import META
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.ledger import load_ledger
from preventad_tui.core.limits import Limits
from preventad_tui.core.partial import run_of_partial
from preventad_tui.core.states import FileState
from preventad_tui.core.verify import Finding, Verdict, verify_folder

_OURS = frozenset(
    {"ledger", "partial", "old", ".gitignore", "folder.json", "bids-subset.json", "login-refused"}
)


def check_invariants(
    folder: OutputFolder,
    *,
    finished: bool,
    deep: bool = True,
    foreign: Collection[str] = frozenset(),
    wanted: Collection[str] | None = None,
) -> list[str]:
    """The breaches of the folder's promises; none after any run, killed or not.

    What a run has found altered or in its way, and told, is none.

    Args:
        folder: open read-only, after the run.
        finished: the run ended with code 0: nothing may be missing and no partial left.
        deep: also inflate every image.
        foreign: paths that were there before the first run.
        wanted: what the run was to bring, where that is not all of the ledger.
    """
    missing_is_breach = frozenset(folder.ledger.lines if wanted is None else wanted)
    if not finished:
        missing_is_breach = frozenset()
    return [
        *_files(folder, missing_is_breach, deep=deep, foreign=foreign),
        *_folder_of_ours(folder, finished=finished),
        *_ledger(folder),
    ]


def _files(
    folder: OutputFolder,
    missing_is_breach: frozenset[str],
    *,
    deep: bool,
    foreign: Collection[str],
) -> list[str]:
    breaches = []
    for finding in verify_folder(folder, deep=deep):
        if _is_told(folder, finding):
            continue
        match finding.verdict:
            case Verdict.DAMAGED | Verdict.CHANGED:
                breaches.append(f"{finding.path}: {finding.verdict.value}, {finding.detail}")
            case Verdict.MISSING if finding.path in missing_is_breach:
                breaches.append(f"{finding.path}: in the ledger, not on disk")
            case Verdict.EXTRA if finding.path not in foreign:
                breaches.append(f"{finding.path}: on disk, not in the ledger")
    for path, stamp in folder.scan().files.items():
        told = path in foreign or _end_reason(folder, path) == "occupied"
        if stamp.is_symlink and stamp.annex is None and not told:
            breaches.append(f"{path}: a symbolic link")
    return breaches


def _is_told(folder: OutputFolder, finding: Finding) -> bool:
    end = folder.ledger.ends.get(finding.path)
    if finding.verdict is Verdict.EXTRA:
        return _end_reason(folder, finding.path) == "occupied"
    return end is not None and end.state is FileState.CHANGED


def _end_reason(folder: OutputFolder, path: str) -> str:
    end = folder.ledger.ends.get(path)
    return end.reason if end is not None else ""


def _folder_of_ours(folder: OutputFolder, *, finished: bool) -> list[str]:
    breaches = []
    meta = folder.path / META
    root, ours = folder.path.stat(), meta.stat()
    if stat.S_IMODE(root.st_mode) != stat.S_IMODE(ours.st_mode) or root.st_gid != ours.st_gid:
        breaches.append(f"{META}: not the output folder's mode and group")
    for name in sorted(os.listdir(meta)):
        if name not in _OURS and not name.startswith("lock") and not name.startswith("."):
            breaches.append(f"{META}/{name}: not one of ours")
        # Temporary files of killed starts go once they are surely nobody's.
        is_temporary = name.startswith(".") and name != ".gitignore"
        is_old = is_temporary and _age_s(meta / name) > Limits().stale_after_s
        if finished and (is_old or name.startswith("lock")):
            breaches.append(f"{META}/{name}: left behind")
    partials = os.listdir(meta / "partial")
    if finished and partials:
        breaches.append(f"{META}/partial: {len(partials)} left after the end")
    breaches += [
        f"{META}/partial/{name}: not one of ours" for name in partials if not run_of_partial(name)
    ]
    for name in ("folder.json", "bids-subset.json"):
        try:
            data = (meta / name).read_bytes()
            json.loads(data)
        except FileNotFoundError:
            continue
        except ValueError:
            breaches.append(f"{META}/{name}: not JSON")
        else:
            if not data.endswith(b"\n"):
                breaches.append(f"{META}/{name}: no newline at its end")
    return breaches


def _age_s(path: Path) -> float:
    return time.time() - path.lstat().st_mtime


def _ledger(folder: OutputFolder) -> list[str]:
    breaches = []
    if folder.ledger.bad_lines:
        breaches.append(f"the ledger has {folder.ledger.bad_lines} unusable lines")
    fd = os.open(folder.path / META / "ledger", os.O_RDONLY | os.O_DIRECTORY)
    try:
        again = load_ledger(fd, version=__version__)
        again.close()
    finally:
        os.close(fd)
    if dict(again.ends) != dict(folder.ledger.ends) or again.lines.keys() != (
        folder.ledger.lines.keys()
    ):
        breaches.append("the ledger reads differently the second time")
    return breaches
