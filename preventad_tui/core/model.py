"""What the study is made of, in the field's own terms; frozen, shared by everything.

Strings from the server enter here only after `core.names` accepted them (paths, links) or
`core.text.clean` cleaned them (everything that is only shown).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from preventad_tui.core.image_links import links_of, tails_of


class DataType(StrEnum):
    """How the data are organised: the BIDS tree, or MINC files by candidate and visit."""

    BIDS = "bids"
    MINC = "minc"


class FileKind(StrEnum):
    """What a file's content is, which decides its structure check."""

    NIFTI = "nifti"
    MINC = "minc"
    JSON = "json"
    TSV = "tsv"
    BVAL = "bval"
    BVEC = "bvec"
    EVENTS = "events"
    TEXT = "text"


class FileRole(StrEnum):
    """Why a file is in the plan."""

    IMAGE = "image"
    SIDE = "side"
    SCANS = "scans"
    STUDY = "study"
    CANDIDATE = "candidate"
    SESSION = "session"
    RELEASE = "release"


class Image(NamedTuple):
    """One scan with its side files, in either type; made by `Image.with_links`.

    A tuple, since every start makes tens of thousands of them: a frozen dataclass takes five times
    as long.

    `name` is what is shown: the BIDS stem, or the MINC file name. `tails` are the ends of `links`.
    `qc_status` and `qc_selected` are the server's words on quality, `""` where its listing has
    none.
    """

    candidate: str
    visit: str
    scan_type: str
    modality: str
    subfolder: str
    minc_name: str
    name: str
    tails: tuple[str, ...]
    qc_status: str = ""
    qc_selected: str = ""

    @classmethod
    def with_links(
        cls,
        candidate: str,
        visit: str,
        scan_type: str,
        modality: str,
        subfolder: str,
        minc_name: str,
        name: str,
        links: Iterable[str],
        qc_status: str = "",
        qc_selected: str = "",
    ) -> "Image":
        """An image by the server's links (leading slash, below the API version), its own first."""
        tails = tails_of(links, candidate, visit, minc_name, name, subfolder)
        place = candidate, visit, scan_type, modality, subfolder, minc_name, name
        return cls(*place, tails, qc_status, qc_selected)

    @property
    def links(self) -> tuple[str, ...]:
        """The server's links, the image's own first."""
        place = self.candidate, self.visit, self.minc_name, self.name, self.subfolder
        return links_of(self.tails, *place)

    @property
    def key(self) -> str:
        """The image's name in saved selections, the same in both types."""
        return f"{self.candidate}/{self.visit}/{self.minc_name}"


@dataclass(frozen=True, slots=True)
class Session:
    """A candidate's visit; `links` are its scans files (BIDS only), `date` its day or `""`."""

    candidate: str
    visit: str
    links: tuple[str, ...] = ()
    date: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A participant; `entry` is its entry of `/candidates` as JSON text, `""` where not asked."""

    candidate: str
    pscid: str = ""
    site: str = ""
    entry: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """A table (CSV) of a data release: clinical and cognitive data of the registered site."""

    version: str
    link: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything the server offers in one type, as it was at `date` (ISO 8601 UTC).

    `images` are sorted by candidate, visit, modality, name; an image is often meant by its index
    in this tuple. `server` is the identity (`demo`, or the origin `https://host[:port]`), `digest`
    the MD5 over the images' keys and links, `rows_skipped` how many rows were not understood.
    `newest` is when the last image came, in the server's words (`""`: not told).

    `stock_notes` are there only for BIDS from a stock server, which lists MINC files alone: names
    and study files are then made by this program, and the notes say what it cannot give.
    """

    server: str
    project: str
    type: DataType
    date: str
    images: tuple[Image, ...]
    sessions: tuple[Session, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    study_links: tuple[str, ...] = ()
    rows_skipped: int = 0
    digest: str = ""
    notes: tuple[str, ...] = ()
    newest: str = ""
    releases: tuple[ReleaseFile, ...] = ()
    stock_notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file that a selection means: where it lies (relative POSIX path) and whence it comes.

    `content` is set for files written from the catalogue (candidate.json): no request.
    `extract` names the key of the JSON answer that is written (session.json: `Meta`).
    A file of an image has that image's link number `side` and `own_link` after it: 50,000 links
    of 200 characters are not held in memory.
    """

    path: str
    own_link: str
    kind: FileKind
    role: FileRole
    candidate: str = ""
    visit: str = ""
    modality: str = ""
    scan_type: str = ""
    content: bytes | None = None
    extract: str = ""
    image: Image | None = None
    side: int = 0

    @property
    def link(self) -> str:
        """The server's link, `""` for what the program writes itself."""
        if self.image is None:
            return self.own_link
        return self.image.links[self.side] + self.own_link
