"""A file on its way: a unique temporary file in `.preventad-tui/partial/`."""

import os
import re

from preventad_tui.core.folders import start_writing_out, write_all
from preventad_tui.core.storage_errors import folder_gone, storage_error

_NAME = re.compile(r"([0-9a-f]{16})-[0-9a-f]{16}\.part")
_FLUSH_BYTES = 4 << 20
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def run_of_partial(name: str) -> str:
    """The run that a partial's name belongs to; "" where the name is not one of ours."""
    match = _NAME.fullmatch(name)
    return match.group(1) if match else ""


class Partial:
    """Bytes on their way to `path`; whoever makes one commits or discards it.

    The name is 38 characters whatever the final name: the run's 64 random bits, and 64 of its own.
    Methods are called from one thread at a time.
    """

    __slots__ = ("_flushed_bytes", "_folder_fd", "fd", "name", "path", "size_bytes")

    def __init__(self, folder_fd: int, run_id: str, path: str) -> None:
        """Create it; `folder_fd` is the open `partial/` folder, which outlives this object.

        Raises:
            StorageError: the file system refused.
        """
        self._folder_fd = folder_fd
        self.path = path
        self.name = f"{run_id}-{os.urandom(8).hex()}.part"
        self.size_bytes = 0
        self._flushed_bytes = 0
        try:
            # 0666: the umask and the folder's default ACL decide, as for any file of the user's.
            self.fd = os.open(self.name, _FLAGS, 0o666, dir_fd=folder_fd)
        except FileNotFoundError as error:
            raise folder_gone(".preventad-tui/partial") from error
        except OSError as error:
            raise storage_error(error, f"making room for {path}", folder_fd=folder_fd) from error

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append bytes, all of them.

        Raises:
            StorageError: full disk, quota, input/output error.
        """
        try:
            self.size_bytes += write_all(self.fd, memoryview(data))
        except OSError as error:
            raise storage_error(error, f"writing {self.path}", folder_fd=self._folder_fd) from error
        if self.size_bytes - self._flushed_bytes >= _FLUSH_BYTES:
            start_writing_out(self.fd, self._flushed_bytes, self.size_bytes - self._flushed_bytes)
            self._flushed_bytes = self.size_bytes

    def fsync(self) -> None:
        """Make the bytes durable. After a failure the partial must be discarded.

        Raises:
            StorageError: some file systems report a full disk or quota only here.
        """
        try:
            os.fsync(self.fd)
            # Others report it only when a descriptor is closed, and then it must not be too late.
            os.close(os.dup(self.fd))
        except OSError as error:
            raise storage_error(error, f"writing {self.path}", folder_fd=self._folder_fd) from error

    def close(self) -> None:
        """Close the file and leave it where it is."""
        if self.fd >= 0:
            fd, self.fd = self.fd, -1
            try:
                os.close(fd)
            except OSError:  # whatever close reports, fsync has reported or discarding forgets
                pass

    def discard(self) -> None:
        """Close and remove it."""
        self.close()
        try:
            os.unlink(self.name, dir_fd=self._folder_fd)
        except OSError:  # gone already, or swept by the next start
            pass
