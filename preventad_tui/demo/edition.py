"""Which state of a file the server shows: the first one, or a later one that replaced it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edition:
    """A state of a file on the server's disk.

    `number` counts changes of the content, `larger` adds slices or lines to it, and `touched`
    counts changes of the modification time alone, as a copy of the tree makes them.
    """

    number: int = 0
    larger: int = 0
    touched: int = 0


FIRST = Edition()
