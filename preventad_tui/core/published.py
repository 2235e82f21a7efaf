"""Published lists of sizes and MD5: an `md5sum` file, or a clone of the CONP DataLad dataset.

In a clone, git-annex's links (or the pointer files of an unlocked clone) name size and MD5, so
neither git-annex nor the content is needed; small files lie in git itself and are read.
"""

import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from preventad_tui.core.disk_view import annex_key
from preventad_tui.core.errors import UsageError
from preventad_tui.core.folders import md5_of
from preventad_tui.core.text import clean
from preventad_tui.core.verify import Finding, Verdict

_LINE = re.compile(rb"(\\?)([0-9a-fA-F]{32}) [ *](.+)")
_ESCAPES = {b"\\n": b"\n", b"\\r": b"\r", b"\\\\": b"\\"}
_POINTER_BYTES = 32_768


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """What a list says of one file; an `md5sum` file gives no sizes."""

    md5: str
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A published list.

    Attributes:
        source: the path it was read from.
        files: path -> what it says.
        digest: MD5 over its sorted `md5  path` lines: the same for every form of one list.
    """

    source: str
    files: Mapping[str, PublishedFile]
    digest: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One file beside the list: the ledger's finding, and what the list says.

    Attributes:
        path: relative to the output folder.
        finding: by the ledger; None for a file that only the list has.
        published: None for a file that the list has not.
        verdict: `intact` where the list agrees, `differs`, `missing` (in the list, not on disk),
            `extra` (not in the list); None where what is on disk could not be read.
    """

    path: str
    finding: Finding | None
    published: PublishedFile | None
    verdict: Verdict | None


def read_published(path: Path, *, hashed: bool = True) -> PublishedList:
    """Read a list from a file or a folder.

    Without `hashed` the content of a clone's own files is not read: their MD5 is `""`.

    Raises:
        UsageError: it is neither, or holds no entry.
    """
    try:
        found = dict(_clone(path, hashed) if path.is_dir() else _md5sum_lines(path))
    except OSError as error:
        raise UsageError(
            f"The list {clean(str(path))} cannot be read: {clean(error.strerror or str(error))}.",
            "Give an md5sum file, or a clone of the CONP dataset.",
        ) from error
    if not found:
        raise UsageError(
            f"{clean(str(path))} holds no sizes or MD5 sums.",
            "Give an md5sum file, or a clone of the CONP dataset.",
        )
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(found):
        digest.update(f"{found[name].md5}  {name}\n".encode(errors="surrogateescape"))
    return PublishedList(str(path), found, digest.hexdigest())


def compare(finding: Finding, published: PublishedList) -> Compared:
    """What the list says of a file that verifying has looked at."""
    entry = published.files.get(finding.path)
    if finding.verdict is Verdict.MISSING:
        verdict: Verdict | None = Verdict.MISSING
    elif entry is None:
        verdict = Verdict.EXTRA
    elif entry.size_bytes is not None and entry.size_bytes != finding.size_bytes:
        verdict = Verdict.DIFFERS
    elif not finding.md5:
        verdict = None
    else:
        verdict = Verdict.INTACT if entry.md5 == finding.md5 else Verdict.DIFFERS
    return Compared(finding.path, finding, entry, verdict)


def not_on_disk(published: PublishedList, looked_at: Collection[str]) -> Iterator[Compared]:
    """The files that only the list has."""
    for path in sorted(published.files.keys() - set(looked_at)):
        yield Compared(path, None, published.files[path], Verdict.MISSING)


def _md5sum_lines(path: Path) -> Iterator[tuple[str, PublishedFile]]:
    with path.open("rb") as file:
        for raw in file:
            match = _LINE.fullmatch(raw.rstrip(b"\r\n"))
            if match is None:
                continue
            escaped, md5, name = match.groups()
            if escaped:
                name = re.sub(rb"\\[nr\\]", lambda found: _ESCAPES[found.group()], name)
            text = os.fsdecode(name).removeprefix("./")
            yield text, PublishedFile(md5.decode().lower())


def _clone(root: Path, hashed: bool) -> Iterator[tuple[str, PublishedFile]]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in (".git", ".datalad")]
        prefix = os.path.relpath(folder, root)
        linked = [name for name in folders if os.path.islink(f"{folder}/{name}")]
        for name in (*names, *linked):
            if name in (".gitattributes", ".gitmodules", ".gitignore"):
                continue
            full = f"{folder}/{name}"
            relative = name if prefix == "." else f"{prefix}/{name}"
            if entry := _entry(full, hashed):
                yield relative, entry


def _entry(path: str, hashed: bool) -> PublishedFile | None:
    if os.path.islink(path):
        key = annex_key(os.readlink(path))
        return PublishedFile(key.md5, key.size_bytes) if key else None
    if not os.path.isfile(path):
        return None
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        if size < _POINTER_BYTES:
            text = file.read().decode("ascii", "replace")
            first = text.partition("\n")[0]
            if first.startswith("/annex/objects/") and (key := annex_key(first)):
                return PublishedFile(key.md5, key.size_bytes)
            file.seek(0)
        if not hashed:
            return PublishedFile("", size)
        return PublishedFile(md5_of(file), size)
