"""`/projects/P/images` and `/candidates`: every image and participant in two answers.

Rows of images: `Candidate`, `PSCID`, `Visit`, `ScanType`, `QC_status`, `Link` and more; rows of
candidates: `CandID`, `PSCID`, `Site` and, by version, sex or gender, language, date of birth.
"""

import json
import re
import sys
from datetime import UTC, datetime
from typing import Any, NamedTuple

from preventad_tui.core.listing import Listing, id_text, row_place, rows_of, usable_link, word
from preventad_tui.core.modality import modality_of
from preventad_tui.core.model import Candidate, Image, Session
from preventad_tui.core.names import is_safe_component
from preventad_tui.core.text import Clean, clean

_QC_ENDING = ".qc.json"
_RESERVED = frozenset({"candidate.json", "session.json"})
"""A listed file or visit must not take the place of a file that the program writes."""


class ImageRow(NamedTuple):
    """What a row of `Images` means: no image where it is not understood."""

    image: Image | None
    pscid: Clean
    site: Clean
    day: str
    inserted: datetime | None


def shrink_images(found: dict[str, Any]) -> Any:
    """For `read_json`: a row of `Images` as soon as it is parsed; 25,381 are 8 MB of JSON."""
    return read_image_row(found) if "Link" in found and "ScanType" in found else found


def read_image_row(row: object) -> ImageRow:
    """The image of a row, with its candidate's PSCID, site, visit day and insertion time."""
    found = row if isinstance(row, dict) else {}
    pscid, site = (clean(word(found.get(key))) for key in ("PSCID", "Site"))
    day = _day(found.get("Visit_date"))
    return ImageRow(_image(row), pscid, site, day, insert_time(found))


def read_images_listing(answer: Any, host: str) -> Listing:
    """The images of `/projects/P/images`, and their candidates by id and PSCID.

    Raises:
        NotLoris: the answer is not this listing.
    """
    listing = Listing()
    newest = datetime.min.replace(tzinfo=UTC)
    pscids: dict[str, tuple[str, str]] = {}
    dates: dict[tuple[str, str], str] = {}
    for row in rows_of(answer, "Images", host):
        listing.rows += 1
        image, pscid, site, day, time = row if isinstance(row, ImageRow) else read_image_row(row)
        if image is None:
            listing.rows_skipped += 1
            continue
        listing.images.append(image)
        pscids.setdefault(image.candidate, (pscid, site))
        dates.setdefault((image.candidate, image.visit), day)
        if time:
            newest = max(newest, time)
    listing.candidates = [Candidate(one, pscid, site) for one, (pscid, site) in pscids.items()]
    listing.sessions = [Session(*place, date=date) for place, date in dates.items()]
    listing.newest = newest.isoformat() if newest.year > 1 else ""
    return listing


def insert_time(row: dict[str, Any]) -> datetime | None:
    """When an image came into the server's database; None where the row does not say."""
    try:
        time = datetime.fromisoformat(word(row.get("InsertTime")))
    except ValueError:
        return None
    return time if time.tzinfo else None


def _day(value: object) -> str:
    """`2019-05-20` of a date with or without time, `""` where it is none."""
    match = re.match(r"\d{4}-\d{2}-\d{2}(?!\d)", word(value))
    return match[0] if match else ""


def _image(row: object) -> Image | None:
    if not isinstance(row, dict):
        return None
    link = usable_link(row.get("Link"))
    place = row_place(row, link) if link else None
    if link is None or place is None or link.count("/") != 5:
        return None
    return minc_image(
        *place, word(row.get("ScanType")), _said(row.get("QC_status")), _said(row.get("Selected"))
    )


def _said(value: object) -> str:
    """The server's word, `""` for none; `Selected` is text, a boolean or null by version."""
    text = str(value).lower() if isinstance(value, bool) else word(value)
    return sys.intern(clean(text))


def minc_image(
    candidate: str,
    visit: str,
    file: str,
    scan_type: str,
    qc_status: str = "",
    qc_selected: str = "",
) -> Image | None:
    """An image of a visit; None where its names cannot be used."""
    link = usable_link(f"/candidates/{candidate}/{visit}/images/{file}")
    lower = file.lower()
    taken = lower in _RESERVED or lower.endswith(_QC_ENDING) or visit.lower() in _RESERVED
    if not link or not scan_type or taken or not is_safe_component(f"{file}{_QC_ENDING}"):
        return None
    return Image.with_links(
        candidate=candidate,
        visit=visit,
        scan_type=sys.intern(clean(scan_type)),
        modality=sys.intern(modality_of(clean(scan_type))),
        subfolder="",
        minc_name=file,
        name=file,
        links=(link,),
        qc_status=qc_status,
        qc_selected=qc_selected,
    )


def read_candidates(answer: Any, project: str, host: str) -> tuple[list[Candidate], int]:
    """The participants of a project and how many rows were not understood.

    Rows that name another project are left out (LORIS lists all that the user may see).

    Raises:
        NotLoris: the answer is not this listing.
    """
    found, skipped = [], 0
    for row in rows_of(answer, "Candidates", host):
        candidate = id_text(row.get("CandID")) if isinstance(row, dict) else ""
        if not candidate:
            skipped += 1
            continue
        named = word(row.get("Project"))
        if named and named.casefold() != project.casefold():
            continue
        found.append(
            Candidate(
                candidate,
                clean(word(row.get("PSCID"))),
                clean(word(row.get("Site"))),
                json.dumps(row),
            )
        )
    return found, skipped
