"""What `verify --repair` fetches again: what is damaged, changed or missing by the ledger."""

from collections.abc import Iterable

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.layout import files_of_images
from preventad_tui.core.ledger_line import LedgerLine
from preventad_tui.core.model import FileRole, PlannedFile
from preventad_tui.core.names import kind_of, last_part
from preventad_tui.core.plan import Action, Plan, PlanItem, PlanTotals
from preventad_tui.core.states import FileState
from preventad_tui.core.verify import Finding, Verdict


def repair_plan(index: CatalogueIndex, broken: Iterable[Finding], free_bytes: int | None) -> Plan:
    """A plan that fetches each broken file, replacing what stands there.

    What the catalogue does not list any more is asked for by the link it once had.
    """
    wanted = {finding.path: finding for finding in broken if finding.line is not None}
    offered = {
        file.path: file
        for file in files_of_images(index.catalogue, range(len(index.images)))
        if file.path in wanted
    }
    items = tuple(
        _item(offered.get(path) or _as_before(finding.line), finding)
        for path, finding in wanted.items()
        if finding.line is not None
    )
    size = sum(item.size_bytes or 0 for item in items)
    totals = PlanTotals(
        files=len(items),
        known_bytes=size,
        missing_files=sum(item.state is FileState.MISSING for item in items),
        to_fetch_files=len(items),
        to_fetch_bytes=size,
        free_bytes=free_bytes,
    )
    return Plan(items, totals, ())


def _item(file: PlannedFile, finding: Finding) -> PlanItem:
    is_missing = finding.verdict is Verdict.MISSING
    size = finding.line.size_bytes if finding.line else None
    # The engine lets a file give way that the plan calls changed: here that is the user's word.
    state = FileState.MISSING if is_missing else FileState.CHANGED
    return PlanItem(file, Action.FETCH, state, size, estimated=False)


def _as_before(line: LedgerLine) -> PlannedFile:
    return PlannedFile(line.path, line.link, kind_of(last_part(line.path)), FileRole.SIDE)
