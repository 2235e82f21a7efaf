"""Which server: one of a few, or another by its address."""

from dataclasses import dataclass

from textual.message import Message

from preventad_tui.core.server import OPEN, REGISTERED_BEFORE
from preventad_tui.ui.widgets.row_list import Cell, RowList, fit

OTHER = "other"
_HEAD_WIDTH = 15
_HOST_WIDTH = 30


@dataclass(frozen=True, slots=True)
class ServerRow:
    """A server to choose: what `connect` takes, where it is, for whom."""

    name: str
    host: str
    note: str


_KNOWN = (
    ServerRow("open", OPEN.host, "anyone, free account"),
    ServerRow("registered", REGISTERED_BEFORE.host, "reviewed researchers"),
    ServerRow(OTHER, "its address below", "any LORIS"),
)
_DEMO = ServerRow("demo", "on this computer", "made-up data")


class ServerChoice(RowList):
    """Radio rows: the cursor's row is the chosen one."""

    DEFAULT_CSS = """
    ServerChoice { height: auto; width: 1fr; }
    """

    @dataclass
    class Chosen(Message):
        """Another server is chosen."""

        widget: "ServerChoice"
        name: str

    def __init__(self, server: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows = (*_KNOWN, _DEMO) if server == _DEMO.name else _KNOWN
        names = [row.name for row in self._rows]
        self._cursor = names.index(server if server in names else OTHER)

    @property
    def chosen(self) -> str:
        """`open`, `registered`, `demo` or `other`."""
        return self._rows[self.cursor].name

    def move_to(self, index: int) -> None:
        """Choose a row."""
        before = self.cursor
        super().move_to(index)
        if self.cursor != before:
            self.refresh()
            self.post_message(self.Chosen(self, self.chosen))

    def row_count(self) -> int:
        """The servers."""
        return len(self._rows)

    def row_cells(self, index: int, width: int) -> list[Cell]:
        """`(*) open          openpreventad.loris.ca        anyone, free account`."""
        row = self._rows[index]
        mark = "(*)" if index == self.cursor else "( )"
        rest = max(width - _HEAD_WIDTH, 0)
        host_width = min(_HOST_WIDTH, rest)
        return [
            Cell(f"{mark} {fit(row.name, _HEAD_WIDTH - 4)}"),
            Cell(fit(row.host, host_width)),
            Cell(fit(row.note, rest - host_width), "row--muted"),
        ]
