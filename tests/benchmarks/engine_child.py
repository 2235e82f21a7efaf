"""The real thing in a process of its own: workspace, catalogue, plan, ledger, engine.

Reads a JSON object of wishes from its argument; writes one of figures: the engine's own time and
processor seconds, the memory before it started, and how many files came.
"""

import asyncio
import dataclasses
import json
import resource
import sys
import time
from pathlib import Path

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.config import Settings
from preventad_tui.core.engine import EngineThread
from preventad_tui.core.events import FileEnded
from preventad_tui.core.model import FileKind
from preventad_tui.core.plan import Plan
from preventad_tui.core.process import calm_collector
from preventad_tui.core.workspace import Workspace


def main() -> None:
    calm_collector()  # as the program's own start does
    wish = json.loads(sys.argv[1])
    out = Path(wish["out"])
    settings = Settings(
        log_file=out / "log",
        server=wish["server"],
        ca_file=Path(wish["ca"]) if wish.get("ca") else None,
        jobs=wish["jobs"],
        rate_limit=wish.get("rate"),
        check_updates=wish.get("check_updates", False),
    )
    workspace = Workspace(settings)
    loop = asyncio.new_event_loop()
    index = loop.run_until_complete(prepare(workspace, settings))
    folder = workspace.open_folder(out, settings.type)
    plan = workspace.plan(index, range(len(index.images)), folder)
    if wish.get("largest_first"):
        items = sorted(plan.items, key=lambda item: item.file.kind is FileKind.JSON)
        plan = dataclasses.replace(plan, items=tuple(items))
    thread = workspace.engine(plan, folder, give_up_after_s=5.0, wait_for_storage=False)
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.monotonic()
    thread.start()
    ends = follow(thread)
    seconds = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    if thread.error is not None:
        raise thread.error
    assert thread.summary is not None
    assert thread.summary.exit_code == 0, thread.summary
    loop.run_until_complete(workspace.aclose())
    figures = {
        "seconds": seconds,
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "memory_before": before.ru_maxrss * 1024,
        "fetched_files": thread.summary.fetched_files,
        "fetched_bytes": thread.summary.fetched_bytes,
        "files": len(ends),
        **milestones(plan, ends, began),
    }
    print(json.dumps(figures))


def milestones(plan: Plan, ends: dict[str, float], began: float) -> dict[str, float]:
    """When the first subject was whole, and when all files but one had ended."""
    last: dict[str, float] = {}
    for item in plan.items:
        if item.file.candidate and item.file.path in ends:
            last[item.file.candidate] = max(
                last.get(item.file.candidate, 0.0), ends[item.file.path] - began
            )
    times = sorted(ends.values())[-2:-1]
    return {
        "first_subject_s": min(last.values(), default=0.0),
        "all_but_one_s": times[0] - began if times else 0.0,
    }


def follow(thread: EngineThread) -> dict[str, float]:
    """Take the events as an interface does, until the end: when each file ended."""
    shift = time.monotonic() - time.time()
    ends: dict[str, float] = {}
    alive = True
    while alive:
        alive = not thread.join(0.05)
        while events := thread.engine.drain_events():
            for event in events:
                if isinstance(event, FileEnded):
                    ends[event.path] = event.at + shift
    return ends


async def prepare(workspace: Workspace, settings: Settings) -> CatalogueIndex:
    await workspace.connect()
    assert await workspace.try_stored_tokens(), "no token"
    await workspace.settle_project()
    return CatalogueIndex(await workspace.read_catalogue(settings.type))


if __name__ == "__main__":
    main()
