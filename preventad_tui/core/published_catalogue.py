"""The published dataset as a catalogue: what there is and how large, without an account.

A clone of the CONP BIDS dataset names every file (`core.published` reads it). Its images get the
MINC names and the links that LORIS 20.1 with the PREVENT-AD override gives them, so that a
selection made here means the same images on the server.
"""

import os
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from preventad_tui.core.catalogue import build_catalogue
from preventad_tui.core.errors import UsageError
from preventad_tui.core.listing import Listing, id_text
from preventad_tui.core.modality import modality_of
from preventad_tui.core.model import Candidate, Catalogue, DataType, Image, Session
from preventad_tui.core.published import PublishedList, read_published
from preventad_tui.core.published_names import minc_name
from preventad_tui.core.text import clean, plural

_NIFTI = ".nii.gz"
_SIDE_ENDINGS = (".json", ".bval", ".bvec", "_events.txt")
_SCANS_ENDINGS = ("_scans.tsv", "_scans.json")
_STUDY_FILES = (
    "README",
    "dataset_description.json",
    "participants.tsv",
    "participants.json",
    ".bids-validator-config.json",
)
_HINT = "Give the folder of a clone: git clone https://github.com/conpdatasets/preventad-open-bids"


def read_clone(path: Path) -> PublishedList:
    """Names and sizes of a clone; takes a second or two, call it in a thread.

    Raises:
        UsageError: the folder cannot be read, or has no image of the study.
    """
    if not path.is_dir():
        raise UsageError(f"The catalogue {clean(str(path))} is no folder.", _HINT)
    if not any(path.glob("sub-*/ses-*")):
        raise UsageError(f"{clean(str(path))} has no BIDS session (sub-.../ses-...).", _HINT)
    return read_published(path, hashed=False)


def sizes_of(published: PublishedList) -> Mapping[str, int]:
    """Bytes by path, for `SizeBook`."""
    return {
        path: entry.size_bytes
        for path, entry in published.files.items()
        if entry.size_bytes is not None
    }


def published_catalogue(published: PublishedList, *, server: str, project: str) -> Catalogue:
    """The list as the catalogue of a server (its identity) that has the same images."""
    listing = Listing()
    unknown: Counter[str] = Counter()
    paths = published.files
    people: dict[str, Candidate] = {}
    sessions: dict[tuple[str, str], Session] = {}
    for path in paths:
        place = _place(path) if path.endswith(_NIFTI) else None
        if place is None:
            continue
        candidate, visit, subfolder, name = place
        image = _image(candidate, visit, subfolder, name.removesuffix(_NIFTI), paths)
        if image is None:
            unknown[name.removesuffix(_NIFTI).rpartition("_")[2]] += 1
            continue
        listing.images.append(image)
        people.setdefault(candidate, Candidate(candidate))
        if (candidate, visit) not in sessions:
            sessions[candidate, visit] = _session(candidate, visit, paths)
    listing.candidates = list(people.values())
    listing.sessions = list(sessions.values())
    listing.study_links = [f"/projects/loris/bids/{one}" for one in _STUDY_FILES if one in paths]
    if unknown:
        kinds = ", ".join(f"{count:,} {clean(kind)}" for kind, count in sorted(unknown.items()))
        total = plural(sum(unknown.values()), "image")
        listing.notes.append(f"{total} of the clone under names unknown here, left out: {kinds}")
    if not listing.images:
        raise UsageError(f"{clean(published.source)} has no image of this study.", _HINT)
    return build_catalogue(
        listing,
        server=server,
        project=project,
        data_type=DataType.BIDS,
        date=_date(published.source),
    )


def _place(path: str) -> tuple[str, str, str, str] | None:
    """Candidate, visit, subfolder and name of `sub-ID/ses-VISIT/FOLDER/NAME`."""
    match path.split("/"):
        case [subject, session, subfolder, name] if (
            subject.startswith("sub-")
            and session.startswith("ses-")
            and id_text(subject[4:])
            and id_text(session[4:])
            and id_text(subfolder)
            and id_text(name)
        ):
            return subject[4:], session[4:], subfolder, name
        case _:
            return None


def _image(
    candidate: str, visit: str, subfolder: str, stem: str, paths: Mapping[str, object]
) -> Image | None:
    minc = minc_name(candidate, visit, subfolder, stem)
    if minc is None:
        return None
    folder = f"sub-{candidate}/ses-{visit}/{subfolder}"
    names = [f"{stem}{_NIFTI}"]
    names += [stem + end for end in _SIDE_ENDINGS if f"{folder}/{stem}{end}" in paths]
    base = f"/candidates/{candidate}/{visit}/images/{minc.file}/bids"
    return Image.with_links(
        candidate=sys.intern(candidate),
        visit=sys.intern(visit),
        scan_type=sys.intern(minc.scan_type),
        modality=sys.intern(modality_of(minc.scan_type)),
        subfolder=sys.intern(subfolder),
        minc_name=minc.file,
        name=stem,
        links=tuple(f"{base}/{name}" for name in names),
    )


def _session(candidate: str, visit: str, paths: Mapping[str, object]) -> Session:
    folder, stem = f"sub-{candidate}/ses-{visit}", f"sub-{candidate}_ses-{visit}"
    names = [stem + end for end in _SCANS_ENDINGS if f"{folder}/{stem}{end}" in paths]
    base = f"/candidates/{candidate}/{visit}/bidsfiles"
    return Session(candidate, visit, tuple(f"{base}/{name}" for name in names))


def _date(source: str) -> str:
    """When the clone was made or updated, as far as its folder tells."""
    stamps = []
    for path in (os.path.join(source, ".git", "index"), source):
        try:
            stamps.append(os.stat(path).st_mtime)
        except OSError:
            continue
    when = datetime.fromtimestamp(stamps[0], UTC) if stamps else datetime.now(UTC)
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
