"""Ledger lines merged in memory: what is known of each file, and of its older versions.

Nothing is decided by comparing clocks: where lines of several runs differ about a file's content,
the one that agrees with the disk holds (`settle`).
"""

from collections.abc import Callable, Iterable, Iterator

from preventad_tui.core.ledger_line import LedgerLine
from preventad_tui.core.ledger_view import LedgerView
from preventad_tui.core.packed_line import PackedLine, PackedLines, pack, unpack
from preventad_tui.core.states import GOOD, FileState


class KnownLines:
    """The merged view of lines taken one after the other.

    Reading `lines` and `ends` from any thread is safe; iterate over a copy where another thread
    may add lines.
    """

    def __init__(self) -> None:
        self._packed = PackedLines()
        self._later: dict[str, bytes] = {}  # latest lines that are not those of `_packed`
        self._older: dict[str, list[LedgerLine]] = {}
        self._line_count = 0

    @property
    def lines(self) -> LedgerView:
        """The line that says what each file on disk should be."""
        return LedgerView(self._packed)

    @property
    def ends(self) -> LedgerView:
        """The latest line of any state, for each path."""
        return LedgerView(self._later, self._packed)

    def versions(self, path: str) -> tuple[LedgerLine, ...]:
        """Every version of a file that was ever on disk, the present one last."""
        line = self.lines.get(path)
        return (*self._older.get(path, ()), *((line,) if line else ()))

    def apply(self, lines: Iterable[LedgerLine]) -> None:
        """Take lines into the merged view."""
        for line in lines:
            self._take(pack(line))

    def _take(self, line: PackedLine) -> None:
        """Take one line."""
        self._line_count += 1
        path, text, md5, state = line
        if state in GOOD:
            before = self._packed.setdefault(path, text)
            if before is not text:
                older = unpack(path, before)
                if older.md5 != md5:
                    self._keep_older(older)
                self._packed[path] = text
            self._later.pop(path, None)
            return
        self._later[path] = text
        if state is FileState.FAILED and (partial := unpack(path, text).partial):
            self._withdraw(path, partial)

    def _keep_older(self, line: LedgerLine) -> None:
        older = self._older.setdefault(line.path, [])
        older[:] = [other for other in older if other.md5 != line.md5]
        older.append(line)

    def _withdraw(self, path: str, partial: str) -> None:
        """A failed line that names a partial takes back the good line of that partial."""
        older = [line for line in self._older.get(path, ()) if line.partial != partial]
        present = self.lines.get(path)
        if present is not None and present.partial == partial:
            if older:
                self._packed[path] = pack(older.pop()).text
            else:
                del self._packed[path]
        if older:
            self._older[path] = older
        else:
            self._older.pop(path, None)

    def settle(self, stamp_of: Callable[[str], tuple[int, int] | None]) -> None:
        """Let the disk decide where several versions of a file are known.

        Args:
            stamp_of: size in bytes and mtime in ns of what stands at a path, None for nothing.
        """
        for path in list(self._older):
            present = self.lines.get(path)
            stamp = stamp_of(path)
            if present is None or stamp is None or (present.size_bytes, present.mtime_ns) == stamp:
                continue
            for line in reversed(self._older[path]):
                if (line.size_bytes, line.mtime_ns) == stamp:
                    self._later.setdefault(path, self._packed[path])
                    self._packed[path] = pack(line).text
                    self._older[path].remove(line)
                    self._keep_older(present)
                    break

    def _all_lines(self) -> Iterator[LedgerLine]:
        for path in self.ends:
            yield from self.versions(path)
            if path in self._later:
                yield unpack(path, self._later[path])

    def _forget(self) -> None:
        self._packed.clear()
        self._later.clear()
        self._older.clear()
        self._line_count = 0
