"""The command line: every command with its options, and nothing of what they do.

Only what was given ends up in the namespace (no defaults), so that environment and config files
can speak for the rest. Abbreviated options are refused: a script that uses one breaks on the day
a second option begins alike.
"""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

from preventad_tui import __version__
from preventad_tui.option_groups import (
    add_folder,
    add_interface,
    add_login,
    add_server,
    add_shared,
    add_talk,
    add_transfer,
)

EXIT_CODES = """\
exit codes:
  0 everything selected is on disk     5 server not reachable, or no LORIS
  1 a fault of the program itself      6 disk, quota or output folder
  2 usage, nothing selected, or no     7 left before the end, run again
    terminal for the interface         8 another run works in the folder
  3 some files failed, are gone or     9 the folder's state is unreadable
    differ; they are listed          129, 130, 143 stopped by a signal
  4 login refused or needed
"""

LISTS = ("candidates", "sessions", "visits", "modalities", "images", "coverage")
_PROGRAM = "preventad-tui"


_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"
_Fill: TypeAlias = "Callable[[_Parser], None]"


class _Parser(argparse.ArgumentParser):
    """One sentence on stderr and exit code 2 instead of a page of usage.

    `fill` adds the options when the parser is first used: a start needs those of one command.
    """

    def __init__(self, *, fill: "_Fill | None" = None, **options: Any) -> None:
        self._fill = fill
        super().__init__(
            epilog=EXIT_CODES,
            allow_abbrev=False,
            argument_default=argparse.SUPPRESS,
            formatter_class=argparse.RawTextHelpFormatter,
            **options,
        )

    def parse_known_args(self, *given: Any, **named: Any) -> Any:
        fill, self._fill = self._fill, None
        if fill is not None:
            fill(self)
        return super().parse_known_args(*given, **named)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See: {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole program."""
    parser = _Parser(
        prog=_PROGRAM,
        description="Choose and download PREVENT-AD images from a LORIS server.\n"
        "Without a command the terminal interface opens, and the options preselect there.",
    )
    parser.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}")
    add_shared(parser)
    add_interface(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    _command(
        commands,
        _get,
        "get",
        "download without the interface, for batch jobs and scripts",
        "Run it again to go on: what is on disk is not asked for.",
    )
    _command(commands, _plan, "plan", "say what get would do; downloads nothing")
    _command(commands, _list, "list", "what the server offers, with counts")
    _command(
        commands,
        _verify,
        "verify",
        "check an output folder offline against its ledger",
        "Size and MD5 of every file; code 3 for damaged, changed or missing ones.\n"
        "What only differs from a published list is listed, with code 0.",
    )
    _command(
        commands,
        _status,
        "status",
        "what an output folder holds, per candidate and modality; offline",
    )
    _command(
        commands,
        _login,
        "login",
        "store a token in the keyring, or in a file named with --token-file",
        "Only the token is stored, never the password; a token ends after 24 hours.",
    )
    _command(commands, _logout, "logout", "remove the stored token")
    _command(
        commands,
        _doctor,
        "doctor",
        "what a server is and what this machine is to it, with what to do",
        "With a login it says more. It shows no secret: paste it into a bug report.",
    )
    _command(commands, _selections, "selections", "the saved selections")
    _command(
        commands,
        _demo,
        "demo",
        "start the bundled demo server and open the interface against it",
        "Everything is synthetic, on this machine only; the login is filled in.",
    )
    return parser


def _command(commands: _Commands, fill: _Fill, name: str, summary: str, more: str = "") -> None:
    description = f"{summary[0].upper()}{summary[1:]}.\n{more}".strip()
    commands.add_parser(name, help=summary, description=description, fill=fill)


def _get(parser: _Parser) -> None:
    add_shared(parser)
    add_login(parser)


def _plan(parser: _Parser) -> None:
    add_shared(parser)
    add_login(parser)


def _list(parser: _Parser) -> None:
    parser.add_argument("what", choices=LISTS, help="what to list")
    parser.add_argument("--tsv", action="store_true", help="tab-separated values")
    add_shared(parser)
    add_login(parser)


def _verify(parser: _Parser) -> None:
    add_folder(parser)
    parser.add_argument("--deep", action="store_true", help="read every gzip stream and container")
    parser.add_argument(
        "--against",
        metavar="PATH",
        help="compare with a published list too: an md5sum file, or a clone of the CONP dataset",
    )
    parser.add_argument(
        "--report", metavar="FILE", help="write a TSV with every file and what was found"
    )
    parser.add_argument(
        "--repair",
        action="store_true",
        help="log in and download again what is damaged, changed or missing",
    )
    add_transfer(parser)
    add_server(parser)
    add_login(parser)
    add_talk(parser)


def _status(parser: _Parser) -> None:
    add_folder(parser)
    parser.add_argument("--md5sums", action="store_true", help="print lines that md5sum -c reads")
    add_talk(parser)


def _login(parser: _Parser) -> None:
    add_server(parser)
    add_login(parser, file_help="write the token to this file (0600) instead of the keyring")
    add_talk(parser)


def _logout(parser: _Parser) -> None:
    add_server(parser)
    parser.add_argument("--username", metavar="NAME", help="only this user's token")
    parser.add_argument("--token-file", metavar="FILE", help="remove this token file too")
    add_talk(parser)


def _doctor(parser: _Parser) -> None:
    add_folder(parser)
    add_server(parser)
    add_login(parser)
    add_talk(parser)


def _selections(parser: _Parser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, summary: str, *arguments: tuple[str, str]) -> None:
        def fill(sub: _Parser) -> None:
            for argument, text in arguments:
                sub.add_argument(argument, metavar=argument.upper(), help=text)
            add_talk(sub)

        _command(actions, fill, name, summary)

    action("list", "name, date, images and server of each")
    action("show", "one selection's rules and counts", ("name", "the selection"))
    action(
        "export",
        "write a selection to a file that others can import",
        ("name", "the selection"),
        ("file", "where to; - is stdout"),
    )
    action("import", "save an exported selection under its name", ("file", "the exported file"))
    action(
        "rename",
        "give a selection another name",
        ("name", "the selection"),
        ("new", "its new name"),
    )
    action("delete", "remove a selection", ("name", "the selection"))


def _demo(parser: _Parser) -> None:
    parser.add_argument(
        "--size", choices=("small", "full"), help="12 candidates (default), or the study's 308"
    )
    parser.add_argument("--port", metavar="N", help="the server's port; default: a free one")
    parser.add_argument(
        "--generation",
        choices=("a", "b24", "b26", "b28"),
        help="whose behaviour: LORIS 20.1 as PREVENT-AD has it (a, default), or LORIS 24, 26, 28",
    )
    parser.add_argument("--serve", action="store_true", help="only serve, and print the address")
    add_shared(parser, server=False)
    add_interface(parser)
