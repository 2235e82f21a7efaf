"""From settings to an exit code: make the app, run it, leave nothing behind."""

import asyncio
import errno
import sys
import threading
from typing import TYPE_CHECKING

from textual.drivers._writer_thread import WriterThread

from preventad_tui.core.errors import ExitCode
from preventad_tui.core.hanging import ThreadEach, end_threads
from preventad_tui.core.logfile import crash_sentence, log_crash
from preventad_tui.core.paths import state_dir
from preventad_tui.core.workspace import Workspace
from preventad_tui.terminal import prepare_terminal
from preventad_tui.ui.actions import unknown_ids
from preventad_tui.ui.app import PreventADApp
from preventad_tui.ui.theme import choose_theme, kept_theme

if TYPE_CHECKING:
    from preventad_tui.core.config import Settings


_TURN_S = 0.001
"""How long a thread at work (reading the catalogue, counting) keeps the loop waiting for its turn;
Python's own 5 ms are seen between a key and the paint."""


def run_interface(settings: "Settings") -> int:
    """Run the interface until it is left; the exit code.

    The caller has checked that there is a terminal and opened the log.
    """
    for action_id in unknown_ids(settings.keys):
        print(f"config.toml, [keys]: no action is called {action_id}.", file=sys.stderr)  # noqa: T201
    threading.excepthook = _thread_failed
    prepare_terminal()
    sys.setswitchinterval(_TURN_S)
    theme = choose_theme(kept_theme(settings.theme, state_dir()))
    app = PreventADApp(Workspace(settings), theme=theme)
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadEach())
    asyncio.set_event_loop(loop)
    try:
        app.run(mouse=settings.mouse, loop=loop)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        # The last words found no terminal any more; the app had ended in order before.
    code = app.return_code
    code = ExitCode.INTERNAL if code is None else code
    end_threads(code)
    return code


def _thread_failed(args: threading.ExceptHookArgs) -> None:
    if isinstance(args.exc_value, OSError) and args.exc_value.errno == errno.EIO:
        # The terminal is gone, so Textual cannot draw; the hang-up signal, or the app's own look at
        # the terminal, ends us in order. But the loop that does so may be waiting for room among
        # what is to be drawn.
        if isinstance(args.thread, WriterThread):
            while args.thread._queue.get() is not None:
                pass
        return
    if args.exc_value is not None:
        log_crash(args.exc_value)
        print(crash_sentence(args.exc_value), file=sys.stderr)  # noqa: T201
