"""From a cell of the coverage table to the filter that shows its images."""

from typing import TYPE_CHECKING

from preventad_tui.core.query import Query, WordKind, read_query
from preventad_tui.core.regions import Mask, Region, RegionMap, mask_and

if TYPE_CHECKING:
    from preventad_tui.core.catalogue import CatalogueIndex


def filter_of_cell(index: "CatalogueIndex", cell: Region, query: Query | None) -> str:
    """The words that show a cell's images; `""` where the candidates counted have none.

    The tree then has the sessions that the cell counts, no more and no fewer.

    Args:
        query: the filter whose candidates the table counts; None where it counts all. Its words
            stay, those of the kinds that the cell names apart, unless they hide some of the cell;
            where more would be shown than the table has, its candidates are named.
    """
    regions = index.regions
    of_cell = regions.covered_by([cell])
    named = {
        WordKind.MODALITY: cell.modality,
        WordKind.VISIT: cell.visit,
        WordKind.CANDIDATE: cell.candidate,
    }
    words = [name for name in named.values() if name]
    in_cell = _sessions(regions, of_cell)
    if query is None:
        return " ".join(words) if in_cell else ""
    counted = {candidate for candidate, _ in _sessions(regions, query.matches)}
    wanted = {session for session in in_cell if session[0] in counted}
    if not wanted:
        return ""
    kept = [
        word.text
        for word in query.words
        if not named.get(word.kind) and not (cell.candidate and word.kind is WordKind.VISIT)
    ]
    for tried in ([*kept, *words], words):
        text = " ".join(tried)
        shown = _sessions(regions, mask_and(of_cell, read_query(text, index).matches))
        if shown == wanted:
            return text
        if shown > wanted:
            people = {candidate for candidate, _ in wanted}
            return " ".join([text, *(name for name in regions.candidates if name in people)])
    return ""


def _sessions(regions: RegionMap, mask: Mask) -> set[tuple[str, str]]:
    spans = regions.session_spans.items()
    return {session for session, (start, stop) in spans if mask.find(1, start, stop) >= 0}
