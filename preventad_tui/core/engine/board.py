"""Where each file of the plan stands, and the sums that a screen shows."""

from collections import Counter

from preventad_tui.core.engine.jobs import Job
from preventad_tui.core.model import FileKind
from preventad_tui.core.plan import Action, Plan
from preventad_tui.core.states import BAD, SEVERITY, FileState, rank


class Board:
    """One byte a file, and running totals; its size does not grow with what happens.

    Bytes are those of this run: files that were on disk before are not in them.
    """

    def __init__(self, plan: Plan) -> None:
        self._items = plan.items
        self._states = bytearray(len(plan.items))
        self.counts: Counter[FileState] = Counter()
        self.files_skipped = 0
        self.files_ended = 0
        self.good_bytes = 0
        self.fetched_files = 0
        self.fetched_bytes = 0
        self._ended_bytes = 0
        self._awaited_bytes = 0
        self._awaited_estimates = 0
        self._awaited_unknown: Counter[FileKind] = Counter()
        self._fetched_of_kind: dict[FileKind, tuple[int, int]] = {}
        for index, item in enumerate(plan.items):
            if item.action in (Action.KEEP, Action.LEAVE):
                self._states[index] = rank(item.state)
                self.counts[item.state] += 1
                self.files_skipped += 1
                self.good_bytes += (item.size_bytes or 0) if item.state.is_good else 0
            else:
                self._states[index] = rank(FileState.QUEUED)
                self.counts[FileState.QUEUED] += 1
                self._await(index, 1)

    @property
    def files_total(self) -> int:
        """All files of the plan."""
        return len(self._items)

    @property
    def failed_files(self) -> int:
        """Files that this run could not bring or keep as they should be."""
        return sum(self.counts[state] for state in BAD - {FileState.CANCELLED})

    def state(self, index: int) -> FileState:
        """Where the file stands."""
        return SEVERITY[self._states[index]]

    def indices(self, *states: FileState) -> list[int]:
        """The files in any of the states, in plan order."""
        ranks = {rank(state) for state in states}
        return [index for index, value in enumerate(self._states) if value in ranks]

    def move(self, index: int, state: FileState) -> None:
        """Between queued and active."""
        self.counts[self.state(index)] -= 1
        self.counts[state] += 1
        self._states[index] = rank(state)

    def end(self, index: int, state: FileState, size_bytes: int, fetched_bytes: int) -> None:
        """The file came to an end; `fetched_bytes` crossed the network for a file that is kept."""
        self.move(index, state)
        self._await(index, -1)
        self.files_ended += 1
        self._ended_bytes += fetched_bytes
        if state.is_good:
            self.good_bytes += size_bytes
        if fetched_bytes:
            self.fetched_files += 1
            self.fetched_bytes += fetched_bytes
            kind = self._items[index].file.kind
            files, total = self._fetched_of_kind.get(kind, (0, 0))
            self._fetched_of_kind[kind] = (files + 1, total + fetched_bytes)

    def reopen(self, index: int) -> None:
        """An ended file (failed, cancelled ...) is queued again."""
        self.move(index, FileState.QUEUED)
        self.files_ended -= 1
        self._await(index, 1)

    def bytes_done(self, active: "list[Job]") -> int:
        """Bytes of this run: of files that ended well and of those on their way."""
        return self._ended_bytes + sum(job.received_bytes for job in active)

    def bytes_total(self, active: "list[Job]") -> tuple[int, bool, bool]:
        """Bytes of this run when all is done; whether that is estimated; whether nothing is known.

        Sizes that the server tells replace estimates. Files of unknown size count with the mean
        of their kind in this run; where there is no mean yet the third value is True.
        """
        total = self._ended_bytes + self._awaited_bytes
        estimates = self._awaited_estimates
        unknown = Counter(self._awaited_unknown)
        for job in active:
            item = job.item
            counted = item.size_bytes or 0 if item.action is Action.FETCH else 0
            total += max(job.received_bytes, job.size_bytes or counted) - counted
            if job.size_bytes is not None and item.action is Action.FETCH:
                if item.size_bytes is None:
                    unknown[item.file.kind] -= 1
                elif item.estimated:
                    estimates -= 1
        in_the_dark = False
        for kind, files in unknown.items():
            if files <= 0:
                continue
            known_files, known_bytes = self._fetched_of_kind.get(kind, (0, 0))
            in_the_dark = in_the_dark or not known_files
            total += files * known_bytes // known_files if known_files else 0
        return total, bool(estimates or unknown.total()), in_the_dark

    def _await(self, index: int, files: int) -> None:
        item = self._items[index]
        if item.action is not Action.FETCH:
            return
        if item.size_bytes is None:
            self._awaited_unknown[item.file.kind] += files
        else:
            self._awaited_bytes += files * item.size_bytes
            self._awaited_estimates += files * item.estimated
