"""The filters of the command line: modalities, visits, candidates, sessions, or everything."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from preventad_tui.core.errors import UsageError
from preventad_tui.core.quality import qc_mask, resolve_qc
from preventad_tui.core.regions import Mask, Region, RegionMap, mask_and
from preventad_tui.core.text import clean

if TYPE_CHECKING:
    from preventad_tui.core.catalogue import CatalogueIndex

_LIST_FILE_MAX_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Filters:
    """What the options `-m -v -c --sessions --qc --all` ask for.

    Names of one kind are alternatives, kinds narrow each other; an empty kind narrows nothing.
    `qc` holds the server's ratings in lower case, `unrated` for none (`core.quality`).
    """

    modalities: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    sessions: tuple[tuple[str, str], ...] = ()
    all: bool = False
    qc: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(
            self.all
            or self.modalities
            or self.visits
            or self.candidates
            or self.sessions
            or self.qc
        )

    def mask(self, regions: RegionMap) -> Mask:
        """The images that pass; of empty filters, none."""
        kinds = (
            [Region(modality=name) for name in self.modalities],
            [Region(visit=name) for name in self.visits],
            [Region(candidate=name) for name in self.candidates],
            [Region(candidate=candidate, visit=visit) for candidate, visit in self.sessions],
        )
        total: Mask = (b"\1" if self else b"\0") * regions.count
        for wanted in kinds:
            if wanted:
                total = mask_and(total, regions.covered_by(wanted))
        return mask_and(total, qc_mask(regions.images, self.qc)) if self.qc else total


def resolve_filters(index: "CatalogueIndex", filters: Filters) -> Filters:
    """The filters in the catalogue's own spelling, without repeats.

    Case does not matter, `rest` and `dwi` are known, `sub-` and `ses-` may be there or not.

    Raises:
        UsageError: a name that the catalogue does not have, or filters that match no image.
    """
    sessions = (
        (index.resolve_candidate(candidate), index.resolve_visit(visit))
        for candidate, visit in filters.sessions
    )
    resolved = Filters(
        modalities=_once(map(index.resolve_modality, filters.modalities)),
        visits=_once(map(index.resolve_visit, filters.visits)),
        candidates=_once(map(index.resolve_candidate, filters.candidates)),
        sessions=tuple(dict.fromkeys(sessions)),
        all=filters.all,
        qc=_once(resolve_qc(index.images, name) for name in filters.qc),
    )
    if resolved and not resolved.mask(index.regions).count(1):
        raise UsageError(
            "No image has all that was asked for.",
            "Each name exists, but not together; `list coverage` shows what there is.",
        )
    return resolved


def read_names(option_value: str) -> tuple[str, ...]:
    """The names of `A,B`, or those in the file of `@FILE` (separated by commas or white space).

    Raises:
        UsageError: the file cannot be read, or nothing is named.
    """
    text = option_value
    if option_value.startswith("@"):
        text = "\n".join(
            line.partition("#")[0] for line in _read(Path(option_value[1:])).splitlines()
        )
    names = tuple(text.replace(",", " ").split())
    if not names:
        raise UsageError(f"“{clean(option_value)}” names nothing.", "Write names with commas: A,B.")
    return names


def read_sessions(path: Path) -> tuple[tuple[str, str], ...]:
    """Candidate and visit of each row of a TSV or CSV with `participant_id` and `session_id`.

    Raises:
        UsageError: the file cannot be read, lacks a column, or has no rows.
    """
    text = _read(path)
    heading = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter="\t" if "\t" in heading else ",")
    columns = [name.strip() for name in rows.fieldnames or ()]
    if not {"participant_id", "session_id"} <= set(columns):
        raise UsageError(
            f"{clean(str(path))} is no list of sessions.",
            "Its first line must name the columns participant_id and session_id.",
        )
    rows.fieldnames = columns
    sessions = []
    for number, row in enumerate(rows, start=2):
        candidate, visit = (row["participant_id"] or "").strip(), (row["session_id"] or "").strip()
        if not candidate and not visit:
            continue
        if not candidate or not visit:
            raise UsageError(
                f"Line {number} of {clean(str(path))} lacks a candidate or a visit.",
                "Give each row both, or remove it.",
            )
        sessions.append((candidate, visit))
    if not sessions:
        raise UsageError(f"{clean(str(path))} lists no session.", "Give it a row for each session.")
    return tuple(sessions)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LIST_FILE_MAX_BYTES + 1)
        if len(content) > _LIST_FILE_MAX_BYTES:
            raise UsageError(f"{clean(str(path))} is too large for a list of names.")
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(
            f"The file {clean(str(path))} cannot be read: {what}.", "Check its name and rights."
        ) from None


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
