"""What this machine is to a download: program, keyring, output folder and its file system."""

import os
import platform
from pathlib import Path

from preventad_tui import __version__
from preventad_tui.core.disk_view import META
from preventad_tui.core.doctor import Check, note, problem, well
from preventad_tui.core.errors import NotWritable
from preventad_tui.core.keyrings import KeyringState
from preventad_tui.core.text import clean, human_size, plural

_WHOLE_BYTES = 295_546_476_008
_WHOLE_FILES = 53_058
"""The open dataset in BIDS, as published (2021 snapshot)."""

_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "ceph", "glusterfs", "afs"}
)
_MEMORY = frozenset({"tmpfs", "ramfs"})
_WITHOUT_RIGHTS = frozenset({"vfat", "exfat", "msdos", "fuseblk", "ntfs", "ntfs3"})


def program_check() -> Check:
    """What runs on what."""
    system = clean(f"{platform.system()} {platform.release()} {platform.machine()}")
    return well(
        "program", f"preventad-tui {__version__}, Python {platform.python_version()}, {system}"
    )


def keyring_check(state: KeyringState) -> Check:
    """Whether a token can be kept from one start to the next."""
    if state.usable:
        return well("keyring", state.label)
    return note(
        "keyring",
        state.reason,
        "The token stays in memory; for batch jobs: preventad-tui login --token-file FILE.",
    )


def folder_checks(folder: Path | None) -> list[Check]:
    """The output folder, or the nearest folder above it that exists."""
    if folder is None:
        return [note("folder", "none was named", "Name one with -o DIR to have it looked at.")]
    shown = clean(str(folder))
    existing = next(one for one in (folder, *folder.absolute().parents) if os.path.lexists(one))
    if not existing.is_dir():
        error = NotWritable(f"{clean(str(existing))} is not a folder.", "Name another with -o DIR.")
        return [problem("folder", error)]
    checks = []
    if existing != folder:
        checks.append(well("folder", f"{shown}: not there yet, will be made"))
    elif (folder / META).is_dir():
        checks.append(well("folder", f"{shown}: holds a download"))
    else:
        checks.append(well("folder", shown))
    if not os.access(existing, os.W_OK | os.X_OK):
        error = NotWritable(
            f"{clean(str(existing))} cannot be written.",
            "Choose another folder with -o DIR, or ask for the right to write there.",
        )
        checks.append(problem("writing", error))
    return [*checks, _system_check(existing), *_room_checks(existing)]


def _system_check(folder: Path) -> Check:
    kind = file_system(folder)
    if kind in _NETWORK:
        return note(
            "file system",
            f"{kind}, over the network",
            "Works; free space there says nothing of your quota (config.toml: quota_command).",
        )
    if kind in _MEMORY:
        return note(
            "file system", f"{kind}, in memory", "Choose a disk: this is gone when it restarts."
        )
    if kind in _WITHOUT_RIGHTS:
        return note(
            "file system",
            f"{kind}: keeps no rights, its time stamps are coarse",
            "Works, but a disk of the system's own kind is better.",
        )
    return well("file system", kind or "not told by this system")


def _room_checks(folder: Path) -> list[Check]:
    try:
        found = os.statvfs(folder)
    except OSError as error:
        return [
            note("free space", f"not told ({clean(error.strerror or '')})", "Try another folder.")
        ]
    free_bytes = found.f_bavail * found.f_frsize
    text = f"{human_size(free_bytes)} (a quota may be less)"
    if free_bytes < _WHOLE_BYTES:
        whole = human_size(_WHOLE_BYTES)
        checks = [
            note("free space", text, f"Everything in BIDS is {whole}: “plan” tells what you need.")
        ]
    else:
        checks = [well("free space", text)]
    if found.f_files and found.f_favail < _WHOLE_FILES:
        checks.append(
            note(
                "free inodes",
                plural(found.f_favail, "more file"),
                f"Everything in BIDS is {plural(_WHOLE_FILES, 'file')}.",
            )
        )
    return checks


def file_system(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """The kind of file system that a folder is on (`ext4`, `nfs4`); `""` where Linux is not."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        wanted = os.stat(folder).st_dev
        real = os.path.realpath(folder)
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        fields, separator, after = line.partition(" - ")
        parts = fields.split(" ")
        if not separator or len(parts) < 5:
            continue
        point = parts[4].replace("\\040", " ")
        is_above = point == "/" or real == point or real.startswith(f"{point}/")
        is_same = parts[2] == f"{os.major(wanted)}:{os.minor(wanted)}"
        # A later mount over the same point hides the earlier one.
        rank = 2 * len(point) + (1_000_000 if is_same else 0)
        if is_above and rank >= best:
            best, kind = rank, after.split(" ")[0]
    return clean(kind)
