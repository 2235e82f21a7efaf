"""Structure checks of what the server sends: a clean answer proves nothing about its body.

`new_check` looks at a body while it arrives; `deep_check_file` reads a whole file, every gzip
stream included, in bounded memory.
"""

import os

from preventad_tui.core.checks.minc import MincCheck
from preventad_tui.core.checks.nifti import NiftiCheck
from preventad_tui.core.checks.result import CheckResult, ContentCheck
from preventad_tui.core.checks.small import JUDGES, SmallCheck
from preventad_tui.core.limits import Limits
from preventad_tui.core.model import FileKind

__all__ = ["CheckResult", "ContentCheck", "deep_check_file", "new_check"]

_BLOCK = 1_048_576


def new_check(
    kind: FileKind, *, full_gzip: bool, path: str = "", max_bytes: int = Limits().json_max_bytes
) -> ContentCheck:
    """The structure check of a kind of file.

    Args:
        kind: what the file is.
        full_gzip: inflate the whole gzip stream and check its CRC; needed where the server gave
            no length, costs a core-second for each 135 MB.
        path: the file's name, which says whether an image must be compressed.
        max_bytes: the most that a small file may hold; it is kept in memory.
    """
    if kind is FileKind.NIFTI:
        return NiftiCheck(full=full_gzip, name=path)
    if kind is FileKind.MINC:
        return MincCheck()
    return SmallCheck(JUDGES[kind], max_bytes)


def deep_check_file(fd: int, kind: FileKind, *, path: str = "") -> CheckResult:
    """Check a whole file by an open descriptor; its offset is neither used nor moved.

    Raises:
        OSError: it cannot be read.
    """
    check = new_check(kind, full_gzip=True, path=path)
    size = 0
    while block := os.pread(fd, _BLOCK, size):
        check.feed(block)
        size += len(block)
    return check.finish(size)
