"""What all listings share: rows taken one by one, each field optional, nothing trusted.

A row that cannot be used is skipped and counted; unknown keys are ignored. Ids come as strings or
integers (LORIS 24 to 26 on PHP 8.1) and, in `Meta` of LORIS 22, as `{}`, which is never used.
"""

import sys
from dataclasses import dataclass, field
from typing import Any

from preventad_tui.core.errors import NotLoris
from preventad_tui.core.model import Candidate, Image, ReleaseFile, Session
from preventad_tui.core.names import is_safe_component, safe_link


@dataclass(slots=True)
class Listing:
    """What a listing gave, before it is sorted into a catalogue."""

    images: list[Image] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    study_links: list[str] = field(default_factory=list)
    releases: list[ReleaseFile] = field(default_factory=list)
    newest: str = ""
    rows: int = 0
    rows_skipped: int = 0
    notes: list[str] = field(default_factory=list)
    stock_notes: list[str] = field(default_factory=list)


def rows_of(answer: Any, key: str, host: str) -> list[Any]:
    """The rows under a key of a listing (`[]` also for PHP's null).

    Raises:
        NotLoris: the answer has no such list.
    """
    rows = answer.get(key, False) if isinstance(answer, dict) else False
    if rows is None or rows == {}:
        return []
    if not isinstance(rows, list):
        raise NotLoris(
            f"{host} sent JSON without the list “{key}”.",
            "It may be another program than LORIS: check the address.",
            "not-loris",
        )
    return rows


def id_text(value: object) -> str:
    """An id or label as text fit for a path, `""` where it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**18 else ""
    return sys.intern(value) if isinstance(value, str) and is_safe_component(value) else ""


def word(value: object) -> str:
    """A text field, `""` where it is missing, null or of another type."""
    return value if isinstance(value, str) else ""


def link_parts(link: str) -> tuple[str, str, str]:
    """Candidate, visit and file of `/candidates/ID/VISIT/images/FILE...`, else `""` each."""
    match link.split("/"):
        case ["", "candidates", candidate, visit, "images", file, *_]:
            return candidate, visit, file
        case _:
            return "", "", ""


def row_place(row: dict[str, Any], link: str) -> tuple[str, str, str] | None:
    """Candidate, visit and MINC file of a row, or None where row and link do not fit together.

    The link decides: a row's ids may be missing, but not other ones.
    """
    candidate, visit, file = link_parts(link)
    for key, said in (("Candidate", candidate), ("Visit", visit)):
        given = row.get(key)
        if not said or (isinstance(given, str | int) and id_text(given) != said):
            return None
    if not (id_text(candidate) and id_text(visit) and is_safe_component(file)):
        return None
    return sys.intern(candidate), sys.intern(visit), file


def usable_link(value: object) -> str | None:
    """A link whose last part may also be a file's name."""
    link = safe_link(value)
    return link if link and is_safe_component(link.rpartition("/")[2]) else None
