"""Every storage fault has its own sentence, kind and reason."""

import errno
import os

import pytest

from preventad_tui.core.errors import DiskFull, FolderGone, NotWritable, StorageError
from preventad_tui.core.storage_errors import folder_gone, storage_error

CASES = [
    (errno.ENOSPC, DiskFull, "disk-full"),
    (errno.EDQUOT, DiskFull, "quota"),
    (errno.EFBIG, DiskFull, "file-too-large"),
    (errno.EROFS, NotWritable, "read-only"),
    (errno.EACCES, NotWritable, "no-permission"),
    (errno.EPERM, NotWritable, "no-permission"),
    (errno.EIO, StorageError, "io"),
    (errno.ESTALE, FolderGone, "folder-gone"),
    (errno.ENOTCONN, FolderGone, "folder-gone"),
    (errno.EXDEV, StorageError, "other-device"),
    (errno.EMFILE, StorageError, "too-many-open"),
    (errno.ENOMEM, StorageError, "too-many-open"),
    (errno.ENAMETOOLONG, StorageError, "name-too-long"),
    (errno.EBUSY, StorageError, "storage"),
]


@pytest.mark.parametrize(("code", "kind", "reason"), CASES)
def test_kind_reason_and_words(code: int, kind: type[StorageError], reason: str) -> None:
    error = storage_error(OSError(code, os.strerror(code)), "writing sub-1/x\x1b.json")
    assert type(error) is kind
    assert error.reason == reason
    assert error.exit_code == 6
    assert "writing sub-1/x\\u{1b}.json" in error.message
    assert "\x1b" not in str(error)
    assert error.message.endswith(".")
    assert error.hint.endswith(".")


def test_a_full_disk_says_what_is_free(tmp_path: os.PathLike[str]) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    error = storage_error(OSError(errno.ENOSPC, "x"), "writing a", folder_fd=fd)
    os.close(fd)
    assert "free" in error.message


def test_a_gone_folder_is_named() -> None:
    assert "/data/out" in folder_gone("/data/out").message
