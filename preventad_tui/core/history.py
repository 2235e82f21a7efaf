"""Undo and redo of something that is replaced as a whole."""

from collections.abc import Callable
from typing import Generic, TypeVar

State = TypeVar("State")

STEPS = 20
"""How many changes can be taken back."""


class History(Generic[State]):
    """The states before and after the present one, at most `STEPS` each way."""

    def __init__(self) -> None:
        self._before: list[State] = []
        self._after: list[State] = []

    def keep(self, state: State) -> None:
        """Remember the state that a new change replaces; what was undone is forgotten."""
        self._before = [*self._before[-STEPS + 1 :], state]
        self._after.clear()

    def undo(self, present: State) -> State | None:
        """The state before the last change, None where there is none."""
        if not self._before:
            return None
        self._after.append(present)
        return self._before.pop()

    def redo(self, present: State) -> State | None:
        """The state that the last `undo` left, None where there is none."""
        if not self._after:
            return None
        self._before.append(present)
        return self._after.pop()

    def map(self, change: Callable[[State], State]) -> "History[State]":
        """The same steps with every state changed, for the same thing on another ground."""
        other: History[State] = History()
        other._before = [change(state) for state in self._before]
        other._after = [change(state) for state in self._after]
        return other
