"""The JSON documents of LORIS 24 to 28, where they differ from the old generation's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from preventad_tui.demo.documents_a import (
    BATTERY,
    Json,
    caveats,
    image_row,
    insert_time,
    rating,
    visit_date,
)
from preventad_tui.demo.seeds import number
from preventad_tui.demo.study import Candidate, Image, Session, Study

PROJECT = "PREVENT-AD"


@dataclass(frozen=True)
class DocumentsB:
    """The documents of a study; `integer_ids` is what PHP 8.1 does to lists in 24 to 26."""

    study: Study
    integer_ids: bool
    by_id: bool  # sorted by CandID (27 and later)
    second: str = ""  # the project of every third candidate

    @cached_property
    def _second_ids(self) -> frozenset[str]:
        ids = [one.cand_id for one in self.study.candidates]
        return frozenset(ids[2::3] if self.second else ())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the projects."""
        return (PROJECT, self.second) if self.second else (PROJECT,)

    def _project_of(self, cand_id: str) -> str:
        return self.second if cand_id in self._second_ids else PROJECT

    def _id(self, cand_id: str) -> str | int:
        return int(cand_id) if self.integer_ids else cand_id

    def _ordered(self) -> list[Candidate]:
        if self.by_id:
            return sorted(self.study.candidates, key=lambda one: one.cand_id)
        return list(self.study.candidates)

    def candidates(self) -> Json:
        """`/candidates`."""
        rows = [self._row(one) | {"CandID": self._id(one.cand_id)} for one in self._ordered()]
        return {"Candidates": rows}

    def _row(self, one: Candidate) -> Json:
        return {
            "CandID": one.cand_id,
            "Project": self._project_of(one.cand_id),
            "PSCID": one.pscid,
            "Site": "Montreal",
            "EDC": None,
            "DoB": None,
            "Sex": one.sex,
        }

    def candidate(self, one: Candidate) -> Json:
        """`/candidates/ID`."""
        return {"Meta": self._row(one), "Visits": [session.visit for session in one.sessions]}

    def visit(self, one: Candidate, session: Session, *, cohort: bool) -> Json:
        """`/candidates/ID/VISIT`; v0.0.4-dev of 26 and later says Cohort."""
        meta: Json = {
            "CandID": one.cand_id,
            "Visit": session.visit,
            "Site": "Montreal",
            "Cohort" if cohort else "Battery": BATTERY[session.visit[:3]],
            "Project": self._project_of(one.cand_id),
        }
        date = visit_date(session)
        # The approval overwrites the key Screening in LORIS 22 to 28.
        stages = {
            "Visit": {"Date": date, "Status": "Pass"},
            "Screening": {"Date": date, "Status": "Pass"},
        }
        return {
            "Meta": meta,
            "Stages": stages if number("staged", session.scans_stem) % 3 else [],
        }

    @staticmethod
    def images(session: Session, shown: bool, *, phantom: bool) -> Json:
        """`/candidates/ID/VISIT/images`; empty without rights; v0.0.4-dev adds IsPhantom."""
        rows = [
            image_row(image) | ({"IsPhantom": False} if phantom else {})
            for image in (session.images if shown else ())
        ]
        return {"Meta": {"CandID": session.candidate, "Visit": session.visit}, "Files": rows}

    @staticmethod
    def qc(image: Image) -> Json:
        """`.../qc`: Selected is true, false or null."""
        status, selected = rating(image)
        chosen = None if selected is None else selected == "true"
        meta = {"CandID": image.candidate, "Visit": image.visit, "File": image.minc_name}
        return {"Meta": meta, "QC": status, "Selected": chosen, "Caveats": caveats()}

    def projects(self) -> Json:
        """`/projects`; useEDC is a string."""
        regex = {"PSCID": {"Type": "prompt", "Regex": "^MTL[0-9]{4}$"}}
        return {"Projects": {name: {"useEDC": "false"} | regex for name in self.names}}

    def project(self, name: str, *, cohorts: bool) -> Json:
        """`/projects/P`."""
        members = [one for one in self._ordered() if self._project_of(one.cand_id) == name]
        document: Json = {
            "Meta": {"Project": name},
            "Candidates": [one.cand_id for one in members],
            "Instruments": ["handedness"],
            "Visits": sorted({session.visit for one in members for session in one.sessions}),
        }
        return document | ({"Cohorts": sorted(BATTERY.values())} if cohorts else {})

    def project_images(self, name: str, since: datetime | None, shown: bool) -> Json:
        """`/projects/P/images`; empty without rights."""
        rows = sorted(self._project_images(name) if shown else (), key=lambda row: row[:2])
        return {"Images": [row for time, _, row in rows if since is None or time > since]}

    def _project_images(self, name: str) -> Iterator[tuple[datetime, str, Json]]:
        for session in self.study.sessions:
            if self._project_of(session.candidate) != name:
                continue
            for image in session.images:
                status, selected = rating(image)
                time = insert_time(image)
                row: Json = {
                    "Candidate": self._id(image.candidate),
                    "PSCID": session.pscid,
                    "Visit": image.visit,
                    "Visit_date": visit_date(session),
                    "Site": "Montreal",
                    "InsertTime": time.isoformat(timespec="seconds"),
                    "ScanType": image.kind.scan_type,
                    "QC_status": status,
                    "Selected": selected,
                    "Link": image.link,
                }
                yield time, image.minc_name, row
