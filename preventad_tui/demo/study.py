"""The synthetic study: candidates, sessions and images, all made by rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from preventad_tui.demo.scans import ScanKind, Shape, groups
from preventad_tui.demo.seeds import number
from preventad_tui.demo.shape import FULL, SIZES, Size, quotas

SWAPPED_ONE_IN = 40  # pairs of fieldmaps whose magnitudes are numbered the wrong way round


@dataclass(frozen=True, slots=True)
class Image:
    """One image (or stimulus log) of a session."""

    candidate: str
    visit: str
    kind: ScanKind
    number: int  # the number in the MINC name
    bids_stem: str  # "" when it is not exported to BIDS
    shape: Shape

    @property
    def minc_name(self) -> str:
        """Give the file name on the MINC side."""
        return self.kind.minc_name(self.candidate, self.visit, self.number)

    @property
    def link(self) -> str:
        """Give the link that the API lists."""
        return f"/candidates/{self.candidate}/{self.visit}/images/{self.minc_name}"

    @property
    def side_suffixes(self) -> tuple[str, ...]:
        """Give the ends of the BIDS names beside the image's own `.nii.gz`."""
        if not self.bids_stem:
            return ()
        if self.kind.subfolder == "dwi":
            return (".json", ".bval", ".bvec")
        return (".json", "_events.txt") if self.kind.has_events else (".json",)

    @property
    def bids_names(self) -> tuple[str, ...]:
        """Give every BIDS file name of this image, the image itself first."""
        ends = (".nii.gz", *self.side_suffixes) if self.bids_stem else ()
        return tuple(self.bids_stem + end for end in ends)


@dataclass(frozen=True)
class Session:
    """One visit of a candidate."""

    candidate: str
    pscid: str
    visit: str
    images: tuple[Image, ...]

    @property
    def scans_stem(self) -> str:
        """Give the name of the session's own BIDS files, without their suffix."""
        return f"sub-{self.candidate}_ses-{self.visit}_scans"

    @cached_property
    def by_minc_name(self) -> dict[str, Image]:
        """Find an image by its MINC name."""
        return {image.minc_name: image for image in self.images}

    @cached_property
    def by_bids_name(self) -> dict[str, Image]:
        """Find an image by any of its BIDS names."""
        return {name: image for image in self.images for name in image.bids_names}

    @property
    def bids_images(self) -> tuple[Image, ...]:
        """Give the images that BIDS has."""
        return tuple(image for image in self.images if image.bids_stem)


@dataclass(frozen=True)
class Candidate:
    """One participant."""

    cand_id: str
    pscid: str
    arm: str  # the arm of recruitment; twelve go on in the other
    sex: str
    language: str
    age_months: float  # at the first visit
    sessions: tuple[Session, ...]

    @cached_property
    def by_visit(self) -> dict[str, Session]:
        """Find a session by its visit label."""
        return {session.visit: session for session in self.sessions}


def _images(candidate: str, visit: str, rank: int, of_label: int) -> Iterator[Image]:
    full_of_label = FULL.count(visit)
    # Small studies take evenly spaced sessions of the full one, so one table serves both.
    full_rank = rank * full_of_label // of_label
    for quota in quotas():
        if quota.label != visit:
            continue
        for kind in groups()[quota.kind]:
            scans = quota.scans(full_rank, full_of_label) * kind.per_run
            for scan in range(1, scans + 1):
                yield _image(candidate, visit, kind, scan)


def _image(candidate: str, visit: str, kind: ScanKind, scan: int) -> Image:
    run = (scan + kind.per_run - 1) // kind.per_run
    echo = (scan - 1) % kind.per_run + 1
    # In the published dataset 15 pairs are swapped against their numbers; EchoTime tells.
    if kind.per_run == 2 and number("swapped", candidate, visit, run) % SWAPPED_ONE_IN == 0:
        echo = 3 - echo
    stem = kind.stem.replace("{run}", f"run-{run:03d}").replace("{n}", str(echo))
    bids = f"sub-{candidate}_ses-{visit}_{stem}" if stem else ""
    x, y, z, volumes = kind.shape
    wider = number("width", candidate, visit, kind.scan_type, scan) % 3  # sizes that differ a bit
    return Image(candidate, visit, kind, scan, bids, (x + wider, y, z, volumes))


def _labels(size: Size, arm: str, place: int, pure: int) -> list[str]:
    """Give the visits of the candidate at a place in an arm; the last `both_arms` go on in PRE."""
    found = []
    shared = dict(size.both_arms_sessions)
    for label, sessions in size.sessions:
        if label.startswith(arm):
            reach = sessions - shared.get(label, 0)
            if place < reach:
                found.append(label)
        elif arm == "NAP" and pure <= place < pure + shared.get(label, 0):
            found.append(label)
    return found


@dataclass(frozen=True)
class Study:
    """All candidates, in the order of their recruitment."""

    size: str
    candidates: tuple[Candidate, ...] = field(repr=False)

    @staticmethod
    def make(size: str = "small") -> Study:
        """Make the study of one of the sizes `small` and `full`."""
        if size not in SIZES:
            raise ValueError(f"unknown study size {size!r}: use one of {', '.join(sorted(SIZES))}")
        rules = SIZES[size]
        seats: dict[str, int] = {}
        found = []
        for arm, enrolment in (("NAP", "NAPEN00"), ("PRE", "PREEN00")):
            recruits = rules.count(enrolment)
            for place in range(recruits):
                labels = _labels(rules, arm, place, recruits - rules.both_arms)
                found.append((arm, place, labels))
        # Sessions are ranked within their label, the other arm's latecomers last.
        candidates: dict[int, Candidate] = {}
        for index in sorted(range(len(found)), key=lambda at: found[at][0] == "NAP"):
            arm, place, labels = found[index]
            ranks = []
            for label in labels:
                ranks.append((label, seats.get(label, 0)))
                seats[label] = seats.get(label, 0) + 1
            candidates[index] = _candidate(rules, arm, place, ranks)
        return Study(size, tuple(candidates[index] for index in sorted(candidates)))

    def restricted(self, candidates: int) -> Study:
        """Give a study with so many candidates, chosen to be different from each other."""
        nap = [one for one in self.candidates if one.arm == "NAP"]
        pre = [one for one in self.candidates if one.arm == "PRE"]
        first = [pre[-1], nap[-1], pre[len(pre) // 2], pre[0], nap[0]]
        order = first + [one for one in self.candidates if one not in first]
        kept = {one.cand_id for one in order[:candidates]}
        return replace(
            self, candidates=tuple(one for one in self.candidates if one.cand_id in kept)
        )

    @cached_property
    def by_id(self) -> dict[str, Candidate]:
        """Find a candidate by its CandID."""
        return {candidate.cand_id: candidate for candidate in self.candidates}

    def session(self, cand_id: str, visit: str) -> Session | None:
        """Find a session."""
        candidate = self.by_id.get(cand_id)
        return candidate.by_visit.get(visit) if candidate else None

    @property
    def sessions(self) -> Iterator[Session]:
        """Give all sessions, candidate by candidate."""
        for candidate in self.candidates:
            yield from candidate.sessions

    @property
    def images(self) -> Iterator[Image]:
        """Give all images, those that only MINC has as well."""
        for session in self.sessions:
            yield from session.images


def _candidate(rules: Size, arm: str, place: int, ranks: list[tuple[str, int]]) -> Candidate:
    # 7,368,787 shares no factor with 9,000,000, so ids never repeat and look unordered.
    seat = 2 * place + (arm == "PRE")
    cand_id = str(1_000_000 + (1_234_567 + seat * 7_368_787) % 9_000_000)
    pscid = f"MTL{1000 + number('pscid', 0) % 97 + seat * 13}"
    sessions = tuple(
        Session(cand_id, pscid, label, tuple(_images(cand_id, label, rank, rules.count(label))))
        for label, rank in ranks
    )
    draw = number("person", cand_id)
    return Candidate(
        cand_id,
        pscid,
        arm,
        "Female" if draw % 10 < 7 else "Male",
        "French" if draw // 10 % 4 else "English",
        660 + draw // 40 % 2400 / 10,
        sessions,
    )
