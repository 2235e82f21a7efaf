"""Downloads by the real engine from the real demo server, in one call; for tests of anything.

site = Site(server, tmp_path / "out")
run = site.download(modalities=("t1w",))
assert run.summary.exit_code == 0 and site.differences() == []
"""

import asyncio
import faulthandler
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.disk_view import META
from preventad_tui.core.engine import Engine, EngineSettings, EngineThread
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.events import Event, FileEnded, Snapshot, Summary
from preventad_tui.core.folder import FolderIdentity, OutputFolder
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.http import TokenBox
from preventad_tui.core.invariants import check_invariants
from preventad_tui.core.limits import Limits
from preventad_tui.core.loris import Loris, find_server
from preventad_tui.core.model import DataType
from preventad_tui.core.plan import Action, Plan, PlanOptions, make_plan
from preventad_tui.core.secret import Secret
from preventad_tui.core.server import parse_server
from preventad_tui.core.states import FileState
from preventad_tui.demo.server import DemoServer

QUICK = Limits(
    connect_timeout_s=2.0,
    idle_timeout_s=0.5,
    header_timeout_s=2.0,
    slow_window_s=0.6,
    backoff_first_s=0.02,
    backoff_max_s=0.1,
    probe_first_s=0.05,
    probe_max_s=0.2,
    lockout_wait_s=0.3,
    disk_probe_s=0.1,
)
"""The shipped limits, lowered so that no test waits long; counts as shipped."""


@dataclass
class Run:
    """A run under way or over, with all its events."""

    thread: EngineThread
    folder: OutputFolder
    plan: Plan
    foreign: frozenset[str] = frozenset()
    is_alone: bool = True
    events: list[Event] = field(default_factory=list)

    @property
    def engine(self) -> Engine:
        return self.thread.engine

    @property
    def summary(self) -> Summary:
        assert self.thread.summary is not None, self.thread.error
        return self.thread.summary

    def collect(self) -> list[Event]:
        while new := self.engine.drain_events():
            self.events.extend(new)
        return self.events

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.collect() if isinstance(event, kind)]

    def ended(self, state: FileState | None = None) -> dict[str, FileEnded]:
        """The last end of each file, by path."""
        ends = {event.path: event for event in self.of(FileEnded)}
        return {path: end for path, end in ends.items() if state in (None, end.state)}

    def until(self, condition: Callable[[Snapshot], bool], timeout_s: float = 10.0) -> Snapshot:
        """Wait until a snapshot fulfils a condition."""
        deadline = time.monotonic() + timeout_s
        while not condition(snapshot := self.engine.snapshot()):
            assert self.thread.error is None, self.thread.error
            assert time.monotonic() < deadline, snapshot
            time.sleep(0.005)
        return snapshot

    def join(self, timeout_s: float = 30.0) -> "Run":
        """Wait for the end and close the folder; a fault of the engine itself fails the test.

        Every promise of the folder and of the numbers is looked at, whatever the test is about.
        """
        try:
            assert self.thread.join(timeout_s), self._where_it_hangs()
        finally:
            self.folder.close()
        if self.thread.error is not None:
            raise self.thread.error
        self.collect()
        assert (found := self.breaches()) == [], found
        return self

    def _where_it_hangs(self) -> str:
        """The stacks of the engine's tasks and threads, for a failing test."""
        loop = self.engine._loop
        for task in asyncio.all_tasks(loop) if loop is not None else ():
            task.print_stack(file=sys.stdout)
        faulthandler.dump_traceback(sys.__stderr__)
        return f"hangs: {self.engine.snapshot()}"

    def breaches(self, *, deep: bool = False) -> list[str]:
        """What does not hold after the run: in the folder, and in what was counted."""
        found = []
        total = sum(self.engine.snapshot().counts.values())
        if total != len(self.plan.items):
            found.append(f"{total} files counted of {len(self.plan.items)}")
        wanted = {item.file.path for item in self.plan.items if item.action is not Action.LEAVE}
        if self.is_alone and (self.folder.path / META).is_dir():
            found += breaches(
                self.folder.path,
                finished=self.summary.exit_code is ExitCode.OK,
                deep=deep,
                foreign=self.foreign,
                wanted=wanted - {end.path for end in self.of(FileEnded) if not end.state.is_good},
            )
        return found


def breaches(path: Path, **how: object) -> list[str]:
    """The invariants of an output folder that nobody works in; see `check_invariants`."""
    with OutputFolder.open(path, None, create=False, read_only=True) as folder:
        return check_invariants(folder, **how)  # type: ignore[arg-type]


class Site:
    """A demo server, the user logged in to it, and one output folder."""

    def __init__(
        self,
        server: DemoServer,
        path: Path,
        *,
        data_type: DataType = DataType.BIDS,
        limits: Limits = QUICK,
    ) -> None:
        self.server = server
        self.path = path
        self.data_type = data_type
        self.limits = limits
        self.tokens = TokenBox()
        self.logins = 0
        parsed = replace(parse_server(server.url), name="demo", identity="demo")
        info = asyncio.run(find_server(parsed, limits=limits))
        self.loris = Loris(info, self.tokens, limits=limits)
        asyncio.run(self.login())
        catalogue = asyncio.run(self.loris.read_catalogue(data_type, project=server.project))
        self.index = CatalogueIndex(catalogue)
        server.forget_requests()

    async def login(self) -> Secret:
        """One login; also good as the engine's `renew`."""
        self.logins += 1
        return await self.loris.login(self.server.username, Secret(self.server.password))

    def images(self, modalities: Iterable[str] = ()) -> list[int]:
        """Indices of the images of some modalities; of none given, all."""
        wanted = set(modalities)
        return [
            at
            for at, image in enumerate(self.index.images)
            if not wanted or image.modality in wanted
        ]

    def open(self, shard: object = None) -> OutputFolder:
        identity = FolderIdentity("demo", self.server.project, self.data_type)
        return OutputFolder.open(
            self.path, identity, limits=self.limits, shard=str(shard) if shard else ""
        )

    def plan(self, folder: OutputFolder, modalities: Iterable[str] = (), **options: object) -> Plan:
        return make_plan(
            self.index,
            self.images(modalities),
            FolderView(folder.ledger.lines, folder.ledger.ends, folder.scan()),
            SizeBook(known=False),
            PlanOptions(**options),  # type: ignore[arg-type]
        )

    def start(
        self,
        modalities: Iterable[str] = (),
        *,
        renew: bool = False,
        options: dict[str, object] | None = None,
        keep: Callable[[Plan], Plan] = lambda plan: plan,
        **settings: object,
    ) -> Run:
        """Start a run; `settings` are those of the engine, `keep` may change the plan."""
        folder = self.open((options or {}).get("shard"))
        plan = keep(self.plan(folder, modalities, **(options or {})))
        told = EngineSettings(**{"limits": self.limits, **settings})  # type: ignore[arg-type]
        engine = Engine(plan, folder, self.loris, told, self.login if renew else None)
        foreign = frozenset(folder.scan().files) - folder.ledger.lines.keys()
        run = Run(EngineThread(engine), folder, plan, foreign)
        run.thread.start()
        return run

    def download(self, modalities: Iterable[str] = (), **how: object) -> Run:
        """A run from start to end."""
        return self.start(modalities, **how).join()  # type: ignore[arg-type]

    # What came of it

    def files(self) -> dict[str, bytes]:
        """Everything below the output folder but our own folder."""
        return {
            str(path.relative_to(self.path)): path.read_bytes()
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and ".preventad-tui" not in path.parts
        }

    def partials(self) -> list[str]:
        """Partials that were left."""
        return [path.name for path in (self.path / ".preventad-tui/partial").iterdir()]

    def differences(self) -> list[str]:
        """Files on disk whose bytes are not those of the server."""
        found = []
        for path, data in self.files().items():
            try:
                theirs = self.server.body(path)
            except KeyError:  # made from the catalogue or an answer: no bytes of its own there
                continue
            if data != theirs:
                found.append(path)
        return found

    def asked(self, status: int | None = 200) -> list[str]:
        """Paths of the file requests so far that were answered so (None: any way)."""
        return [
            request.path
            for request in self.server.requests
            if status in (None, request.status)
            and not request.path.endswith(("/projects", "/login"))
        ]
