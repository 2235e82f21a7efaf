"""The command line: every command and option, and nothing of what they do.

Only what was given ends up in the namespace (no defaults), so that environment and config files
can speak for the rest. Abbreviated options are refused: a script that uses one breaks on the day
a second option begins alike.
"""

import argparse
from typing import Any, NoReturn, TypeAlias

from preventad_tui import __version__

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


class _Parser(argparse.ArgumentParser):
    """One sentence on stderr and exit code 2 instead of a page of usage."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            epilog=EXIT_CODES,
            allow_abbrev=False,
            argument_default=argparse.SUPPRESS,
            formatter_class=argparse.RawTextHelpFormatter,
            **options,
        )

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
    _add_shared(parser)
    _add_interface(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for add in (_get, _plan, _list, _verify, _status, _login, _logout, _doctor, _selections, _demo):
        add(commands)
    return parser


def _command(commands: _Commands, name: str, summary: str, more: str = "") -> _Parser:
    description = f"{summary[0].upper()}{summary[1:]}.\n{more}".strip()
    return commands.add_parser(name, help=summary, description=description)


def _get(commands: _Commands) -> None:
    parser = _command(
        commands,
        "get",
        "download without the interface, for batch jobs and scripts",
        "Run it again to go on: what is on disk is not asked for.",
    )
    _add_shared(parser)
    _add_login(parser)


def _plan(commands: _Commands) -> None:
    parser = _command(commands, "plan", "say what get would do; downloads nothing")
    _add_shared(parser)
    _add_login(parser)


def _list(commands: _Commands) -> None:
    parser = _command(commands, "list", "what the server offers, with counts")
    parser.add_argument("what", choices=LISTS, help="what to list")
    parser.add_argument("--tsv", action="store_true", help="tab-separated values")
    _add_shared(parser)
    _add_login(parser)


def _verify(commands: _Commands) -> None:
    parser = _command(
        commands,
        "verify",
        "check an output folder offline against its ledger",
        "Size and MD5 of every file; code 3 for damaged, changed or missing ones.\n"
        "What only differs from a published list is listed, with code 0.",
    )
    _add_folder(parser)
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
    _add_transfer(parser)
    _add_server(parser)
    _add_login(parser)
    _add_talk(parser)


def _status(commands: _Commands) -> None:
    parser = _command(
        commands, "status", "what an output folder holds, per candidate and modality; offline"
    )
    _add_folder(parser)
    parser.add_argument("--md5sums", action="store_true", help="print lines that md5sum -c reads")
    _add_talk(parser)


def _login(commands: _Commands) -> None:
    parser = _command(
        commands,
        "login",
        "store a token in the keyring, or in a file named with --token-file",
        "Only the token is stored, never the password; a token ends after 24 hours.",
    )
    _add_server(parser)
    _add_login(parser, file_help="write the token to this file (0600) instead of the keyring")
    _add_talk(parser)


def _logout(commands: _Commands) -> None:
    parser = _command(commands, "logout", "remove the stored token")
    _add_server(parser)
    parser.add_argument("--username", metavar="NAME", help="only this user's token")
    parser.add_argument("--token-file", metavar="FILE", help="remove this token file too")
    _add_talk(parser)


def _doctor(commands: _Commands) -> None:
    parser = _command(
        commands,
        "doctor",
        "what a server is and what this machine is to it, with what to do",
        "With a login it says more. It shows no secret: paste it into a bug report.",
    )
    _add_folder(parser)
    _add_server(parser)
    _add_login(parser)
    _add_talk(parser)


def _selections(commands: _Commands) -> None:
    parser = _command(commands, "selections", "the saved selections")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, summary: str, *arguments: tuple[str, str]) -> None:
        sub = _command(actions, name, summary)
        for argument, text in arguments:
            sub.add_argument(argument, metavar=argument.upper(), help=text)
        _add_talk(sub)

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


def _demo(commands: _Commands) -> None:
    parser = _command(
        commands,
        "demo",
        "start the bundled demo server and open the interface against it",
        "Everything is synthetic, on this machine only; the login is filled in.",
    )
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
    _add_shared(parser, server=False)
    _add_interface(parser)


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--outputdir", metavar="DIR", help="where the files are")


def _add_shared(parser: argparse.ArgumentParser, *, server: bool = True) -> None:
    choice = parser.add_argument_group("what")
    _names(choice, "-m", "--modalities", "these modalities: t1w,dwi65")
    _names(choice, "-v", "--visitlabels", "these visits: PREBL00,PREFU12")
    _names(choice, "-c", "--candidates", "these candidates, or @FILE with one a line")
    choice.add_argument(
        "--sessions", metavar="FILE", help="these sessions: TSV or CSV, participant_id, session_id"
    )
    choice.add_argument(
        "--selection", metavar="NAME|FILE", help="a saved selection, or an exported one"
    )
    _names(choice, None, "--qc", "images with this quality rating: pass (fail, unrated)")
    choice.add_argument("--all", action="store_true", help="every image")
    choice.add_argument(
        "--data-releases",
        action="store_true",
        help="the server's tables (CSV) too, where it has any; alone: only these",
    )
    choice.add_argument(
        "-t", "--type", choices=("bids", "minc"), help="how the data are organised (default: bids)"
    )
    _add_design(parser)
    choice.add_argument(
        "--catalogue",
        metavar="PATH",
        help="a clone of the CONP BIDS dataset: names and sizes without an account",
    )
    _add_folder(parser)
    if server:
        _add_server(parser)
    _add_transfer(parser)
    _add_talk(parser)


def _add_design(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "study design", "how many are left after each condition is said on stderr"
    )
    _names(group, None, "--has-all", "time points that have all of these modalities: t1w,rest,dwi")
    group.add_argument(
        "--timepoints",
        choices=("merged", "visits"),
        help="BL00 and EN00 of one arm are one time point (default), or each visit is one",
    )
    group.add_argument(
        "--min-timepoints", metavar="N", help="candidates with at least N such time points"
    )
    group.add_argument(
        "--baseline-and-follow-up",
        action="store_true",
        help="candidates with a baseline and a follow-up among them",
    )
    group.add_argument(
        "--same-arm", action="store_true", help="baseline and follow-up of the same arm"
    )
    group.add_argument("--arm", metavar="NAP|PRE", help="only time points of this arm")


def _names(group: "argparse._ArgumentGroup", short: str | None, long: str, text: str) -> None:
    names = (short, long) if short else (long,)
    group.add_argument(*names, metavar="A,B", action="append", help=text)


def _add_server(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("server")
    group.add_argument(
        "--server", metavar="SERVER", help="open (default), registered, demo, or a URL"
    )
    group.add_argument("--project", metavar="NAME", help="where the server has several")
    group.add_argument("--api-version", metavar="V", help="default: found by asking")
    group.add_argument("--ca-file", metavar="FILE", help="an additional certificate authority")


def _add_transfer(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("transfer")
    group.add_argument("-j", "--jobs", metavar="N", help="parallel transfers, 1 to 16 (default: 4)")
    group.add_argument("--limit-rate", metavar="RATE", help="bytes a second in all: 5M")
    group.add_argument(
        "--check-updates", action="store_true", help="ask for newer versions of files on disk too"
    )
    group.add_argument(
        "--keep-old", action="store_true", help="keep what an update replaces in .preventad-tui/old"
    )
    group.add_argument(
        "--missing",
        choices=("fetch", "leave", "fail"),
        help="files that were on disk and are not any more (default: fetch)",
    )
    group.add_argument("--shard", metavar="I/N", help="only the I-th of N disjoint parts")
    group.add_argument(
        "--give-up-after",
        metavar="DURATION",
        help="how long get waits through an outage: 90s, 30m (default: 6h, in a Slurm job 30m)",
    )
    group.add_argument(
        "--force", action="store_true", help="work in a folder that another run is working in"
    )


def _add_login(
    parser: argparse.ArgumentParser, file_help: str = "read the token from this file (0600)"
) -> None:
    group = parser.add_argument_group("login")
    group.add_argument("--username", metavar="NAME", help="the LORIS user")
    group.add_argument(
        "--password-stdin", action="store_true", help="read the password from stdin, one line"
    )
    group.add_argument("--token-file", metavar="FILE", help=file_help)


def _add_interface(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("interface")
    group.add_argument("--username", metavar="NAME", help="the LORIS user to propose")
    group.add_argument("--token-file", metavar="FILE", help="read the token from this file (0600)")
    group.add_argument("--mouse", action="store_true", help="use the mouse")
    group.add_argument(
        "--plain",
        action="store_true",
        help="numbered questions and appended lines, no screen control (also ACCESSIBLE=1)",
    )


def _add_talk(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    group.add_argument("-q", "--quiet", action="store_true", help="errors and the summary only")
    group.add_argument("--log-file", metavar="FILE", help="default: in the user's log folder")
    group.add_argument("--debug", action="store_true", help="tracebacks and more in the log")
