"""The study's and sessions' BIDS files that a stock server lacks, written from what it lists.

Each is marked as made by this program: `GeneratedBy` in dataset_description.json, words in README
and in the descriptions of the columns; in the ledger they have no link. Nothing in them depends on
the moment, so that the same catalogue gives the same bytes.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date

from preventad_tui import __version__
from preventad_tui.core.bids_names import file_name
from preventad_tui.core.model import (
    Candidate,
    Catalogue,
    FileRole,
    Image,
    PlannedFile,
    Session,
)
from preventad_tui.core.names import kind_of
from preventad_tui.core.text import clean

_MADE = "Made by preventad-tui from the server's list"
_NONE = "n/a"
_DAYS_A_MONTH = 365.25 / 12
_COLUMNS = (
    ("pscid", ("PSCID",), "Number of the participant at the site"),
    ("sex", ("Sex", "Gender"), "Sex as registered"),
    ("language", ("Language",), "Language as registered"),
    ("site", ("Site",), "Site of recruitment"),
)


def written_study_files(catalogue: Catalogue) -> Iterator[PlannedFile]:
    """The files at the root of a BIDS dataset, of all participants of the catalogue."""
    columns, rows = _participants(catalogue.candidates)
    described = {
        name: {"Description": f"{text}. {_MADE} of candidates."}
        for name, _, text in _COLUMNS
        if name in columns
    }
    for name, content in (
        ("README", _readme(catalogue)),
        ("dataset_description.json", _json(_description(catalogue))),
        ("participants.tsv", _tsv([columns, *rows])),
        ("participants.json", _json(described)),
        (".bids-validator-config.json", _json(_VALIDATOR)),
    ):
        yield PlannedFile(name, "", kind_of(name), FileRole.STUDY, content=content)


_VALIDATOR = {"ignore": [], "warn": [], "error": [], "ignoredFiles": ["/sub-*/ses-*/asl/**"]}


def written_scans_files(
    session: Session, images: Iterable[Image], candidate: Candidate | None
) -> Iterator[PlannedFile]:
    """A session's scans.tsv and scans.json: all its images, its day, the age where it is told."""
    folder = f"sub-{session.candidate}/ses-{session.visit}"
    age = _age_months(session.date, _entry(candidate).get("DoB")) if candidate else ""
    table = [["filename", "visit_date", "age_at_visit"]]
    for image in images:
        path = f"{image.subfolder}/{file_name(image, image.links[0])}"
        table.append([path, session.date or _NONE, age or _NONE])
    described = {
        "visit_date": {"Description": f"Day of the visit. {_MADE} of images."},
        "age_at_visit": {
            "Description": f"Age at the visit, from the day of birth. {_MADE} of candidates.",
            "Units": "month",
        },
    }
    stem = f"{folder}/sub-{session.candidate}_ses-{session.visit}_scans"
    for path, content in ((f"{stem}.tsv", _tsv(table)), (f"{stem}.json", _json(described))):
        place = session.candidate, session.visit
        yield PlannedFile(path, "", kind_of(path), FileRole.SCANS, *place, content=content)


def _participants(candidates: Iterable[Candidate]) -> tuple[list[str], list[list[str]]]:
    """Columns that the server tells something in, and a row for each participant."""
    people = [(one.candidate, _facts(one)) for one in candidates]
    shown = [name for name, _, _ in _COLUMNS if any(facts.get(name) for _, facts in people)]
    rows = [
        [f"sub-{candidate}", *(facts.get(name) or _NONE for name in shown)]
        for candidate, facts in people
    ]
    return ["participant_id", *shown], rows


def _facts(candidate: Candidate) -> dict[str, str]:
    entry = {"PSCID": candidate.pscid, "Site": candidate.site} | _entry(candidate)
    return {
        name: next((text for key in keys if (text := _cell(entry.get(key)))), "")
        for name, keys, _ in _COLUMNS
    }


def _entry(candidate: Candidate | None) -> dict[str, object]:
    value = json.loads(candidate.entry) if candidate and candidate.entry else {}
    return value if isinstance(value, dict) else {}


def _cell(value: object) -> str:
    return " ".join(clean(value).split()) if isinstance(value, str) else ""


def _age_months(visit_date: str, birth: object) -> str:
    try:
        days = date.fromisoformat(visit_date) - date.fromisoformat(str(birth)[:10])
    except ValueError:
        return ""
    return f"{days.days / _DAYS_A_MONTH:.1f}" if days.days > 0 else ""


def _description(catalogue: Catalogue) -> dict[str, object]:
    source = {"URL": catalogue.server} if catalogue.server.startswith("http") else {}
    maker = {
        "Name": "preventad-tui",
        "Version": __version__,
        "Description": "Names, study files and scans files; images and sidecars are the server's",
    }
    described: dict[str, object] = {
        "Name": f"{catalogue.project} from {catalogue.server}",
        "BIDSVersion": "1.8.0",
        "DatasetType": "raw",
        "GeneratedBy": [maker],
    }
    return described | ({"SourceDatasets": [source]} if source else {})


def _readme(catalogue: Catalogue) -> bytes:
    return (
        f"# {catalogue.project}\n\n"
        f"Images of the project {catalogue.project} from the LORIS server {catalogue.server}.\n\n"
        "That server has no BIDS files of its own. Images, their sidecars, bval, bvec and events\n"
        "files are byte for byte what it sent. Their BIDS names, this file,\n"
        "dataset_description.json, participants.tsv, participants.json,\n"
        ".bids-validator-config.json and the scans files were made by preventad-tui from the\n"
        "server's lists.\n"
    ).encode()


def _tsv(rows: Iterable[Iterable[str]]) -> bytes:
    return ("\n".join("\t".join(row) for row in rows) + "\n").encode()


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=4) + "\n").encode()
