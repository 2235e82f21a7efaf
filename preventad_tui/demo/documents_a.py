"""The JSON documents of LORIS 20.1 with the PREVENT-AD override. All values are strings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from hashlib import md5

from preventad_tui.demo import tables
from preventad_tui.demo.seeds import number
from preventad_tui.demo.study import Candidate, Image, Session, Study

Json = dict[str, object]
ZONE = timezone(timedelta(hours=-4))
_FIRST_INSERT = datetime(2019, 4, 1, 9, 0, 0, tzinfo=ZONE)
BATTERY = {"NAP": "INTREPAD trial", "PRE": "Observational cohort"}


def tag(text: str) -> str:
    """Give the md5 that LORIS makes ETags of."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def rating(image: Image) -> tuple[str | None, str | None]:
    """Give an image's QC status and its free text `Selected`."""
    draw = number("qc", image.minc_name) % 20
    if image.kind.is_text or draw == 0:
        return None, None
    return ("Fail", None) if draw == 1 else ("Pass", "true" if draw < 12 else "")


def insert_time(image: Image) -> datetime:
    """Give the second at which an image came into the database."""
    return _FIRST_INSERT + timedelta(seconds=number("insert", image.minc_name) % 25_000_000)


def visit_date(session: Session) -> str:
    """Give the day of a visit."""
    day = _FIRST_INSERT - timedelta(
        days=300 + number("day", session.candidate, session.visit) % 900
    )
    return day.date().isoformat()


def caveats() -> list[Json]:
    """Give the one empty caveat of an image without any (a LEFT JOIN of LORIS)."""
    keys = ("Severity", "Header", "Value", "ValidRange", "ValidRegex")
    return [dict.fromkeys(keys)]


@dataclass(frozen=True)
class DocumentsA:
    """The documents of a study."""

    study: Study

    @cached_property
    def candidates(self) -> Json:
        """`/candidates`."""
        return {"Candidates": [self._row(one) for one in self.study.candidates]}

    @staticmethod
    def _row(one: Candidate) -> Json:
        return {
            "CandID": one.cand_id,
            "PSCID": one.pscid,
            "Site": "MTL",
            "DoB": None,
            "Gender": one.sex,
            "Language": one.language,
            "Project": "loris",
        }

    @property
    def candidates_tag(self) -> str:
        """The ETag of `/candidates`: it sees candidates come and go, nothing else."""
        return tag(f"Candidates:2020-05-20 12:00:00:{len(self.study.candidates)}")

    @staticmethod
    def candidate(one: Candidate) -> Json:
        """`/candidates/ID`."""
        meta: Json = {
            "CandID": one.cand_id,
            "Project": None,
            "PSCID": one.pscid,
            "Site": "Montreal",
            "DoB": None,
            "Gender": one.sex,
            "Language": one.language,
        }
        return {"Meta": meta, "Visits": [session.visit for session in one.sessions]}

    @staticmethod
    def candidate_tag(one: Candidate) -> str:
        """The ETag of a candidate, inherited by its visits and their lists of images."""
        date = "2020-05-20 12:00:00"
        return tag(f"Candidate:{one.cand_id}:{date}:{date}:{len(one.sessions)}")

    @staticmethod
    def visit(one: Candidate, session: Session) -> Json:
        """`/candidates/ID/VISIT`."""
        meta: Json = {
            "CandID": one.cand_id,
            "Visit": session.visit,
            "Site": "Montreal",
            "Battery": BATTERY[session.visit[:3]],
            # Zero or one decimal: 700 and 700.1.
            "Age_at_MRI": f"{tables.age_at(one, session):.1f}".removesuffix(".0"),
        }
        return {"Meta": meta, "Stages": []}

    @staticmethod
    def images(session: Session) -> Json:
        """`/candidates/ID/VISIT/images`, in no order."""
        meta: Json = {"CandID": session.candidate, "Visit": session.visit}
        shuffled = sorted(session.images, key=lambda image: number("order", image.minc_name))
        return {"Meta": meta, "Files": [image_row(image) for image in shuffled]}

    @staticmethod
    def qc(image: Image) -> Json:
        """`.../images/FILE/qc`."""
        status, selected = rating(image)
        meta = {"CandID": image.candidate, "Visit": image.visit, "File": image.minc_name}
        return {"Meta": meta, "QC": status, "Selected": selected, "Caveats": caveats()}

    @staticmethod
    def image_bids(image: Image) -> Json:
        """`.../images/FILE/bids`; its EventLink branch is dead in LORIS."""
        meta = {"CandID": image.candidate, "Visit": image.visit, "Filename": image.minc_name}
        links = bids_links(image)
        links.pop("EventLink", None)
        row = {"Subfolder": image.kind.subfolder} | links
        return {"Meta": meta, "Files": [row] if image.bids_stem else []}

    @staticmethod
    def scans(session: Session) -> Json:
        """`/candidates/ID/VISIT/bidsfiles`."""
        meta: Json = {"CandID": session.candidate, "Visit": session.visit}
        return {"Meta": meta, "Files": scans_links(session)}

    @cached_property
    def projects(self) -> Json:
        """`/projects`."""
        return {"Projects": {"loris": {"PSCID": {"Type": "prompt", "Regex": "^MTL[0-9]{4}$"}}}}

    @cached_property
    def project(self) -> Json:
        """`/projects/loris`."""
        return {
            "Meta": {"Project": "loris"},
            "Candidates": [one.cand_id for one in self.study.candidates],
            "Instruments": ["handedness"],
            "Visits": sorted({session.visit for session in self.study.sessions}),
        }

    def project_images(self, since: datetime | None) -> Json:
        """`/projects/loris/images`, by time of insertion; `since` is strictly later."""
        found = [
            (insert_time(image), image, session)
            for session in self.study.sessions
            for image in session.images
        ]
        found = [row for row in found if since is None or row[0] > since]
        found.sort(key=lambda row: (row[0], row[1].minc_name))
        return {"Images": [self._image(*row) for row in found]}

    @staticmethod
    def _image(time: datetime, image: Image, session: Session) -> Json:
        status, selected = rating(image)
        return {
            "Candidate": image.candidate,
            "PSCID": session.pscid,
            "Visit": image.visit,
            "Visit_date": visit_date(session),
            "Site": "Montreal",
            "ScanType": image.kind.scan_type,
            "QC_status": status,
            "Selected": selected,
            "Link": image.link,
            "InsertTime": time.isoformat(timespec="seconds"),
        }

    @cached_property
    def project_images_tag(self) -> str:
        """The ETag of `/projects/loris/images`."""
        times = [insert_time(image) for image in self.study.images]
        if not times:
            return "e86bff2b7b6a878bc2812c4f1d87174c"
        return tag(f"Images:{max(times).strftime('%Y-%m-%d %H:%M:%S')}:{len(times)}")

    def bids(self) -> Json:
        """`/projects/loris/bids`, the list of everything."""
        base = "/projects/loris/bids"
        participants = {
            "TsvLink": f"{base}/participants.tsv",
            "JsonLink": f"{base}/participants.json",
        }
        return {
            "DatasetDescription": {"Link": f"{base}/dataset_description.json"},
            "README": {"Link": f"{base}/README"},
            "BidsValidatorConfig": {"Link": f"{base}/.bids-validator-config.json"},
            "Participants": participants,
            "SessionFiles": [
                _place(session, session.visit) | scans_links(session)
                for session in self.study.sessions
            ],
            "Images": [
                _place(session, session.visit)
                | {"LorisScanType": image.kind.scan_type, "Subfolder": image.kind.subfolder}
                | bids_links(image)
                for session in self.study.sessions
                for image in session.bids_images
            ],
        }

    @staticmethod
    def releases() -> list[Json]:
        """`/projects/loris/data_releases`: an array, and links without a leading slash."""
        base = "projects/loris/data_releases"
        files = [{"File": name, "Link": f"{base}/{name}"} for name in tables.DATA_RELEASES]
        return [{"Data_Release_Version": "demo 1.0", "Files": files}]

    @staticmethod
    def handedness(one: Candidate, session: Session) -> Json:
        """`/candidates/ID/VISIT/instruments/handedness`."""
        meta = {"Instrument": "handedness", "Visit": session.visit, "Candidate": one.cand_id}
        hand = "right" if number("hand", one.cand_id) % 10 else "left"
        return {"Meta": meta | {"DDE": False}, "handedness": {"Hand": hand}}


def image_row(image: Image) -> Json:
    """Give an item of a visit's list of images: three keys, no visit, no size."""
    return {
        "OutputType": "defaced" if image.kind.defaced else "native",
        "Filename": image.minc_name,
        "AcquisitionType": image.kind.scan_type,
    }


def _place(session: Session, visit: str) -> Json:
    return {"Candidate": session.candidate, "PSCID": session.pscid, "Visit": visit}


def scans_links(session: Session) -> Json:
    """Give the links of a session's own files."""
    base = f"/candidates/{session.candidate}/{session.visit}/bidsfiles/{session.scans_stem}"
    return {"TsvLink": f"{base}.tsv", "JsonLink": f"{base}.json"}


def bids_links(image: Image) -> Json:
    """Give the links of an image's BIDS files, in LORIS's order of keys."""
    keys = {
        ".nii.gz": "NiftiLink",
        ".json": "JsonLink",
        ".bval": "BvalLink",
        ".bvec": "BvecLink",
        "_events.txt": "EventLink",
    }
    base = f"{image.link}/bids"
    ends = [name.removeprefix(image.bids_stem) for name in image.bids_names]
    return {keys[end]: f"{base}/{image.bids_stem}{end}" for end in ends}
