"""Small files that are read whole: JSON, TSV, bval, bvec, and plain text."""

import json
import math
from collections.abc import Callable

from preventad_tui.core.checks.result import OK, CheckResult, refused, sniff
from preventad_tui.core.model import FileKind

Judge = Callable[[bytes], CheckResult]


def judge_json(data: bytes) -> CheckResult:
    """An object or a list: every cut of those fails to parse, while a number's would pass."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return refused("not-json", "The file is not valid JSON.")
    if not isinstance(value, dict | list):
        return refused("not-json", "The file is not a JSON object.")
    if isinstance(value, dict) and list(value) == ["error"]:
        return refused("json-error", "The server sent an error message instead of the file.")
    return OK


def judge_tsv(data: bytes) -> CheckResult:
    """A header, and as many columns in every row."""
    if b"\0" in data:
        return _nul()
    rows = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").split(b"\n")
    if not rows[0].strip():
        return refused("tsv", "The table has no header.")
    columns = rows[0].count(b"\t")
    if any(row and row.count(b"\t") != columns for row in rows):
        return refused("tsv", "The table's rows differ in their number of columns.")
    return OK


def judge_bval(data: bytes) -> CheckResult:
    """One row of numbers."""
    rows = _numbers(data)
    if rows is None or len(rows) != 1:
        return refused("bval", "The file is not one row of numbers.")
    return OK


def judge_bvec(data: bytes) -> CheckResult:
    """Three rows of as many numbers."""
    rows = _numbers(data)
    if rows is None or len(rows) != 3 or len({len(row) for row in rows}) != 1:
        return refused("bvec", "The file is not three rows of as many numbers.")
    return OK


def judge_text(data: bytes) -> CheckResult:
    """Anything but nothing and NULs."""
    if not data.strip():
        return refused("empty", "The server sent a file without text.")
    return _nul() if b"\0" in data else OK


def _nul() -> CheckResult:
    return refused("nul", "The text holds NUL bytes.")


def _numbers(data: bytes) -> list[list[float]] | None:
    try:
        rows = [[float(word) for word in row.split()] for row in data.decode("ascii").splitlines()]
    except ValueError:
        return None
    rows = [row for row in rows if row]
    return rows if all(math.isfinite(value) for row in rows for value in row) else None


JUDGES: dict[FileKind, Judge] = {
    FileKind.JSON: judge_json,
    FileKind.TSV: judge_tsv,
    FileKind.BVAL: judge_bval,
    FileKind.BVEC: judge_bvec,
    FileKind.EVENTS: judge_text,
    FileKind.TEXT: judge_text,
}


class SmallCheck:
    """Keeps the whole body, up to a limit, and judges it at the end."""

    def __init__(self, judge: Judge, max_bytes: int) -> None:
        self._judge = judge
        self._max_bytes = max_bytes
        self._data = bytearray()

    def feed(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        if len(self._data) <= self._max_bytes:
            self._data += data[: self._max_bytes + 1 - len(self._data)]

    def finish(self, size_bytes: int) -> CheckResult:
        """Judge, now that all bytes were fed."""
        data = bytes(self._data)
        if size_bytes > self._max_bytes:
            return sniff(data) or refused("too-large", "The file is larger than any of its kind.")
        bad = sniff(data)
        # A sidecar may have a key "error" among others: only parsing tells.
        if bad is not None and not (bad.reason == "json-error" and self._judge is judge_json):
            return bad
        return self._judge(data)
