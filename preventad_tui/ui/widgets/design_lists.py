"""The two lists of the study design: modalities to tick, conditions to change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from preventad_tui.core.modality import modality_label
from preventad_tui.ui.actions import Place, bindings_of
from preventad_tui.ui.design_draft import Condition
from preventad_tui.ui.widgets.row_list import Cell, RowList, fit
from preventad_tui.ui.widgets.signs import tick_sign

_LABEL = 21
_VALUE = 20
_GAP = 2


class DesignList(RowList):
    """One of the two; arrows to the side go to the other."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.TABLE)

    @dataclass
    class Left(Message):
        """To the list at the left (`step` -1) or right (1), please."""

        widget: "DesignList"
        step: int

    def action_left(self) -> None:
        """To the modalities."""
        self.post_message(self.Left(self, -1))

    def action_right(self) -> None:
        """To the conditions."""
        self.post_message(self.Left(self, 1))


class ModalityRows(DesignList):
    """The modalities; ticked are those that must be there together."""

    def __init__(self, modalities: tuple[str, ...], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._modalities = modalities
        self._ticked: tuple[str, ...] = ()
        self._candidates: Mapping[str, int] = {}

    def show(self, ticked: tuple[str, ...], candidates: Mapping[str, int]) -> None:
        """Tick these; `candidates` is how many have each modality at all."""
        self._ticked = ticked
        self._candidates = candidates
        self.rows_changed()

    @property
    def modality(self) -> str | None:
        """What the cursor is on."""
        return self._modalities[self.cursor] if self._modalities else None

    def row_count(self) -> int:
        """How many there are."""
        return len(self._modalities)

    def row_cells(self, index: int, width: int) -> list[Cell]:
        """`[x] t1w                 308`."""
        modality = self._modalities[index]
        count = self._candidates.get(modality)
        number = f"{count:>6,} " if count is not None else "       "
        ticked = modality in self._ticked
        label = f"{tick_sign(int(ticked), 1)} {modality_label(modality)}"
        return [Cell(fit(label, width - 7), "row--strong" if ticked else ""), Cell(number)]

    def empty_sentence(self) -> str:
        """An empty catalogue."""
        return "There are no images here."


class ConditionRows(DesignList):
    """What else is asked; each row has a value that changes."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._conditions: tuple[Condition, ...] = ()

    def show(self, conditions: tuple[Condition, ...]) -> None:
        """Show these."""
        self._conditions = conditions
        self.rows_changed()

    def row_count(self) -> int:
        """How many there are."""
        return len(self._conditions)

    def row_cells(self, index: int, width: int) -> list[Cell]:
        """`how many            at least 2`."""
        condition = self._conditions[index]
        cells = max(2, min(_LABEL, width - _VALUE))
        room = max(0, cells - _GAP)
        label = condition.label if len(condition.label) <= room else condition.short
        return [
            Cell(f"{fit(label, room)}{' ' * _GAP}", "row--muted"),
            Cell(fit(condition.value, width - cells)),
        ]
