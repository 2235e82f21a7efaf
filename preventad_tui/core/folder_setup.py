"""The folder of ours inside an output folder: its parts, its identity, what makes a new one."""

import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from preventad_tui.core.disk_view import META
from preventad_tui.core.errors import StateUnreadable, WrongFolder
from preventad_tui.core.folders import OPEN_FOLDER, share, write_new_file
from preventad_tui.core.model import DataType
from preventad_tui.core.text import clean

FORMAT = 1
PARTS = ("ledger", "partial", "old")
_MAX_BYTES = 65_536
_TEMPORARY = re.compile(r"\.(new|probe)-[0-9a-f]{16}(-new)?")

_STUDY_NAMES = {
    "NOT_INCLUDED": ("**/asl/", "/data_releases/"),
    "FILENAME_MISMATCH": ("**/*_T2star.*", "**/*_MP2RAGE.*", "**/*_bold_events.txt"),
    "EXTENSION_MISMATCH": ("**/*_bold_events.txt",),
    "ENTITY_WITH_NO_LABEL": ("**/*_bold_events.txt",),
    "ENTITY_NOT_IN_RULE": ("**/*_bold_events.txt",),
}
BIDS_SUBSET = {
    "ignore": [
        {"code": "SCANS_FILENAME_NOT_MATCH_DATASET"},
        {"code": "INTENDED_FOR"},
        *(
            {"code": code, "location": location}
            for code, locations in _STUDY_NAMES.items()
            for location in locations
        ),
    ]
}
"""For the BIDS validator 2 and later: what a subset of this study cannot avoid.

Its scans.tsv and `IntendedFor` name images that were not selected; some of the study's own names
are not BIDS (entities in another order, a folder `asl/`, events as text); nor are the tables of
`data_releases/`. Tried with version 3.0.2, whose locations of folders end in a slash.
"""


@dataclass(frozen=True, slots=True)
class FolderIdentity:
    """Whose data an output folder holds; a folder holds one server's data of one type.

    `project` is `""` until a login has told it.
    """

    server: str
    project: str
    type: DataType


@dataclass(frozen=True, slots=True)
class FolderState:
    """What `folder.json` says; `token` is random and tells a folder from its replacement."""

    identity: FolderIdentity
    token: str


def meta_file_mode(meta_fd: int) -> int:
    """The mode of files of ours: the folder's own, without execution."""
    return stat.S_IMODE(os.fstat(meta_fd).st_mode) & 0o666


def read_state(meta_fd: int) -> FolderState | None:
    """What `folder.json` says; None where it is not there.

    Raises:
        StateUnreadable: it is damaged, or a newer version wrote it.
    """
    try:
        fd = os.open("folder.json", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=meta_fd)
        with open(fd, "rb") as file:
            value: Any = json.loads(file.read(_MAX_BYTES))
        number = value["format"]
        if number > FORMAT:
            raise StateUnreadable(
                "A newer version of preventad-tui made this output folder.",
                "Update preventad-tui; nothing was changed.",
                "newer-format",
            )
        identity = FolderIdentity(
            str(value["server"]), str(value["project"]), DataType(value["type"])
        )
        return FolderState(identity, str(value["token"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise StateUnreadable(
            f"{META}/folder.json in the output folder cannot be read.",
            "Check its permissions; if it is damaged, move it away and run again.",
            "state",
        ) from error


def check_identity(known: FolderIdentity, wanted: FolderIdentity, path: str) -> None:
    """Refuse to mix servers, projects or types in one folder.

    Raises:
        WrongFolder: they differ.
    """
    if known == wanted:
        return
    if not (known.project and wanted.project) and known == replace(wanted, project=known.project):
        return
    if known.type is not wanted.type:
        what = f"holds {known.type.value.upper()} data, not {wanted.type.value.upper()}"
    elif known.server != wanted.server:
        what = f"holds data from {clean(known.server)}, not {clean(wanted.server)}"
    else:
        what = f"holds data of project {clean(known.project)}, not {clean(wanted.project)}"
    raise WrongFolder(
        f"The folder {clean(path)} {what}.", "Choose another folder with -o.", "wrong-folder"
    )


def set_up(root_fd: int, identity: FolderIdentity) -> int:
    """Make what is missing of our folder; returns it, open.

    It takes the output folder's group and mode, so that a lab's shared folder stays shared.

    Raises:
        OSError: the file system refused.
    """
    root = os.fstat(root_fd)
    mode = stat.S_IMODE(root.st_mode)
    meta_fd = _make_folder(root_fd, META, mode, root.st_gid)
    try:
        for part in PARTS:
            os.close(_make_folder(meta_fd, part, mode, root.st_gid))
        files = {".gitignore": b"*\n", "folder.json": _state_json(identity)}
        if identity.type is DataType.BIDS:
            files["bids-subset.json"] = json.dumps(BIDS_SUBSET, indent=2).encode() + b"\n"
        for name, data in files.items():
            if not _exists(meta_fd, name):
                via = f".new-{os.urandom(8).hex()}"
                mode = meta_file_mode(meta_fd)
                # Of several starts at once the first one's mark of the folder holds.
                write_new_file(meta_fd, name, data, mode, via=via, replace=False)
    except BaseException:
        os.close(meta_fd)
        raise
    return meta_fd


def write_project(meta_fd: int, project: str) -> None:
    """Add the project to `folder.json`, which was made before it was known.

    Raises:
        OSError: the file system refused.
        StateUnreadable: the file cannot be read.
    """
    state = read_state(meta_fd)
    if state is not None:
        data = _state_json(replace(state.identity, project=project), state.token)
        via = f".new-{os.urandom(8).hex()}"
        write_new_file(meta_fd, "folder.json", data, meta_file_mode(meta_fd), via=via)


def probe(meta_fd: int) -> None:
    """Write, sync, rename and remove a small file: what every download will do.

    Raises:
        OSError: the folder cannot be written.
    """
    name = f".probe-{os.urandom(8).hex()}"
    write_new_file(meta_fd, name, b"probe\n", 0o600, via=f"{name}-new")
    os.unlink(name, dir_fd=meta_fd)


def sweep(meta_fd: int, older_than: float) -> None:
    """Remove what starts that were killed left of theirs; a younger one may be of a live run.

    Args:
        older_than: a time by the file system's clock, in seconds.
    """
    for name in filter(_TEMPORARY.fullmatch, os.listdir(meta_fd)):
        try:
            if os.stat(name, dir_fd=meta_fd, follow_symlinks=False).st_mtime < older_than:
                os.unlink(name, dir_fd=meta_fd)
        except FileNotFoundError:  # another start was first
            continue


@contextmanager
def opened(folder_fd: int, name: str) -> Iterator[int]:
    """One folder below another, not through a link, closed at the end."""
    fd = os.open(name, OPEN_FOLDER, dir_fd=folder_fd)
    try:
        yield fd
    finally:
        os.close(fd)


def _state_json(identity: FolderIdentity, token: str = "") -> bytes:
    value = {"format": FORMAT, **asdict(identity), "token": token or os.urandom(16).hex()}
    return json.dumps(value, indent=2).encode() + b"\n"


def _make_folder(parent_fd: int, name: str, mode: int, group: int) -> int:
    try:
        os.mkdir(name, dir_fd=parent_fd)
        made = True
    except FileExistsError:
        made = False
    fd = os.open(name, OPEN_FOLDER, dir_fd=parent_fd)
    if made:
        share(fd, mode, group)
    return fd


def _exists(folder_fd: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
        return True
    except FileNotFoundError:
        return False
