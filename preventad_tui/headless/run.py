"""From the name of a command to the command, with signals and streams around it."""

import argparse
import asyncio
import importlib

from preventad_tui.core.config import Settings
from preventad_tui.core.hanging import unwaited
from preventad_tui.headless.output import Output
from preventad_tui.headless.signals import Signals


def run_command(command: str, settings: Settings, options: argparse.Namespace) -> int:
    """Run one command to its end and give the exit code.

    Each command is a module of this package with `async def run(session) -> int`; `plain` is the
    interface without a screen.
    """
    from preventad_tui.headless.session import Session

    module = importlib.import_module(f"preventad_tui.headless.{command}")
    signals = Signals()

    async def whole() -> int:
        output = Output(quiet=settings.quiet, appends_only=command == "plain")
        async with Session(settings, options, output, signals) as session:
            code: int = await module.run(session)
            return code

    return asyncio.run(unwaited(signals.run(whole)))
