"""What a structure check says, and the look at a body's first bytes that all checks share."""

from dataclasses import dataclass
from typing import Protocol

SNIFF_BYTES = 512


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether a body has the structure of its kind.

    Attributes:
        ok: it has.
        reason: a short code where it has not: `empty`, `html`, `json-error`, `too-large`,
            `truncated`, `gzip`, `encoding`, `nifti-header`, `nifti-size`, `minc`, `minc-size`,
            `not-json`, `tsv`, `bval`, `bvec`, `nul`.
        message: the same for people.
    """

    ok: bool
    reason: str = ""
    message: str = ""


OK = CheckResult(True)


class ContentCheck(Protocol):
    """Looks at a body as it arrives; cheap for big files, bounded in memory."""

    def feed(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""

    def finish(self, size_bytes: int) -> CheckResult:
        """Judge, now that all `size_bytes` bytes were fed."""


def refused(reason: str, message: str) -> CheckResult:
    """A body that is not taken."""
    return CheckResult(False, reason, message)


def sniff(head: bytes) -> CheckResult | None:
    """Answers that are no file at all, whatever was asked for: nothing, a web page, an error."""
    if not head:
        return refused("empty", "The server sent an empty file.")
    start = head[:SNIFF_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html")):
        return refused("html", "The server sent a web page instead of the file.")
    if start.startswith(b"{") and start[1:].lstrip().startswith(b'"error"'):
        return refused("json-error", "The server sent an error message instead of the file.")
    return None
