"""The report of a verification: a TSV that can go into a methods section or an archive."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from preventad_tui import __version__
from preventad_tui.core.published import Compared, PublishedList
from preventad_tui.core.storage_errors import storage_error
from preventad_tui.core.text import clean
from preventad_tui.core.verify import Finding

_COLUMNS = ("path", "size_bytes", "md5", "ledger", "published", "state", "date")
_PATH_LIMIT = 4096


def report_lines(
    findings: Iterable[Finding],
    compared: Iterable[Compared] = (),
    published: PublishedList | None = None,
) -> Iterator[str]:
    """The report's lines: what it is about as `#` lines, then a table.

    Args:
        findings: all of a verification's.
        compared: the same files beside the published list, and those only the list has.
        published: the list.
    """
    findings = list(findings)
    beside = {one.path: one for one in compared}
    counts = Counter(finding.verdict.value for finding in findings)
    yield f"# preventad-tui {__version__}, {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    yield "# by the ledger: " + ", ".join(f"{counts[name]} {name}" for name in sorted(counts))
    if published is not None:
        by_list = Counter(one.verdict.value for one in beside.values() if one.verdict)
        yield "# by the list: " + ", ".join(f"{by_list[name]} {name}" for name in sorted(by_list))
        yield f"# list: {len(published.files)} files, digest {published.digest}"
    yield "\t".join(_COLUMNS)
    for finding in findings:
        one = beside.pop(finding.path, None)
        yield _row(finding.path, finding, one)
    for path, one in beside.items():
        yield _row(path, None, one)


def write_report(path: Path, lines: Iterable[str]) -> None:
    """Write a report.

    Raises:
        StorageError: the file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise storage_error(error, f"writing {path}") from error


def _row(path: str, finding: Finding | None, one: Compared | None) -> str:
    line = finding.line if finding else None
    fields = (
        clean(path, _PATH_LIMIT),
        str(finding.size_bytes) if finding else "",
        finding.md5 if finding else "",
        finding.verdict.value if finding else "",
        one.verdict.value if one and one.verdict else "",
        line.state.value if line else "",
        clean(line.when) if line else "",
    )
    return "\t".join(fields)
