"""The numbers of a plan: totals, and parts by visit and modality; both add up to its items."""

from collections.abc import Sequence

from preventad_tui.core.model import FileRole
from preventad_tui.core.plan_items import Action, PlanItem, PlanPart, PlanTotals
from preventad_tui.core.states import FileState

_ON_DISK = frozenset({Action.KEEP, Action.CHECK, Action.ASK})


class _Part:
    """The running sums of one part."""

    __slots__ = (
        "estimated",
        "files",
        "images",
        "on_disk_files",
        "size_bytes",
        "to_fetch_bytes",
        "to_fetch_files",
        "unknown_files",
    )

    def __init__(self) -> None:
        self.images = self.files = self.size_bytes = self.unknown_files = 0
        self.on_disk_files = self.to_fetch_files = self.to_fetch_bytes = 0
        self.estimated = False

    def add(self, item: PlanItem) -> None:
        """Count one file."""
        size = item.size_bytes
        self.files += 1
        self.images += item.file.role is FileRole.IMAGE
        if size is None:
            self.unknown_files += 1
        else:
            self.size_bytes += size
            self.estimated = self.estimated or item.estimated
        if item.action in _ON_DISK:
            self.on_disk_files += 1
        elif item.action is Action.FETCH:
            self.to_fetch_files += 1
            self.to_fetch_bytes += size or 0

    def done(self, visit: str, modality: str) -> PlanPart:
        """The part as it is reported."""
        return PlanPart(
            visit,
            modality,
            self.images,
            self.files,
            self.size_bytes,
            self.estimated,
            self.unknown_files,
            self.on_disk_files,
            self.to_fetch_files,
            self.to_fetch_bytes,
        )


def parts_of(items: Sequence[PlanItem]) -> tuple[PlanPart, ...]:
    """The items by visit and modality; study files (no visit) come last."""
    parts: dict[tuple[str, str], _Part] = {}
    for item in items:
        key = (item.file.visit, item.file.modality)
        part = parts.get(key)
        if part is None:
            part = parts[key] = _Part()
        part.add(item)
    ordered = sorted(parts, key=lambda key: (not key[0], key[0], not key[1], key[1].casefold()))
    return tuple(parts[key].done(*key) for key in ordered)


def totals_of(
    items: Sequence[PlanItem],
    *,
    candidates: int,
    sessions: int,
    images: int,
    free_bytes: int | None,
) -> PlanTotals:
    """The items in numbers."""
    by_action = {action: [0, 0] for action in Action}
    known = estimated = unknown = missing_files = missing_bytes = missing_left = fetch_unknown = 0
    fetch_estimated = False
    for item in items:
        size = item.size_bytes
        sums = by_action[item.action]
        sums[0] += 1
        if size is None:
            unknown += 1
            fetch_unknown += item.action is Action.FETCH
        else:
            sums[1] += size
            if item.estimated:
                estimated += size
                fetch_estimated = True
            else:
                known += size
        if item.state is FileState.MISSING:
            missing_files += 1
            missing_bytes += size or 0
            missing_left += item.action is Action.LEAVE
    on_disk = [sum(pair) for pair in zip(*(by_action[action] for action in _ON_DISK), strict=True)]
    return PlanTotals(
        candidates=candidates,
        sessions=sessions,
        images=images,
        files=len(items),
        known_bytes=known,
        estimated_bytes=estimated,
        unknown_files=unknown,
        on_disk_files=on_disk[0],
        on_disk_bytes=on_disk[1],
        found_files=by_action[Action.ADOPT][0],
        found_bytes=by_action[Action.ADOPT][1],
        left_files=by_action[Action.LEAVE][0],
        left_bytes=by_action[Action.LEAVE][1],
        missing_files=missing_files,
        missing_bytes=missing_bytes,
        settled_files=by_action[Action.KEEP][0] + missing_left,
        to_fetch_files=by_action[Action.FETCH][0],
        to_fetch_bytes=by_action[Action.FETCH][1],
        to_fetch_unknown_files=fetch_unknown,
        to_fetch_estimated=fetch_estimated or fetch_unknown > 0,
        free_bytes=free_bytes,
    )
