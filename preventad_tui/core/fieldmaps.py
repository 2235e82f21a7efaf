"""Fieldmaps belong to their session's functional images: which were left out?"""

from collections.abc import Iterable

from preventad_tui.core.regions import RegionMap

_FIELDMAP = "fieldmap"


def left_out_fieldmaps(regions: RegionMap, selected: Iterable[int]) -> list[int]:
    """Indices of the fieldmaps of sessions with a selected bold image but no selected fieldmap."""
    has_bold: set[tuple[str, str]] = set()
    has_fieldmap: set[tuple[str, str]] = set()
    for index in selected:
        image = regions.images[index]
        if image.modality == _FIELDMAP:
            has_fieldmap.add((image.candidate, image.visit))
        elif image.modality == "bold" or image.modality.endswith("-bold"):
            has_bold.add((image.candidate, image.visit))
    wanted = has_bold - has_fieldmap
    return [
        index
        for cell in regions.cells
        if cell.modality == _FIELDMAP and (cell.candidate, cell.visit) in wanted
        for index in range(cell.start, cell.stop)
    ]
