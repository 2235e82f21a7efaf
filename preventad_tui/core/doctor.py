"""What `doctor` finds: one thing a line, whether it is well, and what to do.

    doctor_server    what a server tells without a login: way there, TLS, versions, clock
    doctor_login     what it tells with one: project, rights, what it offers
    doctor_release   from those facts to the LORIS release that it probably is
    doctor_machine   this machine: keyring, output folder, file system

Nothing here holds a secret: what is found may be pasted into a bug report.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from preventad_tui.core.errors import ExitCode, PreventADError


class State(StrEnum):
    """How one thing is."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, how it is, what was found, what to do (`""`: nothing).

    `exit_code` is what a download would end with because of it.
    """

    name: str
    state: State
    found: str
    advice: str = ""
    exit_code: ExitCode = ExitCode.OK


def well(name: str, found: str, advice: str = "") -> Check:
    """Something that is as it should be."""
    return Check(name, State.OK, found, advice)


def note(name: str, found: str, advice: str) -> Check:
    """Something to know: a download works all the same."""
    return Check(name, State.NOTE, found, advice)


def problem(name: str, error: PreventADError) -> Check:
    """Something that stands against a download."""
    return Check(name, State.PROBLEM, error.message, error.hint, error.exit_code)


_ORDER = (ExitCode.SERVER, ExitCode.AUTH, ExitCode.STORAGE)


def exit_code_of(checks: Iterable[Check]) -> ExitCode:
    """The code that a download here would end with: the server's before the login's, the disk's."""
    codes = {check.exit_code for check in checks} - {ExitCode.OK}
    first = (code for code in _ORDER if code in codes)
    return next(first, min(codes, default=ExitCode.OK))
