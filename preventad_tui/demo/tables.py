"""The study's and the sessions' own files: README, participants, scans, data releases."""

from __future__ import annotations

import json
from collections.abc import Callable

from preventad_tui.demo.edition import Edition
from preventad_tui.demo.seeds import number
from preventad_tui.demo.study import Candidate, Session, Study

BIDS_VERSION = "1.8.0"


def _pretty(value: object) -> bytes:
    return (json.dumps(value, indent=4) + "\n").encode()


def _readme(study: Study) -> bytes:
    return (
        "# PREVENT-AD demo\n\n"
        f"Synthetic data of {len(study.candidates)} imaginary participants, made by rule by the\n"
        "demo server of preventad-tui. Nothing in it was measured in anybody. Names and numbers\n"
        "of files follow the open PREVENT-AD dataset, so that the program can be tried as it\n"
        "will be used; sizes are about a hundredth of the real ones.\n"
    ).encode()


def _description(study: Study) -> bytes:
    return _pretty(
        {
            "Name": f"PREVENT-AD demo ({study.size})",
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "raw",
            "License": "CC0",
            "Authors": ["The demo server of preventad-tui"],
            "HowToAcknowledge": "There is no need to: the data are made up.",
        }
    )


def _participants(study: Study) -> bytes:
    lines = ["participant_id\tsex\tlanguage\tarm\tage_months"]
    for one in study.candidates:
        lines.append(
            f"sub-{one.cand_id}\t{one.sex}\t{one.language}\t{one.arm}\t{one.age_months:.1f}"
        )
    return ("\n".join(lines) + "\n").encode()


def _participants_json(study: Study) -> bytes:
    return _pretty(
        {
            "sex": {"Description": "Sex as registered", "Levels": {"Male": "-", "Female": "-"}},
            "language": {"Description": "Language of the visits"},
            "arm": {
                "Description": "Arm of recruitment",
                "Levels": {"NAP": "the INTREPAD naproxen trial", "PRE": "the observational cohort"},
            },
            "age_months": {"Description": "Age at the first visit", "Units": "month"},
        }
    )


def _validator_config(study: Study) -> bytes:
    return _pretty({"ignore": [], "warn": [], "error": [], "ignoredFiles": ["/asl"]})


STUDY_FILES: dict[str, Callable[[Study], bytes]] = {
    "dataset_description.json": _description,
    "README": _readme,
    ".bids-validator-config.json": _validator_config,
    "participants.tsv": _participants,
    "participants.json": _participants_json,
}


def scans_tsv(session: Session, age_months: float, edition: Edition) -> bytes:
    """List a session's BIDS images."""
    lines = ["filename\tage_at_scan"]
    for image in session.bids_images:
        path = f"{image.kind.subfolder}/{image.bids_stem}.nii.gz"
        lines.append(f"{path}\t{age_months + edition.number:.1f}")
    return ("\n".join(lines) + "\n").encode()


def scans_json() -> bytes:
    """Describe the columns of a scans.tsv."""
    return _pretty({"age_at_scan": {"Description": "Age at the visit", "Units": "month"}})


def age_at(candidate: Candidate, session: Session) -> float:
    """Give the age in months at a visit: enrolment, and the follow-up's months after it."""
    months = int(session.visit[5:]) if session.visit[3:5] == "FU" else 0
    enrolment = 1 if session.visit[3:5] == "EN" else 0
    crossing = 60 if session.visit[:3] != candidate.arm else 0
    return candidate.age_months + months + enrolment + crossing


def _demographics(study: Study) -> bytes:
    rows = [f"{one.cand_id},{one.pscid},{one.sex},{one.language}" for one in study.candidates]
    return ("\n".join(["CandID,PSCID,Sex,Language", *rows]) + "\n").encode()


def _dictionary(study: Study) -> bytes:
    return b"Variable,Meaning\nCandID,Number of the candidate\nPSCID,Number at the site\n"


def _recall(study: Study) -> bytes:
    rows = [f"{one.cand_id},{number('recall', one.cand_id) % 16}" for one in study.candidates]
    return ("\n".join(["CandID,Recall", *rows]) + "\n").encode()


DATA_RELEASES: dict[str, Callable[[Study], bytes]] = {
    "Data_Dictionary_Demo.csv": _dictionary,
    "Demographics_Demo.csv": _demographics,
    "Recall_Demo.csv": _recall,
}
