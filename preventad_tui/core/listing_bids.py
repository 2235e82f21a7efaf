"""`/projects/P/bids`: every file of the BIDS tree in one answer (LORIS 20.1, PREVENT-AD override).

Images carry `NiftiLink`, `JsonLink`, for dwi `BvalLink` and `BvecLink`, for tasks `EventLink`;
sessions `TsvLink` and `JsonLink`; the study's own files are listed whether they exist or not.
"""

import sys
from typing import Any, NamedTuple

from preventad_tui.core.listing import Listing, id_text, row_place, rows_of, usable_link, word
from preventad_tui.core.modality import modality_of
from preventad_tui.core.model import Candidate, Image, Session
from preventad_tui.core.names import last_part
from preventad_tui.core.text import Clean, clean

_SIDE_LINKS = ("JsonLink", "BvalLink", "BvecLink", "EventLink")
_SUBJECT = "sub-"
"""Scans files start so; folders beside them and files of the study must not."""
_SESSION_LINKS = ("TsvLink", "JsonLink")
_STUDY_FILES = (
    ("README", "Link"),
    ("DatasetDescription", "Link"),
    ("Participants", "TsvLink"),
    ("Participants", "JsonLink"),
    ("BidsValidatorConfig", "Link"),
)


class BidsRow(NamedTuple):
    """What a row of `Images` means: no image where it is not understood."""

    image: Image | None
    pscid: Clean


def shrink_bids(found: dict[str, Any]) -> Any:
    """For `read_json`: a row of `Images` as soon as it is parsed; 23,589 are 12 MB of JSON."""
    return read_bids_row(found) if "NiftiLink" in found else found


def read_bids_row(row: object) -> BidsRow:
    """The image of a row, and its candidate's PSCID."""
    pscid = clean(word(row.get("PSCID"))) if isinstance(row, dict) else clean("")
    return BidsRow(_image(row), pscid)


def read_bids_listing(answer: Any, host: str) -> Listing:
    """Images, sessions, candidates and study files of the listing.

    Raises:
        NotLoris: the answer is not this listing.
    """
    listing = Listing()
    pscids: dict[str, str] = {}
    for row in rows_of(answer, "Images", host):
        listing.rows += 1
        image, pscid = row if isinstance(row, BidsRow) else read_bids_row(row)
        if image is None:
            listing.rows_skipped += 1
            continue
        listing.images.append(image)
        pscids.setdefault(image.candidate, pscid)
    listing.candidates = [Candidate(candidate, pscid) for candidate, pscid in pscids.items()]
    sessions = answer.get("SessionFiles") or []
    for row in sessions if isinstance(sessions, list) else (None,):
        listing.rows += 1
        session = _session(row)
        if session is None:
            listing.rows_skipped += 1
        else:
            listing.sessions.append(session)
    _read_study_links(answer, listing)
    return listing


def _read_study_links(answer: dict[str, Any], listing: Listing) -> None:
    taken: set[str] = set()
    for entry_name, key in _STUDY_FILES:
        entry = answer.get(entry_name)
        given = entry.get(key) if isinstance(entry, dict) else None
        link = usable_link(given)
        name = last_part(link).lower() if link else ""
        if link and name not in taken and not name.startswith(_SUBJECT):
            taken.add(name)
            listing.study_links.append(link)
        elif given is not None:
            listing.rows_skipped += 1


def _links(row: dict[str, Any], keys: tuple[str, ...]) -> list[str] | None:
    """The links under the keys that the row has, or None where one is not usable."""
    found = []
    for key in keys:
        given = row.get(key)
        if given is None:
            continue
        link = usable_link(given)
        if link is None:
            return None
        found.append(link)
    return found


def _image(row: object) -> Image | None:
    if not isinstance(row, dict) or row.get("NiftiLink") is None:
        return None
    links = _links(row, ("NiftiLink", *_SIDE_LINKS))
    scan_type = word(row.get("LorisScanType"))
    subfolder = id_text(row.get("Subfolder"))
    place = row_place(row, links[0]) if links else None
    if not links or not place or not scan_type or not subfolder or subfolder.startswith(_SUBJECT):
        return None
    candidate, visit, minc_name = place
    name = last_part(links[0])
    return Image.with_links(
        candidate=candidate,
        visit=visit,
        scan_type=sys.intern(clean(scan_type)),
        modality=sys.intern(modality_of(clean(scan_type))),
        subfolder=subfolder,
        minc_name=minc_name,
        name=name.removesuffix(".gz").removesuffix(".nii"),
        links=tuple(links),
    )


def _session(row: object) -> Session | None:
    if not isinstance(row, dict):
        return None
    links = _links(row, _SESSION_LINKS)
    candidate, visit = id_text(row.get("Candidate")), id_text(row.get("Visit"))
    if not links or not candidate or not visit:
        return None
    names = {last_part(link) for link in links}
    if len(names) < len(links) or not all(name.startswith(_SUBJECT) for name in names):
        return None
    return Session(candidate, visit, tuple(links))
