"""The copy of a folder's digest list in the user's state folder.

A scratch purge takes the ledger with the files. With the copy the program still knows what was
there: its lines go back into the ledger where that has none, and the plan, `status` and `--missing`
treat the files as removed from disk.

A copy belongs to one place on disk, and to the folder whose random mark it names: a folder that was
moved takes its copy along, another one that was put in its place does not get it.
"""

import gzip
import hashlib
import io
import json
import logging
import os
import zlib
from collections.abc import Container, Iterable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from preventad_tui import __version__
from preventad_tui.core.errors import NotWritable
from preventad_tui.core.folder import FolderIdentity, OutputFolder
from preventad_tui.core.ledger_line import LedgerLine, encode, header
from preventad_tui.core.model import DataType
from preventad_tui.core.packed_line import read_lines
from preventad_tui.core.paths import write_private
from preventad_tui.core.segments import read_header

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DigestCopy:
    """What a folder held when it was last left; `token` is its random mark.

    `lines` are those that were asked for, of `count`.
    """

    path: str
    token: str
    identity: FolderIdentity
    lines: tuple[LedgerLine, ...] = ()
    count: int = 0


def copy_path(folder: Path, copies: Path) -> Path:
    """Where the copy of an output folder's list is; `copies` is the folder of all of them."""
    name = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:32]
    return copies / f"{name}.jsonl.gz"


def save_copy(folder: OutputFolder, copies: Path) -> None:
    """Keep the folder's present list where it changed; trouble with that is only logged."""
    lines = folder.ledger.lines
    if not lines or folder.identity is None or folder.read_only or not folder.is_changed:
        return
    place = {
        "path": os.path.realpath(folder.path),
        "token": folder.token,
        "server": folder.identity.server,
        "project": folder.identity.project,
        "type": folder.identity.type.value,
    }
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1, mtime=0) as file:
        file.write(header(__version__))
        file.write(encode(place))
        for line in lines.values():
            file.write(encode(line))
    try:
        write_private(copy_path(folder.path, copies), packed.getvalue())
        _remove_of_moved(folder, copies)
    except (NotWritable, OSError) as error:
        log.warning("the digest list's copy cannot be kept: %s", error)


def restore(folder: OutputFolder, copies: Path) -> int:
    """Give the folder back what its ledger has lost; how many files that are.

    Raises:
        StorageError: the ledger cannot be written.
    """
    copy = load_copy(copy_path(folder.path, copies), known=folder.ledger.ends)
    if copy is None or not _belongs(copy, folder):
        folder.is_changed = True
        return 0
    folder.is_changed = copy.count < len(folder.ledger.lines)
    return folder.restore_lines(copy.lines)


def lost_folder(path: Path, copies: Path) -> DigestCopy | None:
    """What a folder held that is not there any more."""
    copy = load_copy(copy_path(path, copies))
    return copy if copy is not None and copy.path == os.path.realpath(path) else None


def load_copy(path: Path, *, known: Container[str] = ()) -> DigestCopy | None:
    """Read a copy, but for the lines of `known` paths.

    None where there is none or it cannot be read: it only ever helps.
    """
    try:
        with gzip.open(path, "rb") as packed, io.BufferedReader(packed) as file:
            if not read_header(file):
                return None
            place = json.loads(file.readline()[9:])
            lines, count = [], 0
            for line in filter(attrgetter("is_good"), read_lines(file)):
                count += 1
                if line.path not in known:
                    lines.append(line)
        identity = FolderIdentity(
            str(place["server"]), str(place["project"]), DataType(place["type"])
        )
        return DigestCopy(str(place["path"]), str(place["token"]), identity, tuple(lines), count)
    except FileNotFoundError:
        return None
    except Exception as error:  # damaged, of a newer version, not readable
        log.warning("the digest list's copy %s cannot be read: %s", path, type(error).__name__)
        return None


def _belongs(copy: DigestCopy, folder: OutputFolder) -> bool:
    """In a folder that was made anew, since all of it went, the place decides."""
    if folder.identity is None or copy.path != os.path.realpath(folder.path):
        return False
    if folder.token and not folder.is_new:
        return copy.token == folder.token
    return is_of(copy, folder.identity)


def is_of(copy: DigestCopy, identity: FolderIdentity) -> bool:
    """Whether a copy is of this server's data of this type; a project may not be known yet."""
    known = copy.identity
    projects = {known.project, identity.project} - {""}
    return (known.server, known.type) == (identity.server, identity.type) and len(projects) <= 1


def _remove_of_moved(folder: OutputFolder, copies: Path) -> None:
    """Drop the copies of places where this folder stood before it was moved."""
    ours = copy_path(folder.path, copies)
    for path in _others(copies, ours):
        place = _place(path)
        if place.get("token") == folder.token and not os.path.exists(str(place.get("path"))):
            path.unlink(missing_ok=True)


def _others(copies: Path, ours: Path) -> Iterable[Path]:
    return (path for path in copies.glob("*.jsonl.gz") if path != ours)


def _place(path: Path) -> dict[str, object]:
    try:
        with gzip.open(path, "rb") as file:
            file.readline()
            value = json.loads(file.readline()[9:])
        return value if isinstance(value, dict) else {}
    except (OSError, EOFError, ValueError, zlib.error):
        return {}
