"""The options that several commands have, in groups."""

import argparse


def add_folder(parser: argparse.ArgumentParser) -> None:
    """The output folder."""
    parser.add_argument("-o", "--outputdir", metavar="DIR", help="where the files are")


def add_shared(parser: argparse.ArgumentParser, *, server: bool = True) -> None:
    """What to download, where from and where to, how, and what to say of it."""
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
    add_folder(parser)
    if server:
        add_server(parser)
    add_transfer(parser)
    add_talk(parser)


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


def add_server(parser: argparse.ArgumentParser) -> None:
    """Which server, and how it is reached."""
    group = parser.add_argument_group("server")
    group.add_argument(
        "--server", metavar="SERVER", help="open (default), registered, demo, or a URL"
    )
    group.add_argument("--project", metavar="NAME", help="where the server has several")
    group.add_argument("--api-version", metavar="V", help="default: found by asking")
    group.add_argument("--ca-file", metavar="FILE", help="an additional certificate authority")


def add_transfer(parser: argparse.ArgumentParser) -> None:
    """How files are fetched."""
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


def add_login(
    parser: argparse.ArgumentParser, file_help: str = "read the token from this file (0600)"
) -> None:
    """Who logs in; `file_help` says what the token file is for."""
    group = parser.add_argument_group("login")
    group.add_argument("--username", metavar="NAME", help="the LORIS user")
    group.add_argument(
        "--password-stdin", action="store_true", help="read the password from stdin, one line"
    )
    group.add_argument("--token-file", metavar="FILE", help=file_help)


def add_interface(parser: argparse.ArgumentParser) -> None:
    """What only the interface has."""
    group = parser.add_argument_group("interface")
    group.add_argument("--username", metavar="NAME", help="the LORIS user to propose")
    group.add_argument("--token-file", metavar="FILE", help="read the token from this file (0600)")
    group.add_argument("--mouse", action="store_true", help="use the mouse")
    group.add_argument(
        "--plain",
        action="store_true",
        help="numbered questions and appended lines, no screen control (also ACCESSIBLE=1)",
    )


def add_talk(parser: argparse.ArgumentParser) -> None:
    """What is said where."""
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    group.add_argument("-q", "--quiet", action="store_true", help="errors and the summary only")
    group.add_argument("--log-file", metavar="FILE", help="default: in the user's log folder")
    group.add_argument("--debug", action="store_true", help="tracebacks and more in the log")
