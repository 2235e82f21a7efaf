"""`python -m preventad_tui.demo`: serve in the foreground until told to stop."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from preventad_tui.demo.errors import DemoError

MISSING = (
    "The demo server needs aiohttp, which is not installed: pip install 'preventad-tui[demo]'."
)
READY = "demo server: {url}  user: {user}  password: {password}"
TROUBLE_CODE = 2


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m preventad_tui.demo",
        description="Serve synthetic PREVENT-AD data on loopback, as a LORIS server does.",
    )
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--generation", choices=("a", "b24", "b26", "b28"), default="a")
    parser.add_argument("--quiet", action="store_true", help="say the address and nothing else")
    parser.add_argument(
        "--until-stdin-closes",
        action="store_true",
        help="end with the program that started this one, however that ended",
    )
    return parser.parse_args(arguments)


def _watch_stdin(done: threading.Event) -> None:
    while sys.stdin is not None and sys.stdin.buffer.read(4096):
        pass
    done.set()


def serve(options: argparse.Namespace) -> None:
    """Serve until a signal, or the end of standard input where that was asked for."""
    try:
        from preventad_tui.demo.server import DemoServer
    except ModuleNotFoundError as trouble:
        if trouble.name and trouble.name.partition(".")[0] == "aiohttp":
            raise DemoError(MISSING) from trouble
        raise
    done = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        done.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    demo = DemoServer(options.size, options.generation, options.port, record_limit=0)
    with demo as server:
        ready = READY.format(url=server.url, user=server.username, password=server.password)
        print(ready, flush=True)
        if not options.quiet:
            print("synthetic data; ctrl+c ends the server", file=sys.stderr, flush=True)
        if options.until_stdin_closes:
            threading.Thread(target=_watch_stdin, args=(done,), daemon=True).start()
        done.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives the exit code."""
    options = _options(arguments)
    try:
        serve(options)
    except DemoError as trouble:
        print(trouble, file=sys.stderr)
        return TROUBLE_CODE
    return 0


if __name__ == "__main__":
    sys.exit(main())
