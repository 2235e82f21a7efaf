"""Regions of the catalogue, and masks of its images.

A region is a conjunction (this candidate, and this visit, and ...). A mask holds one byte, 0 or 1,
for each image of the catalogue, in its order: with bytes as the unit, slices, `count` and whole
integers do at C speed what a loop over 250,000 images could not do between two keys.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

from preventad_tui.core.model import Catalogue, Image

Mask = bytes | bytearray

_CELL_OF = attrgetter("candidate", "visit", "modality")


class Region(NamedTuple):
    """Images of this candidate, visit, modality and MINC name; None stands for every one."""

    candidate: str | None = None
    visit: str | None = None
    modality: str | None = None
    image: str | None = None

    @property
    def rank(self) -> int:
        """How specific it is, from 0 (everything) to 4 (one image)."""
        return 4 if self.image is not None else 3 - self[:3].count(None)

    def is_inside(self, other: "Region") -> bool:
        """Whether `other` names everything that this region names."""
        return all(theirs in (None, mine) for mine, theirs in zip(self, other, strict=True))

    def intersection(self, other: "Region") -> "Region | None":
        """What both name, None where they contradict each other."""
        fields = []
        for mine, theirs in zip(self, other, strict=True):
            if mine is not None and theirs is not None and mine != theirs:
                return None
            fields.append(theirs if mine is None else mine)
        return Region(*fields)


EVERYTHING = Region()


def region_of_image(image: Image) -> Region:
    """The region that holds this image alone."""
    return Region(image.candidate, image.visit, image.modality, image.minc_name)


class Cell(NamedTuple):
    """The images of one candidate, visit and modality: `images[start:stop]`."""

    candidate: str
    visit: str
    modality: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Members:
    """The images of a region: those of `start:stop` where `mask` is 1; no mask means all."""

    start: int
    stop: int
    mask: Mask | None = None

    @property
    def count(self) -> int:
        """How many images."""
        return self.stop - self.start if self.mask is None else self.mask.count(1)

    def chosen(self, mask: Mask) -> int:
        """How many of them are in a mask of the whole catalogue."""
        here = mask[self.start : self.stop]
        return (here if self.mask is None else mask_and(here, self.mask)).count(1)


NOBODY = Members(0, 0)


def mask_and(one: Mask, other: Mask) -> bytes:
    """Images in both masks, which have the same length."""
    return (int.from_bytes(one) & int.from_bytes(other)).to_bytes(len(one))


def mask_or(one: Mask, other: Mask) -> bytes:
    """Images in either mask."""
    return (int.from_bytes(one) | int.from_bytes(other)).to_bytes(len(one))


def mask_minus(one: Mask, other: Mask) -> bytes:
    """Images in the first mask and not in the second."""
    ours = int.from_bytes(one)
    return (ours & ~int.from_bytes(other)).to_bytes(len(one))


def indices_of(mask: Mask, start: int = 0, stop: int | None = None) -> Iterator[int]:
    """The indices of the images in a mask, in order."""
    end = len(mask) if stop is None else stop
    at = mask.find(1, start, end)
    while at >= 0:
        yield at
        at = mask.find(1, at + 1, end)


class RegionMap:
    """Where in the catalogue the images of each region lie.

    The catalogue's order (candidate, visit, modality, name) makes the images of a candidate, of a
    session and of a cell contiguous; those of a visit or a modality are kept as masks.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.images = catalogue.images
        self.count = len(catalogue.images)
        self.cells: tuple[Cell, ...] = tuple(_cells(catalogue.images))
        self.candidate_spans: dict[str, tuple[int, int]] = {}
        self.session_spans: dict[tuple[str, str], tuple[int, int]] = {}
        self._cell_spans: dict[tuple[str, str, str], tuple[int, int]] = {}
        visit_masks: dict[str, bytearray] = {}
        modality_masks: dict[str, bytearray] = {}
        for candidate, visit, modality, start, stop in self.cells:
            first, _ = self.candidate_spans.get(candidate, (start, 0))
            self.candidate_spans[candidate] = (first, stop)
            first, _ = self.session_spans.get((candidate, visit), (start, 0))
            self.session_spans[candidate, visit] = (first, stop)
            self._cell_spans[candidate, visit, modality] = (start, stop)
            ones = b"\1" * (stop - start)
            for masks, name in ((visit_masks, visit), (modality_masks, modality)):
                if name not in masks:
                    masks[name] = bytearray(self.count)
                masks[name][start:stop] = ones
        self.visit_masks = {name: bytes(visit_masks[name]) for name in sorted(visit_masks)}
        self.modality_masks = {
            name: bytes(modality_masks[name]) for name in sorted(modality_masks, key=_by_case)
        }

    @cached_property
    def visit_numbers(self) -> dict[str, int]:
        """The masks of the visits as whole numbers, which `&` and `bit_count` count at once."""
        return {name: int.from_bytes(mask) for name, mask in self.visit_masks.items()}

    @cached_property
    def modality_numbers(self) -> dict[str, int]:
        """Those of the modalities, likewise."""
        return {name: int.from_bytes(mask) for name, mask in self.modality_masks.items()}

    @cached_property
    def searchable_names(self) -> tuple[str, ...]:
        """Each image's MINC and BIDS name, case-folded, for searching in parts of names."""
        return tuple(
            image.minc_name.casefold()
            if image.name == image.minc_name
            else f"{image.minc_name}\n{image.name}".casefold()
            for image in self.images
        )

    @property
    def candidates(self) -> tuple[str, ...]:
        """All candidates with images, sorted."""
        return tuple(self.candidate_spans)

    @property
    def visits(self) -> tuple[str, ...]:
        """All visits with images, sorted."""
        return tuple(self.visit_masks)

    @property
    def modalities(self) -> tuple[str, ...]:
        """All modalities, sorted without regard to case."""
        return tuple(self.modality_masks)

    def members(self, region: Region) -> Members:
        """The images of a region; of a region with unknown names, none."""
        candidate, visit, modality, image = region
        if image is not None:
            return self._one_image(region)
        if candidate is None:
            return self._across_candidates(visit, modality)
        if visit is None:
            start, stop = self.candidate_spans.get(candidate, (0, 0))
            if modality is None:
                return Members(start, stop)
            mask = self.modality_masks.get(modality)
            return NOBODY if mask is None else Members(start, stop, mask[start:stop])
        if modality is None:
            return Members(*self.session_spans.get((candidate, visit), (0, 0)))
        return Members(*self._cell_spans.get((candidate, visit, modality), (0, 0)))

    def mask(self, region: Region) -> bytes:
        """The images of a region as a mask of the whole catalogue."""
        found = self.members(region)
        inner = b"\1" * (found.stop - found.start) if found.mask is None else found.mask
        return bytes(found.start) + bytes(inner) + bytes(self.count - found.stop)

    def covered_by(self, regions: Iterable[Region]) -> bytearray:
        """The images of any of the regions."""
        total = bytearray(self.count)
        for region in regions:
            paint(total, self.members(region), True)
        return total

    def _across_candidates(self, visit: str | None, modality: str | None) -> Members:
        masks = []
        for name, table in ((visit, self.visit_masks), (modality, self.modality_masks)):
            if name is not None:
                masks.append(table.get(name, b""))
        if any(not mask for mask in masks):
            return NOBODY
        if not masks:
            return Members(0, self.count)
        return Members(0, self.count, masks[0] if len(masks) == 1 else mask_and(*masks))

    def _one_image(self, region: Region) -> Members:
        found = self.members(region._replace(image=None))
        for index in range(found.start, found.stop):
            if self.images[index].minc_name == region.image and (
                found.mask is None or found.mask[index - found.start]
            ):
                return Members(index, index + 1)
        return NOBODY


def paint(mask: bytearray, members: Members, on: bool) -> None:
    """Set or clear the members in a mask of the whole catalogue."""
    here = slice(members.start, members.stop)
    if members.mask is None:
        mask[here] = (b"\1" if on else b"\0") * (members.stop - members.start)
    elif on:
        mask[here] = mask_or(mask[here], members.mask)
    else:
        mask[here] = mask_minus(mask[here], members.mask)


def _cells(images: tuple[Image, ...]) -> Iterator[Cell]:
    start = 0
    current: tuple[str, str, str] | None = None
    for index, triple in enumerate(map(_CELL_OF, images)):
        if triple != current:
            if current is not None:
                yield Cell(*current, start, index)
            start, current = index, triple
    if current is not None:
        yield Cell(*current, start, len(images))


def _by_case(name: str) -> tuple[str, str]:
    return (name.casefold(), name)
