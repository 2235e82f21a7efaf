"""The program's door: options, environment, the right command, the exit code.

Heavy imports wait inside the functions, so that `--help` and `--version` answer at once.
"""

import argparse
import dataclasses
import os
import sys
import threading
from collections.abc import Sequence
from types import TracebackType

from preventad_tui.core.config import Settings, load_settings
from preventad_tui.core.errors import ExitCode, NotWritable, PreventADError, UsageError
from preventad_tui.core.logfile import crash_sentence, log_crash, log_trouble, open_log, scrub
from preventad_tui.core.process import calm_collector, deny_core_dumps, disarm_environment
from preventad_tui.core.text import clean
from preventad_tui.options import build_parser
from preventad_tui.terminal import prepare_terminal, terminal_fault

_OFFLINE = frozenset({"status", "selections"})
_NOT_SETTINGS = frozenset(
    {
        "command",
        "what",
        "tsv",
        "deep",
        "repair",
        "md5sums",
        "action",
        "against",
        "report",
        "plain",
        "serve",
    }
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; the exit codes are those of its outer interface."""
    code = _main(arguments)
    if "preventad_tui.core.hanging" in sys.modules:  # else there are no threads
        from preventad_tui.core.hanging import end_threads

        end_threads(code)
    return code


def _main(arguments: Sequence[str] | None) -> int:
    options = build_parser().parse_args(arguments)
    calm_collector()
    disarm_environment()
    deny_core_dumps()
    _install_crash_hooks()
    try:
        return _run(options)
    except PreventADError as error:
        _complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.SIGINT
    except BrokenPipeError:
        # Whoever read our output has enough; nothing is left to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except Exception as error:
        log_crash(error)
        _complain(crash_sentence(error))
        return ExitCode.INTERNAL


def _run(options: argparse.Namespace) -> int:
    given = vars(options)
    command = given.get("command")
    settings, warnings = load_settings(
        {name: value for name, value in given.items() if name not in _NOT_SETTINGS}
    )
    for warning in warnings:
        _complain(warning)
    if command == "demo":
        settings = _demo_settings(settings)
        if given.get("serve"):
            return _serve(settings)
    if command in (None, "demo"):
        return _interface(settings, options, plain=given.get("plain", False))
    _start_log(settings)
    if settings.notice and command not in _OFFLINE:
        _complain(settings.notice)
    from preventad_tui.headless.run import run_command

    return run_command(command, settings, options)


def _interface(settings: Settings, options: argparse.Namespace, *, plain: bool) -> int:
    if plain or os.environ.get("ACCESSIBLE", "0") not in ("", "0"):
        if not sys.stdin.isatty():
            raise UsageError(
                "There is nobody to answer the questions of --plain.",
                "Use “preventad-tui get” to download without questions.",
            )
        _start_log(settings)
        prepare_terminal()
        from preventad_tui.headless.run import run_command

        return run_command("plain", dataclasses.replace(settings, json=False), options)
    if fault := terminal_fault():
        raise UsageError(fault)
    _start_log(settings)
    from preventad_tui.ui.run import run_interface  # noqa: TID251

    return run_interface(settings)


def _demo_settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, server="demo", project="", api_version="")


def _serve(settings: Settings) -> int:
    from preventad_tui.demo.__main__ import main as serve

    return serve(
        [
            *("--size", settings.demo_size),
            *("--port", str(settings.demo_port)),
            *("--generation", settings.demo_generation),
        ]
    )


def _start_log(settings: Settings) -> None:
    """A log that cannot be kept is said and ends nothing."""
    try:
        open_log(settings.log_file, own_folder=settings.log_file_is_default, debug=settings.debug)
    except NotWritable as error:
        _complain(str(error))
        log_trouble.is_told = True


def _install_crash_hooks() -> None:
    """What nobody caught goes to the log; the terminal gets one line and no values."""

    def crashed(
        kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        found = (error or kind()).with_traceback(trace)
        log_crash(found)
        _complain(crash_sentence(found))

    def thread_crashed(crash: threading.ExceptHookArgs) -> None:
        crashed(crash.exc_type, crash.exc_value, crash.exc_traceback)

    sys.excepthook = crashed
    threading.excepthook = thread_crashed


def _complain(sentence: str) -> None:
    try:
        print(clean(scrub(sentence), 2000), file=sys.stderr)
    except (OSError, ValueError):
        pass  # the terminal is gone
