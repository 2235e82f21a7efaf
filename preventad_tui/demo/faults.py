"""Faults by rule: which requests are hit, how often, and what happens to them."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase

from preventad_tui.demo.effects import Effect
from preventad_tui.demo.messages import Call


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule.

    `path` is a glob over the path below the API's version (`/login`, `*T1w.nii.gz`), `nth` hits
    only the n-th matching request (from 1), `times` only the first so many that are hit, and
    `probability` a share of them, drawn from `seed`.
    """

    effect: Effect
    path: str = "*"
    method: str = "*"
    nth: int | None = None
    times: int | None = None
    probability: float = 1.0
    seed: int = 0

    def matches(self, call: Call) -> bool:
        """Tell whether a request is one of those that this rule is about."""
        return fnmatchcase(call.resource, self.path) and fnmatchcase(call.method, self.method)


class _Armed:
    """A fault with its counters."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.seen = 0
        self.hits = 0
        self._dice = random.Random(fault.seed)  # noqa: S311 -- repeatable on purpose

    def fires(self, call: Call) -> bool:
        fault = self.fault
        if not fault.matches(call) or (fault.times is not None and self.hits >= fault.times):
            return False
        self.seen += 1
        if fault.nth is not None and self.seen != fault.nth:
            return False
        if self._dice.random() >= fault.probability:
            return False
        self.hits += 1
        return True


class Faults:
    """The faults in force; tests change them from their own thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []

    def add(self, *faults: Fault) -> None:
        """Put faults into force."""
        with self._lock:
            self._armed.extend(_Armed(fault) for fault in faults)

    def remove(self, fault: Fault) -> None:
        """Take a fault out of force."""
        with self._lock:
            self._armed = [one for one in self._armed if one.fault != fault]

    def clear(self) -> None:
        """Take all faults out of force."""
        with self._lock:
            self._armed.clear()

    def hits(self, fault: Fault) -> int:
        """Tell how many requests a fault has hit."""
        with self._lock:
            return sum(one.hits for one in self._armed if one.fault == fault)

    def drawn(self, call: Call) -> list[Effect]:
        """Give what happens to a request, in the order in which the faults were added."""
        with self._lock:
            return [one.fault.effect for one in self._armed if one.fires(call)]

    def standing(self, call: Call) -> list[Effect]:
        """Give the effects that would match a request, without counting it."""
        with self._lock:
            return [one.fault.effect for one in self._armed if one.fault.matches(call)]
