"""The catalogue as it was read last, kept so that the next start shows it at once.

One JSON file a server, project and type, with a format number; what cannot be read, or does not
have the digest that it says, counts as not there.
"""

import hashlib
import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

from preventad_tui.core.catalogue import digest_of
from preventad_tui.core.model import Candidate, Catalogue, DataType, Image, ReleaseFile, Session
from preventad_tui.core.paths import ensure_private_dir, write_private

FORMAT = 2


def load(server_identity: str, project: str, data_type: DataType, folder: Path) -> Catalogue | None:
    """The cached catalogue, or None where there is none that is whole and of this format."""
    path = _path(server_identity, project, data_type, folder)
    try:
        value = json.loads(path.read_bytes())
        if value["format"] != FORMAT:
            return None
        catalogue = _read(value)
        whole = digest_of(catalogue.images) == catalogue.digest
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    meant = (catalogue.server, catalogue.project, catalogue.type)
    return catalogue if whole and meant == (server_identity, project, data_type) else None


def save(catalogue: Catalogue, folder: Path) -> None:
    """Replace the cached catalogue of this server, project and type.

    Raises:
        NotWritable: the cache folder cannot be written.
    """
    ensure_private_dir(folder)
    path = _path(catalogue.server, catalogue.project, catalogue.type, folder)
    write_private(path, json.dumps(_value(catalogue), separators=(",", ":")).encode())


def _path(server: str, project: str, data_type: DataType, folder: Path) -> Path:
    name = hashlib.sha256(f"{server}\n{project}\n{data_type}".encode()).hexdigest()[:16]
    return folder / f"catalogue-{name}.json"


def _value(catalogue: Catalogue) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "server": catalogue.server,
        "project": catalogue.project,
        "type": catalogue.type,
        "date": catalogue.date,
        "digest": catalogue.digest,
        "rows_skipped": catalogue.rows_skipped,
        "notes": catalogue.notes,
        "study_links": catalogue.study_links,
        "newest": catalogue.newest,
        "releases": [[one.version, one.link] for one in catalogue.releases],
        "stock_notes": catalogue.stock_notes,
        "candidates": [
            [one.candidate, one.pscid, one.site, one.entry] for one in catalogue.candidates
        ],
        "sessions": [[one.candidate, one.visit, one.links, one.date] for one in catalogue.sessions],
        "images": [
            [candidate, visit, [_image_row(image) for image in images]]
            for (candidate, visit), images in groupby(
                catalogue.images, lambda image: (image.candidate, image.visit)
            )
        ],
    }


def _image_row(image: Image) -> list[Any]:
    return [
        image.scan_type,
        image.modality,
        image.subfolder,
        image.minc_name,
        image.name,
        image.qc_status,
        image.qc_selected,
        image.tails,
    ]


def _read(value: dict[str, Any]) -> Catalogue:
    images: list[Image] = []
    intern = sys.intern
    known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def shared(tails: tuple[str, ...]) -> tuple[str, ...]:
        return known.setdefault(tails, tails)

    for candidate, visit, rows in value["images"]:
        candidate, visit = intern(candidate), intern(visit)
        for scan_type, modality, subfolder, minc_name, name, qc, selected, tails in rows:
            images.append(
                Image(
                    candidate,
                    visit,
                    intern(scan_type),
                    intern(modality),
                    intern(subfolder),
                    minc_name,
                    name,
                    shared(tuple(tails)),
                    intern(qc),
                    intern(selected),
                )
            )
    return Catalogue(
        server=value["server"],
        project=value["project"],
        type=DataType(value["type"]),
        date=value["date"],
        images=tuple(images),
        sessions=tuple(
            Session(one, visit, tuple(links), date) for one, visit, links, date in value["sessions"]
        ),
        candidates=tuple(Candidate(*fields) for fields in value["candidates"]),
        study_links=tuple(value["study_links"]),
        rows_skipped=value["rows_skipped"],
        digest=value["digest"],
        notes=tuple(value["notes"]),
        newest=value["newest"],
        releases=tuple(ReleaseFile(*fields) for fields in value["releases"]),
        stock_notes=tuple(value["stock_notes"]),
    )
