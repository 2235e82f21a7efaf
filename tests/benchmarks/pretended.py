"""An engine that transfers nothing and says that it does: what the interface's own work costs."""

import time

from preventad_tui.core.commands import Command
from preventad_tui.core.events import ActiveFile, Event, FileEnded, RunState, Snapshot
from preventad_tui.core.plan import Plan
from preventad_tui.core.states import FileState

FILES_PER_S = 100
JOBS = 8
BODY_BYTES = 3_000_000


class Pretended:
    """As `EngineThread` to the interface: 8 transfers at once, 100 ends of files a second."""

    error: BaseException | None = None

    def __init__(self, plan: Plan) -> None:
        self.engine = self
        self._paths = [item.file.path for item in plan.items]
        self._told = 0
        self._began = 0.0

    def start(self) -> None:
        self._began = time.monotonic()

    def join(self, timeout_s: float) -> None:
        time.sleep(0)

    def send(self, command: Command) -> None:
        """Obey nothing."""

    def snapshot(self) -> Snapshot:
        passed_s = time.monotonic() - self._began if self._began else 0.0
        ended = int(passed_s * FILES_PER_S)
        at_each = passed_s * FILES_PER_S / JOBS % 1
        active = tuple(
            ActiveFile(path, FileState.ACTIVE, int(BODY_BYTES * at_each), BODY_BYTES, 1)
            for path in self._paths[ended : ended + JOBS]
        )
        return Snapshot(
            state=RunState.RUNNING,
            jobs=JOBS,
            files_total=len(self._paths),
            files_ended=ended,
            files_queued=len(self._paths) - ended - len(active),
            bytes_total=len(self._paths) * BODY_BYTES,
            bytes_done=ended * BODY_BYTES,
            rate_bytes_per_s=FILES_PER_S * BODY_BYTES,
            left_s=(len(self._paths) - ended) / FILES_PER_S,
            elapsed_s=passed_s,
            active=active,
        )

    def drain_events(self, limit: int = 500) -> list[Event]:
        first, self._told = self._told, min(self.snapshot().files_ended, self._told + limit)
        return [
            FileEnded(
                path,
                FileState.ON_DISK,
                size_bytes=BODY_BYTES,
                seconds=JOBS / FILES_PER_S,
                attempts=1,
                at=time.time(),
            )
            for path in self._paths[first : self._told]
        ]
