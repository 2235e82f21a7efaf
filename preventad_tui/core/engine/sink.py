"""Where the bytes of one answer go: digest, structure check, partial. Used on pool threads."""

import hashlib

from preventad_tui.core.checks import CheckResult, deep_check_file, new_check
from preventad_tui.core.engine.courtesy import Turns
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.model import FileKind
from preventad_tui.core.partial import Partial


class Digest:
    """MD5 of what is written to it, and its size; keeps nothing."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.size_bytes = 0

    @property
    def md5(self) -> str:
        """The digest of the bytes so far, hexadecimal."""
        return self._md5.hexdigest()

    def write(self, data: memoryview) -> None:
        """Take the next bytes."""
        with self._turns.turn(len(data)):
            for piece in self._turns.pieces(data):
                self._md5.update(piece)
            self.size_bytes += len(data)
            self._keep(data)

    def finish(self, data: memoryview) -> CheckResult:
        """Take the last bytes and say whether the whole is sound."""
        self.write(data)
        return CheckResult(True, "", "")

    def discard(self) -> None:
        """Nothing of it is wanted."""

    def _keep(self, data: memoryview) -> None:
        """Do more with the bytes."""


class Sink(Digest):
    """A digest that also checks the structure and writes a partial.

    The partial is made with the first bytes, so that a small file costs one call in all. After
    `finish` with a good result the partial is synced and waits for its commit.
    """

    def __init__(
        self, folder: OutputFolder, path: str, kind: FileKind, turns: Turns, *, full_gzip: bool
    ) -> None:
        super().__init__(turns)
        self._folder = folder
        self._path = path
        self._kind = kind
        self._check = new_check(kind, full_gzip=full_gzip, path=path)
        self.partial: Partial | None = None

    def finish(self, data: memoryview) -> CheckResult:
        """Take the last bytes, finish the check, and sync the partial where it is good."""
        self.write(data)
        result = self._check.finish(self.size_bytes)
        if result.reason == "nifti-size" and self.partial is not None:
            # Several gzip members, or padding: only reading it to the end tells.
            result = deep_check_file(self.partial.fd, self._kind, path=self._path)
        if result.ok and self.partial is not None:
            self.partial.fsync()
        else:
            self.discard()
        return result

    def discard(self) -> None:
        """Remove the partial."""
        if self.partial is not None:
            self.partial.discard()
            self.partial = None

    def _keep(self, data: memoryview) -> None:
        if self.partial is None:
            self.partial = self._folder.new_partial(self._path)
        self._check.feed(data)
        self.partial.write(data)
