"""From a set of images to the fewest, broadest regions that mean exactly them."""

from collections.abc import Iterator

from preventad_tui.core.regions import (
    EVERYTHING,
    Cell,
    Mask,
    Region,
    RegionMap,
    indices_of,
    region_of_image,
)

_SHAPES = (
    (False, False, False),
    (False, False, True),
    (False, True, False),
    (False, True, True),
    (True, False, False),
    (True, False, True),
    (True, True, False),
    (True, True, True),
)
"""Which of candidate, visit and modality a region names, the broadest first."""


def cover(regions: RegionMap, target: Mask, within: Region = EVERYTHING) -> Iterator[Region]:
    """Regions whose union is exactly `target`, a mask that lies inside `within`.

    Whole regions where all of a region is in the target, single images where only a part of a
    candidate's visit and modality is.
    """
    left, not_whole = [], []
    for cell in regions.cells:
        count = target.count(1, cell.start, cell.stop)
        if count == cell.stop - cell.start:
            left.append(cell)
        else:
            not_whole.append(cell)
            if count:
                for index in indices_of(target, cell.start, cell.stop):
                    yield region_of_image(regions.images[index])
    for shape in _SHAPES:
        if not left:
            return
        shaped = [_shape(cell, shape) for cell in left]
        spoiled = {_shape(cell, shape) for cell in not_whole}
        for region in dict.fromkeys(shaped):
            if region not in spoiled and (named := region.intersection(within)):
                yield named
        left = [cell for cell, region in zip(left, shaped, strict=True) if region in spoiled]


def _shape(cell: Cell, shape: tuple[bool, bool, bool]) -> Region:
    by_candidate, by_visit, by_modality = shape
    return Region(
        cell.candidate if by_candidate else None,
        cell.visit if by_visit else None,
        cell.modality if by_modality else None,
    )
