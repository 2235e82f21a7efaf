"""The program with a probe in its interface's loop: how late a timer of 5 ms is, all the time.

argv: the file to write `when lateness` lines to (monotonic clock, seconds), then the program's own
arguments. With `PRETENDED` in the environment the engine only pretends.
"""

import asyncio
import os
import sys
import time

from pretended import Pretended

from preventad_tui import cli
from preventad_tui.core.plan import Plan
from preventad_tui.ui.app import PreventADApp
from preventad_tui.ui.bridge import EngineThreadHandle

STEP_S = 0.005
BLOCK = 20
samples: list[tuple[float, float]] = []
mount = PreventADApp.on_mount


async def watched(app: PreventADApp) -> None:
    await mount(app)
    loop = asyncio.get_running_loop()

    def look(due: float) -> None:
        now = time.monotonic()
        samples.append((now, now - due))
        if len(samples) >= BLOCK:
            file.writelines(f"{when} {late}\n" for when, late in samples)
            samples.clear()
        loop.call_at(now + STEP_S, look, now + STEP_S)

    look(time.monotonic())


def pretend(
    app: PreventADApp, _thread: EngineThreadHandle, plan: Plan, *, shows: bool = True
) -> None:
    start_run(app, Pretended(plan), plan, shows=shows)


PreventADApp.on_mount = watched  # type: ignore[method-assign]
if "PRETENDED" in os.environ:
    start_run = PreventADApp.start_run
    PreventADApp.start_run = pretend  # type: ignore[method-assign]
path, sys.argv[1:] = sys.argv[1], sys.argv[2:]
with open(path, "w", buffering=1) as file:
    sys.exit(cli.main())
