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
            candidates than the table has, these are named.
    """
    named = {
        WordKind.MODALITY: cell.modality,
        WordKind.VISIT: cell.visit,
        WordKind.CANDIDATE: cell.candidate,
    }
    kept = [word.text for word in query.words if not named.get(word.kind)] if query else []
    text = " ".join([*kept, *filter(None, named.values())])
    if query is None or cell.candidate:
        return text
    regions = index.regions
    here = mask_and(regions.covered_by([cell]), read_query(text, index).matches)
    people, counted = _people(regions, here), _people(regions, query.matches)
    if people <= counted:
        return text
    wanted = [name for name in regions.candidates if name in people & counted]
    return " ".join([text, *wanted]) if wanted else ""


def _people(regions: RegionMap, mask: Mask) -> set[str]:
    spans = regions.candidate_spans.items()
    return {candidate for candidate, (start, stop) in spans if mask.find(1, start, stop) >= 0}
