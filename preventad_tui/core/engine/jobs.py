"""The files of a run that wait for their turn."""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from preventad_tui.core.plan import Plan, PlanItem


@dataclass(slots=True, eq=False)
class Job:
    """One planned file from its first attempt to its end; kept only while it is under way.

    `attempts` counts failed attempts. `bad_md5` is the digest of bytes that failed the content
    check, `excused` whether a dropped idle connection was forgiven once, `unconditional` that a
    conditional request was refused and the plain one comes next.
    """

    index: int
    item: PlanItem
    attempts: int = 0
    bad_md5: str = ""
    excused: bool = False
    unconditional: bool = False
    received_bytes: int = 0
    size_bytes: int | None = None
    is_checking: bool = False
    started: float = 0.0
    _link: str = ""

    @property
    def link(self) -> str:
        """The server's link of the file, put together once."""
        self._link = self._link or self.item.file.link
        return self._link

    @property
    def path(self) -> str:
        """The file's path below the output folder."""
        return self.item.file.path


def order_of(plan: Plan, indices: Iterable[int]) -> list[int]:
    """In which order the files of a plan are fetched: the plan's own, session by session.

    So a subject is whole as early as possible. The one place that decides this.
    """
    return list(indices)


class JobQueue:
    """Indices of plan items in order, and jobs that wait for their next attempt."""

    def __init__(self, indices: Iterable[int] = ()) -> None:
        self._ready: deque[int] = deque(indices)
        self._delayed: list[tuple[float, int]] = []

    def __len__(self) -> int:
        return len(self._ready) + len(self._delayed)

    def next_ready(self, now: float) -> int | None:
        """Take the next file whose turn has come; what waited for a retry goes first."""
        if self._delayed and self._delayed[0][0] <= now:
            return heapq.heappop(self._delayed)[1]
        return self._ready.popleft() if self._ready else None

    @property
    def delayed(self) -> int:
        """How many wait for their next attempt, due or not."""
        return len(self._delayed)

    def last_delayed_at(self) -> float | None:
        """When the last retry is due, by the same clock."""
        return max(at for at, _ in self._delayed) if self._delayed else None

    def next_delayed_at(self) -> float | None:
        """When the next retry is due, by the same clock."""
        return self._delayed[0][0] if self._delayed else None

    def put_first(self, index: int) -> None:
        """Back to the front: the file's turn was taken from it."""
        self._ready.appendleft(index)

    def put_last(self, index: int) -> None:
        """To the end of the line."""
        self._ready.append(index)

    def put_later(self, index: int, at: float) -> None:
        """Due at `at`; the others go on meanwhile."""
        heapq.heappush(self._delayed, (at, index))

    def hurry(self) -> None:
        """What waits for a retry is due now."""
        self._delayed = [(0.0, index) for _, index in self._delayed]
        heapq.heapify(self._delayed)

    def remove(self, index: int) -> None:
        """Take a file out, wherever it waits."""
        try:
            self._ready.remove(index)
        except ValueError:
            self._delayed = [entry for entry in self._delayed if entry[1] != index]
            heapq.heapify(self._delayed)
