"""The mark that a refused login leaves in an output folder, which stops the runs beside it.

LORIS locks an account, and everyone behind the same address, after 10 failures in 15 minutes: a
job array must not try one after the other.
"""

import os
import time
from datetime import UTC, datetime

from preventad_tui.core.folder_lock import folder_clock
from preventad_tui.core.folders import share

_NAME = "login-refused"


def set_mark(meta_fd: int, file_mode: int) -> None:
    """Leave the mark, stamped by the file system's clock.

    Raises:
        OSError: it could not be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(_NAME, flags, file_mode, dir_fd=meta_fd)
    try:
        share(fd, file_mode)
        os.utime(fd)
    finally:
        os.close(fd)


def clear_mark(meta_fd: int) -> None:
    """Remove the mark: a login has worked."""
    try:
        os.unlink(_NAME, dir_fd=meta_fd)
    except OSError:
        pass


def read_mark(meta_fd: int, lasts_s: float) -> datetime | None:
    """When a login was refused, where that is less than `lasts_s` ago; None otherwise."""
    try:
        stamp = os.stat(_NAME, dir_fd=meta_fd, follow_symlinks=False).st_mtime
    except OSError:
        return None
    try:
        now = folder_clock(meta_fd)
    except OSError:  # the folder can only be read: this machine's clock is all there is
        now = time.time()
    return datetime.fromtimestamp(stamp, UTC) if now - stamp < lasts_s else None
