"""From a set of images to the fewest, broadest regions that mean exactly them."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from preventad_tui.core.regions import (
    EVERYTHING,
    Cell,
    Mask,
    Region,
    RegionMap,
    indices_of,
    mask_minus,
    region_of_image,
)


def cover(regions: RegionMap, target: Mask, within: Region = EVERYTHING) -> Iterator[Region]:
    """Regions whose union is exactly `target`, a mask that lies inside `within`.

    Whole regions where all of a region is in the target, single images where only a part of a
    candidate's visit and modality is. The broadest come first, then candidate by candidate: who
    wants only a few, or to know whether there are few, need not take them all.
    """
    left = int.from_bytes(target)
    outside = int.from_bytes(mask_minus(b"\1" * regions.count, target))
    for region, members in _across_candidates(regions):
        if not left:
            return
        if members & left and not members & outside:
            left &= ~members
            if named := region.intersection(within):
                yield named
    rest = bytearray(left.to_bytes(regions.count))
    for _, found in groupby(regions.cells, attrgetter("candidate")):
        cells = list(found)
        if rest.find(1, cells[0].start, cells[-1].stop) >= 0:
            for region in _of_candidate(cells, target, rest):
                if named := region.intersection(within):
                    yield named
            for index in indices_of(rest, cells[0].start, cells[-1].stop):
                yield region_of_image(regions.images[index])


def _across_candidates(regions: RegionMap) -> Iterator[tuple[Region, int]]:
    """Everything, modalities, visits, modalities at visits; each with its images as a number."""
    yield EVERYTHING, int.from_bytes(b"\1" * regions.count)
    for modality, members in regions.modality_numbers.items():
        yield Region(modality=modality), members
    for visit, members in regions.visit_numbers.items():
        yield Region(visit=visit), members
    for visit, there in regions.visit_numbers.items():
        for modality, members in regions.modality_numbers.items():
            yield Region(visit=visit, modality=modality), there & members


def _of_candidate(cells: Sequence[Cell], target: Mask, left: bytearray) -> Iterator[Region]:
    """The whole regions of one candidate, given by its cells; they are taken out of `left`."""
    whole = {one for one in cells if target.count(1, one.start, one.stop) == one.stop - one.start}
    if not whole:
        return
    for by_visit, by_modality in ((False, False), (False, True), (True, False), (True, True)):
        groups: dict[tuple[str | None, str | None], list[Cell]] = {}
        for cell in cells:
            place = cell.visit if by_visit else None, cell.modality if by_modality else None
            groups.setdefault(place, []).append(cell)
        for place, members in groups.items():
            if whole.issuperset(members) and any(
                left.find(1, one.start, one.stop) >= 0 for one in members
            ):
                for one in members:
                    left[one.start : one.stop] = bytes(one.stop - one.start)
                yield Region(cells[0].candidate, *place)
