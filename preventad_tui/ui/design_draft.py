"""A study design while it is being made: its conditions as rows that a key changes."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from preventad_tui.core.design import ARMS, Design, TimePoints
from preventad_tui.core.filters import Filters
from preventad_tui.core.modality import modality_label
from preventad_tui.core.rules import Rules

_MOST_TIME_POINTS = 9
_ARMS = ("", *ARMS)


class Condition(NamedTuple):
    """A row of the form: what it is about (`short` where there is little room), what is asked."""

    label: str
    short: str
    value: str


@dataclass(frozen=True, slots=True)
class DesignDraft:
    """The design, and the filters it is applied with: which images of its time points are meant."""

    design: Design
    filters: Filters

    @classmethod
    def of_rules(cls, rules: Rules, has_all: tuple[str, ...]) -> "DesignDraft":
        """From the selection's rules when they have a design, else a new one."""
        draft = cls(rules.design, rules.filters) if rules.design else cls(Design(), Filters())
        return replace(draft, design=replace(draft.design, has_all=has_all)) if has_all else draft

    @property
    def rules(self) -> Rules:
        """The selection that it makes."""
        return Rules(filters=self.filters, design=self.design)

    def toggle(self, modality: str, order: tuple[str, ...]) -> "DesignDraft":
        """Ask for a modality too, or no more; `order` is that of the list."""
        wanted = {*self.design.has_all} ^ {modality}
        names = tuple(name for name in order if name in wanted)
        return replace(self, design=replace(self.design, has_all=names))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The rows, in the order that `changed` counts them."""
        design = self.design
        merged = design.timepoints is TimePoints.MERGED
        least = f"at least {design.min_timepoints}" if design.min_timepoints else "any number"
        follow_up = "not asked"
        if design.baseline_and_follow_up:
            follow_up = "both, in one arm" if design.same_arm else "both, in any arm"
        return (
            Condition("time points", "points", "merged (BL00 + EN00)" if merged else "by visit"),
            Condition("how many", "how many", least),
            Condition("baseline, follow-up", "BL, FU", follow_up),
            Condition("arm", "arm", design.arm or "any"),
            Condition("selects there", "selects", self._takes),
        )

    @property
    def _takes(self) -> str:
        if self.filters.modalities:
            return ", ".join(map(modality_label, self.filters.modalities))
        return "every image" if self.filters.all or not self.design.has_all else "these modalities"

    def changed(self, row: int, step: int) -> "DesignDraft":
        """The next (`step` 1) or previous (-1) value of a row, round the end."""
        design = self.design
        if row == 0:
            return replace(self, design=replace(design, timepoints=design.timepoints.other))
        if row == 1:
            # One time point is what everybody left has.
            values = (0, *range(2, _MOST_TIME_POINTS + 1))
            at = values.index(design.min_timepoints) if design.min_timepoints in values else 0
            least = values[(at + step) % len(values)]
            return replace(self, design=replace(design, min_timepoints=least))
        if row == 2:
            levels = ((False, False), (True, False), (True, True))
            at = levels.index((design.baseline_and_follow_up, design.same_arm))
            both, same = levels[(at + step) % len(levels)]
            return replace(self, design=replace(design, baseline_and_follow_up=both, same_arm=same))
        if row == 3:
            arm = _ARMS[(_ARMS.index(design.arm) + step) % len(_ARMS)]
            return replace(self, design=replace(design, arm=arm))
        everything = not (self.filters.all or self.filters.modalities)
        return replace(self, filters=replace(self.filters, all=everything, modalities=()))
