"""From a cell of the coverage table to the filter that shows its images."""

from typing import TYPE_CHECKING

from preventad_tui.core.query import Query, WordKind, read_query
from preventad_tui.core.regions import Mask, Region, RegionMap, mask_and

if TYPE_CHECKING:
    from preventad_tui.core.catalogue import CatalogueIndex


def filter_of_cell(index: "CatalogueIndex", cell: Region, query: Query | None) -> str:
    """The words that show a cell's images; `""` where the candidates counted have none.

    Args:
        query: the filter whose candidates the table counts; None where it counts all. Its words
            stay, those of the kinds that the cell names apart; where they then show more
            candidates than the table has, these are named. Words that hide all of the cell go.
    """
    regions = index.regions
    of_cell = regions.covered_by([cell])
    named = {
        WordKind.MODALITY: cell.modality,
        WordKind.VISIT: cell.visit,
        WordKind.CANDIDATE: cell.candidate,
    }
    words = [name for name in named.values() if name]
    has_it = _people(regions, of_cell)
    if query is None:
        return " ".join(words) if has_it else ""
    counted = _people(regions, query.matches)
    kept = [word.text for word in query.words if not named.get(word.kind)]
    text = " ".join([*kept, *words])
    here = _people(regions, mask_and(of_cell, read_query(text, index).matches))
    if here and here <= counted:
        return text
    if not here & counted:
        text, here = " ".join(words), has_it
    wanted = [name for name in regions.candidates if name in here & counted]
    if cell.candidate:
        return text if wanted else ""
    return " ".join([text, *wanted]) if wanted else ""


def _people(regions: RegionMap, mask: Mask) -> set[str]:
    spans = regions.candidate_spans.items()
    return {candidate for candidate, (start, stop) in spans if mask.find(1, start, stop) >= 0}
