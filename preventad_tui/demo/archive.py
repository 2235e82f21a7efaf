"""Every file of the study, found by the link that the API gives or by its place in a download."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5
from pathlib import PurePosixPath

from preventad_tui.demo import tables
from preventad_tui.demo.bodies import Body, Nifti, Text
from preventad_tui.demo.edition import FIRST, Edition
from preventad_tui.demo.minc1 import Minc1
from preventad_tui.demo.minc2 import Minc2
from preventad_tui.demo.seeds import number
from preventad_tui.demo.sidecars import events, side_file, volume
from preventad_tui.demo.study import Image, Session, Study

_FIRST_MTIME = 1_589_932_800  # 20 May 2020, the first crawl of the BIDS files
_A_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file on the imaginary server's disk."""

    name: str
    disk_path: str
    mtime: int
    body: Body

    @property
    def minc_media(self) -> str:
        """The type of a MINC file: LORIS knows version 2 by its header and no other."""
        return "application/x.minc2" if isinstance(self.body, Minc2) else "application/octet-stream"

    @property
    def tag_a(self) -> str:
        """ETag of LORIS 20.1 + PREVENT-AD override: modification time, size, path, no separator."""
        return _md5(f"{self.mtime}{self.body.size}{self.disk_path}")

    @property
    def tag_b(self) -> str:
        """ETag of LORIS 22 to 28: the same facts as compact JSON, with the name for the path."""
        return _md5(
            f'{{"filename":"{self.name}","size":{self.body.size},"mtime":{self.mtime}}}'
        )  # fmt: skip


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Archive:
    """The files of a study."""

    study: Study
    scale: float = 1.0  # multiplies the images' slices

    def study_file(self, name: str, edition: Edition = FIRST) -> StoredFile | None:
        """Give one of the five study-level BIDS files."""
        make = tables.STUDY_FILES.get(name)
        if make is None:
            return None
        data = make(self.study) + b"\n" * (edition.number + edition.larger)
        return self._stored(f"bids/{name}", Text(data), edition)

    def release(self, name: str, edition: Edition = FIRST) -> StoredFile | None:
        """Give a file of the data releases."""
        make = tables.DATA_RELEASES.get(name)
        if make is None:
            return None
        return self._stored(f"data_release/{name}", Text(make(self.study)), edition)

    def scans(self, session: Session, name: str, edition: Edition = FIRST) -> StoredFile | None:
        """Give a session's scans.tsv or scans.json."""
        if name == f"{session.scans_stem}.json":
            data = tables.scans_json()
        elif name == f"{session.scans_stem}.tsv":
            age = tables.age_at(self.study.by_id[session.candidate], session)
            data = tables.scans_tsv(session, age, edition)
        else:
            return None
        place = f"bids/sub-{session.candidate}/ses-{session.visit}/{name}"
        return self._stored(place, Text(data), edition)

    def minc(self, image: Image, edition: Edition = FIRST) -> StoredFile:
        """Give an image as MINC, or a stimulus log."""
        body: Body
        if image.kind.is_text:
            body = Text(events(image, edition))
        else:
            shown = volume(image, edition, self.scale)
            body = Minc2(shown) if image.kind.is_minc2 else Minc1(shown)
        place = f"assembly/{image.candidate}/{image.visit}/mri/{image.minc_name}"
        return self._stored(place, body, edition)

    def bids(
        self, session: Session, image: Image, name: str, edition: Edition = FIRST
    ) -> StoredFile:
        """Give an image as NIfTI, or a file beside it."""
        body: Body
        if name.endswith(".nii.gz"):
            body = Nifti(volume(image, edition, self.scale))
        else:
            body = Text(side_file(image, session, name, edition))
        place = f"bids/{_bids_folder(image)}/{name}"
        return self._stored(place, body, edition)

    def by_link(self, link: str, edition: Edition = FIRST) -> StoredFile | None:
        """Give the file behind a link of the API, of either generation."""
        match link.strip("/").split("/"):
            case ["projects", _, "bids", name]:
                return self.study_file(name, edition)
            case ["projects", _, "data_releases", name]:
                return self.release(name, edition)
            case ["candidates", cand_id, visit, *rest]:
                session = self.study.session(cand_id, visit)
                return self._of_session(session, rest, edition) if session else None
        return None

    def _of_session(self, session: Session, rest: list[str], edition: Edition) -> StoredFile | None:
        match rest:
            case ["bidsfiles", name]:
                return self.scans(session, name, edition)
            case ["images", _, "bids", name] if image := session.by_bids_name.get(name):
                return self.bids(session, image, name, edition)
            case ["images", name, "format", kind] if image := session.by_minc_name.get(name):
                bids = companion(image, kind)
                return self.bids(session, image, bids, edition) if bids else None
            case ["images", name] if image := session.by_minc_name.get(name):
                return self.minc(image, edition)
        return None

    def by_output(self, path: str, edition: Edition = FIRST) -> StoredFile | None:
        """Give the file that belongs at a path of a finished download, BIDS or MINC."""
        parts = PurePosixPath(path).parts
        match parts:
            case [name]:
                return self.study_file(name, edition)
            case [subject, label, *_] if subject.startswith("sub-"):
                session = self.study.session(subject[4:], label.removeprefix("ses-"))
                if session is None:
                    return None
                if image := session.by_bids_name.get(parts[-1]):
                    return self.bids(session, image, parts[-1], edition)
                return self.scans(session, parts[-1], edition)
            case [cand_id, visit, name]:
                return self.by_link(f"/candidates/{cand_id}/{visit}/images/{name}", edition)
        return None

    def _stored(self, place: str, body: Body, edition: Edition) -> StoredFile:
        mtime = _FIRST_MTIME + number("mtime", place) % (80 * _A_DAY_S)
        # Content and touches count in different steps: two states never share a time.
        mtime += _A_DAY_S * edition.touched + 1_000_003 * edition.number
        return StoredFile(place.rsplit("/", 1)[-1], f"/data/preventad/{place}", mtime, body)


def _bids_folder(image: Image) -> str:
    return f"sub-{image.candidate}/ses-{image.visit}/{image.kind.subfolder}"


def bids_path(image: Image, name: str) -> str:
    """Give the place of a BIDS file of an image in a download."""
    return f"{_bids_folder(image)}/{name}"


def companion(image: Image, kind: str) -> str | None:
    """Give the BIDS name behind a `format/...` of LORIS 24.1 and later, if the image has it."""
    ends = {"nifti": ".nii.gz", "bidsjson": ".json", "bval": ".bval", "bvec": ".bvec"}
    name = image.bids_stem + ends.get(kind, "?")
    return name if name in image.bids_names else None
