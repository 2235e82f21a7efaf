"""The transfers' log as a table for other programs."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from preventad_tui.core.errors import StorageError
from preventad_tui.core.events import FileEnded
from preventad_tui.core.text import clean

_COLUMNS = ("when", "state", "path", "size_bytes", "md5", "seconds", "attempts", "reason")


def export_log(ended: Sequence[FileEnded], folder: Path) -> Path:
    """Write ends of files as TSV beside the folder's ledger; times in UTC.

    Raises:
        StorageError: it cannot be written.
    """
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
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = folder / ".preventad-tui" / f"transfers-{stamp}.tsv"
    try:
        path.write_text(table.getvalue(), encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"The table cannot be written to {clean(str(path))} ({clean(error.strerror or '')})."
        ) from error
    return path
