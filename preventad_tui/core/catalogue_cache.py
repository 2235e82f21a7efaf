"""The catalogue as it was read last, kept so that the next start shows it at once.

One file a server, project and type, of two JSON lines: the format and the MD5 of the second line,
then the catalogue. What cannot be read, or does not have that MD5, counts as not there.
"""

import hashlib
import json
from itertools import groupby
from pathlib import Path
from sys import intern
from typing import Any

from preventad_tui.core.model import Candidate, Catalogue, DataType, Image, ReleaseFile, Session
from preventad_tui.core.paths import ensure_private_dir, write_private

FORMAT = 4

_tuple_of = tuple.__new__
"""Makes an image of all its fields in half the time that `Image` takes: the first paint waits."""


def load(server_identity: str, project: str, data_type: DataType, folder: Path) -> Catalogue | None:
    """The cached catalogue, or None where there is none that is whole and of this format."""
    path = _path(server_identity, project, data_type, folder)
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        if json.loads(head) != _head(body):
            return None
        catalogue = _read(json.loads(body))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    meant = (catalogue.server, catalogue.project, catalogue.type)
    return catalogue if meant == (server_identity, project, data_type) else None


def save(catalogue: Catalogue, folder: Path) -> None:
    """Replace the cached catalogue of this server, project and type.

    Raises:
        NotWritable: the cache folder cannot be written.
    """
    ensure_private_dir(folder)
    path = _path(catalogue.server, catalogue.project, catalogue.type, folder)
    body = json.dumps(_value(catalogue), separators=(",", ":")).encode()
    write_private(path, json.dumps(_head(body)).encode() + b"\n" + body)


def _head(body: bytes) -> dict[str, Any]:
    return {"format": FORMAT, "md5": hashlib.md5(body, usedforsecurity=False).hexdigest()}


def _path(server: str, project: str, data_type: DataType, folder: Path) -> Path:
    name = hashlib.sha256(f"{server}\n{project}\n{data_type}".encode()).hexdigest()[:16]
    return folder / f"catalogue-{name}.json"


def _value(catalogue: Catalogue) -> dict[str, Any]:
    kinds: dict[tuple[Any, ...], int] = {}
    images = [
        [
            *session,
            [[kinds.setdefault(_kind(one), len(kinds)), one.minc_name, one.name] for one in found],
        ]
        for session, found in groupby(catalogue.images, lambda one: (one.candidate, one.visit))
    ]
    return {
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
        "kinds": list(kinds),
        "images": images,
    }


def _kind(image: Image) -> tuple[Any, ...]:
    """What most images of a scan type have in common: kept once for all of them."""
    common = image.scan_type, image.modality, image.subfolder
    return (*common, image.tails, image.qc_status, image.qc_selected)


def _read(value: dict[str, Any]) -> Catalogue:
    kinds = [
        (
            intern(scan_type),
            intern(modality),
            intern(subfolder),
            tuple(tails),
            intern(qc),
            intern(by),
        )
        for scan_type, modality, subfolder, tails, qc, by in value["kinds"]
    ]
    images: list[Image] = []
    for candidate, visit, rows in value["images"]:
        candidate, visit = intern(candidate), intern(visit)
        for kind, minc_name, name in rows:
            scan, modality, folder, tails, qc, by = kinds[kind]
            fields = candidate, visit, scan, modality, folder, minc_name, name, tails, qc, by
            images.append(_tuple_of(Image, fields))
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
