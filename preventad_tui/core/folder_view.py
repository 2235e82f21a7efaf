"""What is known of an output folder, without the means to change it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from preventad_tui.core.disk_view import DiskView
from preventad_tui.core.ledger_line import LedgerLine


@dataclass(frozen=True, slots=True)
class FolderView:
    """The ledger's two views, and what is there now."""

    lines: Mapping[str, LedgerLine] = field(default_factory=dict)
    ends: Mapping[str, LedgerLine] = field(default_factory=dict)
    disk: DiskView = field(default_factory=lambda: DiskView({}, frozenset()))
    free_bytes: int | None = None
