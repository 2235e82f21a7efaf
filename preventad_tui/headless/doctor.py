"""`doctor`: what a server is, what this machine is to it, and what to do about each."""

import asyncio
import dataclasses
import locale
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable

from preventad_tui.core.disk_view import META
from preventad_tui.core.doctor import Check, State, exit_code_of, note, problem, well
from preventad_tui.core.doctor_login import Examination, token_check
from preventad_tui.core.doctor_machine import folder_checks, keyring_check, program_check
from preventad_tui.core.doctor_release import ReleaseFacts, guess_release
from preventad_tui.core.doctor_server import fault_check, server_checks, way_check
from preventad_tui.core.errors import (
    NoCredentials,
    NotLoris,
    PreventADError,
    ServerError,
    UsageError,
)
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.folder_setup import check_identity
from preventad_tui.core.keyrings import off_loop
from preventad_tui.core.server import parse_server
from preventad_tui.core.text import clean
from preventad_tui.headless.session import Session
from preventad_tui.terminal import terminal_fault

_NAME_WIDTH = 14
_SMALLEST = (60, 16)
_AROUND = ("TMUX", "STY", "SSH_CONNECTION", "NO_COLOR", "ACCESSIBLE", "SLURM_JOB_ID")
"""Variables whose being there (not their value) explains what one sees."""


async def run(session: Session) -> int:
    """Look at everything, whatever is wrong; the code is what a download here would end with."""
    checks, facts = await _look(session)
    code = exit_code_of(checks)
    if session.settings.json:
        _record(session, checks, facts, code)
    else:
        _print(session, checks)
    if code:
        first = next(check for check in checks if check.exit_code is code)
        session.output.tell(f"{first.found} {first.advice}".strip())
    return code


async def _look(session: Session) -> tuple[list[Check], ReleaseFacts | None]:
    workspace = session.workspace
    checks, facts = await _server(session)
    if facts is not None:
        login = await _login(session, facts)
        guess = guess_release(facts)
        checks.append(well("release", f"{guess.name}, by: {'; '.join(guess.because)}"))
        checks += login
    state = await off_loop(workspace.credentials.keyring_state)
    checks += [program_check(), keyring_check(state), _terminal()]
    checks += await asyncio.to_thread(folder_checks, session.settings.outputdir)
    return checks, facts


async def _server(session: Session) -> tuple[list[Check], ReleaseFacts | None]:
    workspace, settings = session.workspace, session.settings
    checks = []
    if settings.server != "demo":
        origin = parse_server(settings.server).origin
        checks = [well("server", f"{clean(settings.server)} ({origin.url})"), way_check(origin)]
    try:
        info = await workspace.connect()
        found = info.server
        url = found.origin.url
        shown = url if found.name == url else f"{found.name} ({url})"
        checks = [well("server", shown), way_check(found.origin)]
        more, facts = await server_checks(info, workspace.limits, settings.ca_file)
    except ServerError as error:
        return [*checks[:1], *_without(checks[1:], error), fault_check(error)], None
    return checks + more, facts


def _without(checks: Iterable[Check], error: ServerError) -> list[Check]:
    """The lines before a fault, but not the one that is the fault's own."""
    return [check for check in checks if check.name != fault_check(error).name]


async def _login(session: Session, facts: ReleaseFacts) -> list[Check]:
    workspace = session.workspace
    checks = _heed_folder(session)
    try:
        if not await _sign_in(session):
            return [
                *checks,
                note(
                    "login",
                    "none: project, rights and offers are not looked at",
                    "Run it again with --username NAME, or a --token-file.",
                ),
            ]
        checks.append(well("login", f"accepted: {workspace.source}"))
        checks.append(token_check(workspace.tokens))
    except PreventADError as error:
        return [*checks, problem("login", await _explained(session, error, facts))]
    try:
        project = await workspace.settle_project()
    except UsageError as error:
        return [*checks, note("project", error.message, error.hint)]
    except PreventADError as error:
        return [*checks, problem("project", await _explained(session, error, facts))]
    checks.append(well("project", clean(project)))
    assert workspace.info is not None
    assert workspace.loris is not None
    examination = Examination(
        workspace.info,
        workspace.loris,
        project,
        workspace.limits,
        session.settings.ca_file,
        facts,
    )
    try:
        return checks + await examination.checks()
    except PreventADError as error:
        return [*checks, problem("offers", error)]


async def _sign_in(session: Session) -> bool:
    workspace = session.workspace
    if await workspace.has_login() and await workspace.try_stored_tokens():
        return True
    if not session.can_ask:
        return False
    workspace.heed_refused_login()
    session.output.tell("With a login there is more to see; enter alone goes on without.")
    try:
        username, password = session.ask_login()
    except NoCredentials:
        return False
    await workspace.login(username, password)
    return True


async def _explained(
    session: Session, error: PreventADError, facts: ReleaseFacts
) -> PreventADError:
    """The true reason of a page with status 200, a second factor among them."""
    if isinstance(error, NotLoris) and error.reason == "html" and session.workspace.loris:
        error = await session.workspace.loris.explain_page()
    if error.reason == "mfa":
        facts.has_mfa = True
    return error


def _heed_folder(session: Session) -> list[Check]:
    """Open the folder to read, so that another run's refused login is heeded.

    A line where it holds another server's data, or its state cannot be read.
    """
    path, workspace = session.settings.outputdir, session.workspace
    if path is None or not (path / META).is_dir():
        return []
    try:
        folder = OutputFolder.open(
            path, None, create=False, read_only=True, limits=workspace.limits
        )
        workspace.folder = folder
        if held := folder.identity:
            ours = dataclasses.replace(held, server=workspace.identity, project="")
            check_identity(held, ours, str(path))
    except PreventADError as error:
        return [problem("folder", error)]
    what = held.type.value.upper() if held else "nothing yet"
    return [well("folder holds", f"{what} of this server")]


def _terminal() -> Check:
    kind = clean(os.environ.get("TERM", "") or "TERM is not set")
    encoding = clean(locale.getpreferredencoding(do_setlocale=False))
    columns, rows = _size()
    around = [name for name in _AROUND if os.environ.get(name)]
    found = ", ".join([kind, f"{columns}x{rows}" if columns else "no screen", encoding, *around])
    if fault := terminal_fault():
        sentence, _, advice = fault.partition(". ")
        return note("terminal", f"{found}: {sentence[0].lower()}{sentence[1:]}", advice)
    if columns < _SMALLEST[0] or rows < _SMALLEST[1]:
        return note("terminal", found, "Make it at least 60x16 for the interface.")
    return well("terminal", found)


def _size() -> tuple[int, int]:
    """Columns and rows of the terminal, also where stdout goes to a file; 0 without one."""
    for stream in (sys.stdout, sys.stderr, sys.stdin):
        try:
            size = os.get_terminal_size(stream.fileno())
            return size.columns, size.lines
        except (OSError, ValueError, AttributeError):
            continue
    return 0, 0


def _print(session: Session, checks: list[Check]) -> None:
    """A table of three columns; what is to be done stands below what was found."""
    width = shutil.get_terminal_size().columns
    room = max(30, width - 9 - _NAME_WIDTH - 1)
    for check in checks:
        head = f"{check.state.value:<8} {check.name:<{_NAME_WIDTH}} "
        lines = textwrap.wrap(check.found, room, break_on_hyphens=False)
        if check.advice:
            lines += textwrap.wrap(f"-> {check.advice}", room, break_on_hyphens=False)
        for number, line in enumerate(lines):
            session.output.line((head if number == 0 else " " * len(head)) + line)


def _record(session: Session, checks: list[Check], facts: ReleaseFacts | None, code: int) -> None:
    for check in checks:
        session.output.record(
            "check",
            name=check.name,
            state=check.state.value,
            found=check.found,
            advice=check.advice,
        )
    info = session.workspace.info
    session.output.record(
        "summary",
        exit_code=int(code),
        server=info.server.identity if info else "",
        generation=info.generation if info else "",
        api_version=info.server.api_version if info else "",
        release=guess_release(facts).name if facts else "",
        project=session.workspace.project,
        problems=sum(check.state is State.PROBLEM for check in checks),
    )
