"""A run as files for other programs: a table of its ends, a report with how to cite the data."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from preventad_tui import __version__
from preventad_tui.core.citation import citation_of
from preventad_tui.core.disk_view import META
from preventad_tui.core.errors import StorageError
from preventad_tui.core.events import FileEnded, Summary
from preventad_tui.core.states import FileState
from preventad_tui.core.text import clean
from preventad_tui.ui.failures import Failures

_COLUMNS = ("when", "state", "path", "size_bytes", "md5", "seconds", "attempts", "reason")


@dataclass(frozen=True, slots=True)
class RunReport:
    """What is written of a run; `summary` None while it goes on."""

    server: str
    project: str
    ended: Sequence[FileEnded]
    failures: Failures
    counts: dict[FileState, int]
    summary: Summary | None = None


def export_run(report: RunReport, folder: Path) -> tuple[Path, Path]:
    """Write a table (TSV) and a report (JSON) beside the folder's ledger; times in UTC.

    Raises:
        StorageError: they cannot be written.
    """
    now = datetime.now(UTC)
    stem = folder / META / f"transfers-{now:%Y%m%dT%H%M%SZ}"
    table, summary = stem.with_suffix(".tsv"), stem.with_suffix(".json")
    try:
        table.write_text(_table(report.ended), encoding="utf-8")
        summary.write_text(_summary(report, folder, now), encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"The report cannot be written to {clean(str(folder / META))} "
            f"({clean(error.strerror or '')}).",
            "See to its rights and to the room on the disk.",
        ) from error
    return table, summary


def _table(ended: Sequence[FileEnded]) -> str:
    table = io.StringIO()
    writer = csv.writer(table, delimiter="\t", lineterminator="\n")
    writer.writerow(_COLUMNS)
    for event in ended:
        when = datetime.fromtimestamp(event.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        size = "" if event.size_bytes is None else event.size_bytes
        reason = event.message or event.reason
        writer.writerow(
            (when, event.state.value, event.path, size, event.md5, f"{event.seconds:.1f}",
             event.attempts, clean(reason))
        )  # fmt: skip
    return table.getvalue()


def _summary(report: RunReport, folder: Path, now: datetime) -> str:
    summary = report.summary
    citation = citation_of(folder, report.server, f"{now:%Y-%m-%d}")
    value = {
        "format": 1,
        "type": "run",
        "version": __version__,
        "when": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "server": report.server,
        "project": report.project,
        "exit_code": int(summary.exit_code) if summary else None,
        "sentence": summary.sentence if summary else "the download goes on",
        "seconds": round(summary.seconds, 1) if summary else None,
        "size_bytes": summary.size_bytes if summary else None,
        "fetched_files": summary.fetched_files if summary else None,
        "fetched_bytes": summary.fetched_bytes if summary else None,
        "files": {state.value: count for state, count in report.counts.items() if count},
        "failures": [
            {
                "state": group.state.value,
                "reason": group.reason,
                "what_to_do": group.advice,
                "paths": sorted(group.files),
            }
            for group in report.failures
        ],
        "cite": citation.cite,
        "acknowledge": citation.acknowledge,
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
