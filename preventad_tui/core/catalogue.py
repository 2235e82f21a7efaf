"""The catalogue: built from a listing, indexed for fast questions, compared with an older one."""

import functools
import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from preventad_tui.core.arrangement import Arrangement, Order
from preventad_tui.core.bids_names import bids_name, file_name
from preventad_tui.core.errors import UsageError
from preventad_tui.core.listing import Listing
from preventad_tui.core.modality import ALIASES
from preventad_tui.core.model import Catalogue, DataType, Image, Session
from preventad_tui.core.regions import RegionMap
from preventad_tui.core.release_tree import ReleaseTree
from preventad_tui.core.text import Clean, clean, near_names, plural

_SHOWN_NAMES = 12
_SHOWN_KEYS = 5


def build_catalogue(
    listing: Listing, *, server: str, project: str, data_type: DataType, date: str = ""
) -> Catalogue:
    """Sort, remove duplicates and digest what a listing gave.

    `server` is the identity; `date` is ISO 8601 UTC, now where it is empty. Of images whose files
    would have the same names in one folder (case aside, for the sake of macOS) the first stays:
    LORIS serves one file for a name, whichever row is asked.
    """
    images, doubles = _without_doubles(_in_order(listing.images))
    notes = list(listing.notes)
    if doubles:
        notes.append(f"{plural(doubles, 'image')} listed twice under the same name: taken once")
    scans = {(one.candidate, one.visit): one for one in listing.sessions}
    places = dict.fromkeys((image.candidate, image.visit) for image in images)
    present = {image.candidate for image in images}
    candidates = {one.candidate: one for one in listing.candidates if one.candidate in present}
    return Catalogue(
        server=server,
        project=project,
        type=data_type,
        date=date or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        images=tuple(images),
        sessions=tuple(scans.get(place) or Session(*place) for place in places),
        candidates=tuple(candidates[one] for one in sorted(candidates)),
        study_links=tuple(listing.study_links),
        rows_skipped=listing.rows_skipped,
        digest=digest_of(images),
        notes=tuple(notes),
        newest=listing.newest,
        releases=tuple(listing.releases),
        stock_notes=tuple(listing.stock_notes),
    )


def _in_order(images: Iterable[Image]) -> Iterator[Image]:
    """Sorted candidate by candidate: one sort of all holds up every other thread."""
    by_candidate: dict[str, list[Image]] = {}
    for image in images:
        by_candidate.setdefault(image.candidate, []).append(image)
    for candidate in sorted(by_candidate):
        yield from sorted(
            by_candidate.pop(candidate), key=lambda image: (*_place(image), image.name)
        )


def _place(image: Image) -> tuple[str, str, str, str]:
    """By candidate, visit and modality, the last as all lists of them: case only breaks ties."""
    return image.candidate, image.visit, image.modality.casefold(), image.modality


def _without_doubles(images: Iterable[Image]) -> tuple[list[Image], int]:
    kept: list[Image] = []
    doubles = 0
    taken: set[str] = set()
    session = ("", "")
    for image in images:
        if (image.candidate, image.visit) != session:
            session = (image.candidate, image.visit)
            taken = set()
        folder = image.subfolder
        names = {f"{folder}/{file_name(image, link)}".lower() for link in image.links}
        names.add(f"minc:{image.minc_name}".lower())
        if len(names) <= len(image.links) or not names.isdisjoint(taken):
            doubles += 1
            continue
        taken |= names
        kept.append(image)
    return kept, doubles


def digest_of(images: Iterable[Image]) -> str:
    """The MD5 over the keys and links of images, in their order."""
    digest = hashlib.md5(usedforsecurity=False)
    for image in images:
        digest.update("\0".join((image.key, *image.links, "\n")).encode())
    return digest.hexdigest()


class CatalogueIndex:
    """A catalogue with the answers that choosing and planning ask for again and again.

    `candidates`, `visits` and `modalities` are sorted names; the `by_` maps give image indices in
    ascending order (of a candidate or a session they are one range); `regions` are the spans and
    masks that rules are resolved with.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.images = catalogue.images
        self.regions = RegionMap(catalogue)
        by_visit: dict[str, list[int]] = {}
        by_modality: dict[str, list[int]] = {}
        for cell in self.regions.cells:
            images = range(cell.start, cell.stop)
            by_visit.setdefault(cell.visit, []).extend(images)
            by_modality.setdefault(cell.modality, []).extend(images)
        self.by_visit = by_visit
        self.by_modality = by_modality
        self.by_session = {key: range(*span) for key, span in self.regions.session_spans.items()}
        self.by_candidate = {
            key: range(*span) for key, span in self.regions.candidate_spans.items()
        }
        self.candidates = tuple(sorted(self.by_candidate))
        self.visits = tuple(sorted(by_visit))
        self.modalities = tuple(sorted(by_modality, key=str.casefold))
        self._arrangements: dict[Order, Arrangement] = {}

    @functools.cached_property
    def tables(self) -> ReleaseTree:
        """The data releases' tables, by version."""
        return ReleaseTree(self.catalogue.releases)

    def arrangement(self, order: Order) -> Arrangement:
        """The images as one of the browser's trees, made when it is first asked for."""
        if order not in self._arrangements:
            self._arrangements[order] = Arrangement(self.regions, order, self.tables)
        return self._arrangements[order]

    def prepare(self) -> None:
        """Make what the keys will ask for; for a thread, since it takes a moment."""
        for order in Order:
            self.arrangement(order)
        assert len(self.keys) == len(self.images)

    @functools.cached_property
    def keys(self) -> tuple[str, ...]:
        """`CandID/Visit/MINC name` of each image."""
        return tuple(image.key for image in self.images)

    @functools.cached_property
    def by_key(self) -> dict[str, int]:
        """Image index by `CandID/Visit/MINC name`."""
        return {key: index for index, key in enumerate(self.keys)}

    @functools.cached_property
    def sessions_by_modality(self) -> Counter[str]:
        """How many sessions have at least one image of a modality."""
        return Counter(
            modality
            for modality, _ in {
                (image.modality, (image.candidate, image.visit)) for image in self.images
            }
        )

    def resolve_modality(self, name: str) -> str:
        """The catalogue's spelling of a modality; `rest` is `bold`, `dwi` is `dwi65`.

        Raises:
            UsageError: it has no such modality; the near names and all there are are named.
        """
        wanted = name.strip()
        return _resolve(ALIASES.get(wanted.casefold(), wanted), self.modalities, "modality")

    def resolve_visit(self, name: str) -> str:
        """The catalogue's spelling of a visit, with or without `ses-`. Raises UsageError."""
        return _resolve(_without_prefix(name, "ses-"), self.visits, "visit")

    def resolve_candidate(self, name: str) -> str:
        """The catalogue's spelling of a candidate, with or without `sub-`. Raises UsageError."""
        return _resolve(_without_prefix(name, "sub-"), self.candidates, "candidate")


def _without_prefix(name: str, prefix: str) -> str:
    name = name.strip()
    return name[len(prefix) :] if name.lower().startswith(prefix) else name


def _resolve(name: str, known: Sequence[str], noun: str) -> str:
    folded = name.casefold()
    found = next((one for one in known if one.casefold() == folded), None)
    if found is not None:
        return found
    near = near_names(name, list(known))
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    shown = ", ".join(known[:_SHOWN_NAMES])
    more = f", and {len(known) - _SHOWN_NAMES} more" if len(known) > _SHOWN_NAMES else ""
    raise UsageError(
        f"There is no {noun} “{clean(name)}” here.",
        f"{meant}There {'is' if len(known) == 1 else 'are'}: {shown}{more}.",
        f"unknown-{noun}",
    )


@dataclass(frozen=True, slots=True)
class CatalogueDiff:
    """Image keys that came and that went between two readings, sorted."""

    added: tuple[str, ...]
    gone: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.gone)

    @property
    def sentence(self) -> Clean:
        """`3 images were added, 1 is gone (1024138/PREBL00/....mnc)`; of each kind some names."""
        clauses = []
        for keys, singular, several in (
            (self.added, "image was added", "images were added"),
            (self.gone, "image is gone", "images are gone"),
        ):
            if keys:
                shown = ", ".join(keys[:_SHOWN_KEYS]) + (", ..." if len(keys) > _SHOWN_KEYS else "")
                clauses.append(f"{len(keys):,} {singular if len(keys) == 1 else several} ({shown})")
        return clean("; ".join(clauses), 1000)


def diff(old: Catalogue, new: Catalogue) -> CatalogueDiff:
    """What changed from `old` to `new`; images are the same when their keys are."""
    before = {image.key for image in old.images}
    now = {image.key for image in new.images}
    return CatalogueDiff(tuple(sorted(now - before)), tuple(sorted(before - now)))


def age_s(catalogue: Catalogue) -> float:
    """How long ago the catalogue was read whole, by this machine's clock; a future date is old."""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(catalogue.date)).total_seconds()
    return seconds if seconds >= 0 else math.inf


def since_newest(known: Catalogue) -> str:
    """What to ask `since` for: a second before the newest image that is known.

    The server compares in whole seconds, and strictly: images of the same second would be missed.
    """
    return (datetime.fromisoformat(known.newest) - timedelta(seconds=1)).isoformat()


def new_images(known: Catalogue, listing: Listing) -> list[Image]:
    """MINC images of a listing that the catalogue lacks; in BIDS only those with a BIDS name."""
    before = {image.key for image in known.images}
    return [
        one
        for one in listing.images
        if one.key not in before
        and (
            known.type is DataType.MINC
            or bids_name(one.candidate, one.visit, one.minc_name, one.scan_type) is not None
        )
    ]
