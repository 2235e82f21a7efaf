"""S30 to S33: what servers and file systems say does nothing to a terminal, on any way out."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from preventad_tui.demo.effects import Status
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer

LIMITS = json.dumps({"give_up_at_start_s": 0, "backoff_first_s": 0.01, "backoff_max_s": 0.02})
FILTER = ("-m", "t1w", "-v", "PREEN00")


@pytest.fixture
def hostile(load_fake: Callable[[str], ModuleType]) -> ModuleType:
    return load_fake("hostile")


@pytest.fixture
def nasty(hostile: ModuleType) -> Iterator[DemoServer]:
    """A server whose every text is a payload; some files are refused in such words."""
    with DemoServer(candidates=2, deflate=False) as server:
        words = json.dumps({"error": "".join(hostile.PAYLOADS[:12])}).encode()
        more = json.dumps({"error": "".join(hostile.PAYLOADS[12:])}).encode()
        server.faults.add(
            Fault(hostile.Texts(), path="*"),
            Fault(Status(404, body=words), path="*_T1w.json"),
            Fault(Status(500, body=more), path="*_T1w.nii.gz", times=9),
        )
        yield server


@pytest.fixture
def run(tmp_path: Path, isolated: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run a command in a working folder; all that it wrote, as bytes."""

    def command(*arguments: str, **env: str) -> subprocess.CompletedProcess[bytes]:
        ours = {"PREVENTAD_USERNAME": "demo", "PREVENTAD_PASSWORD": "demo"}
        return subprocess.run(
            [sys.executable, "-m", "preventad_tui", *arguments],
            env={**os.environ, **ours, "PREVENTAD_TUI_LIMITS": LIMITS, **env},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )

    return command


def litter(folder: Path, payloads: tuple[str, ...]) -> int:
    """Files of such names in an output folder, as other programs may leave them."""
    made = 0
    for number, payload in enumerate(payloads):
        name = payload.replace("/", "").replace("\0", "")
        if name.encode(errors="surrogateescape") and len(name.encode()) < 200:
            (folder / f"{number}{name}.nii.gz").write_bytes(b"x")
            made += 1
    return made


def test_s30_every_headless_command(
    nasty: DemoServer,
    hostile: ModuleType,
    run: Callable[..., subprocess.CompletedProcess[bytes]],
    tmp_path: Path,
    figures: Callable[[str], None],
) -> None:
    """S30, S32: tables, TSV, JSON lines, plan, get, verify, status, errors: 0 payloads."""
    server = ("--server", nasty.url)
    out = "out\x1b]0;PWN\x07\u202e"
    selection = tmp_path / "sel.json"
    commands: list[tuple[str, ...]] = [
        *(("list", what, *server) for what in ("candidates", "visits", "modalities", "images")),
        *(("list", "images", *server, form) for form in ("--tsv", "--json")),
        ("list", "coverage", *server),
        ("plan", *server, *FILTER, "-o", out),
        ("plan", *server, *FILTER, "-o", out, "--json"),
        ("get", *server, *FILTER, "-o", out),
        ("get", *server, *FILTER, "-o", out, "--json"),
        ("status", "-o", out),
        ("status", "-o", out, "--json"),
        ("verify", "-o", out, "--report", "report.tsv"),
        ("verify", "-o", out, "--json"),
        ("verify", "-o", out, "--against", "\x1b]0;PWN\x07"),
        ("selections", "import", "sel.json"),
        ("selections", "list"),
        ("selections", "show", "\x1b]0;PWN\x07"),
        ("get", *server, "-o", out, "--selection", "\x1b]0;PWN\x07"),
        ("login", *server, "--token-file", "no\x1b]0;PWN\x07/such"),
    ]
    argument = "".join(one for one in hostile.PAYLOADS if "\0" not in one)
    commands += [("plan", *server, "-m", argument), ("list", argument)]
    for option in ("-v", "--server", "--project", "--ca-file", "--log-file", "--sessions"):
        commands.append(("plan", *server, *FILTER, option, "\x1b[31;7;5mPWN\u202e"))
    rules = {"include": [], "exclude": [], "filters": {}, "design": {}}
    saved = {"format": 1, "name": "\x1b]0;PWN\x07", "note": "\u202ePWN\x9b31m", "rules": rules}
    saved |= {"created": "\x1b[2JPWN", "server": "\x1bcPWN", "project": "[/PWN]", "type": "bids"}
    selection.write_text(json.dumps(saved | {"images": ["\x1b]0;PWN\x07"], "outputdir": "\x07PWN"}))
    config = Path(os.environ["XDG_CONFIG_HOME"]) / "preventad-tui"
    config.mkdir(parents=True)
    (config / "config.toml").write_text('"\\u001b]0;PWN\\u0007" = 1\nnote = "x"\n')
    wrong, littered = [], 0
    for command in commands:
        done = run(*command)
        assert done.returncode != 1, (command, done.stderr)
        assert b"Traceback" not in done.stderr, command
        if found := hostile.reaches_a_terminal(done.stdout + done.stderr, own_sequences=False):
            wrong.append((command, found, done.stdout[-300:], done.stderr[-300:]))
        if command[0] == "get" and not littered and (tmp_path / out).is_dir():
            littered = litter(tmp_path / out, hostile.PAYLOADS)
    assert littered > 10
    assert wrong == []
    report = (tmp_path / "report.tsv").read_bytes()
    assert hostile.reaches_a_terminal(report, own_sequences=False) == []
    log = next(Path(os.environ["HOME"]).rglob("preventad-tui.log")).read_bytes()
    assert hostile.reaches_a_terminal(log, own_sequences=False) == []
    figures(f"{len(commands)} commands, {len(hostile.PAYLOADS)} payloads: 0 reach the terminal")


def test_s30_refusals_are_said_without_effect(
    hostile: ModuleType, run: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    """S16, S30: a login refused, a server that is none, in words that are payloads."""
    with DemoServer(candidates=1) as server:
        said = json.dumps({"error": "".join(hostile.PAYLOADS)}).encode()
        for path, status, code in (("/login", 401, 4), ("/projects", 500, 5)):
            server.faults.add(Fault(Status(status, body=said), path=path))
            done = run("list", "visits", "--server", server.url)
            assert done.returncode == code, done.stderr
            assert hostile.reaches_a_terminal(done.stderr, own_sequences=False) == []


KEYS = (
    *("/", "PREEN", "\r", " ", "i", "\x1b", "c", "\x1b", "f", "\x1b", "v", "v", "v", "V", "=", "G"),
    *("S", "\x1b", "o", "\x1b", "?", "\x1b", ":", "\x1b", "2", "e", "i", "\x1b", "1", "R"),
)


def test_s30_s31_s33_every_screen(
    nasty: DemoServer,
    hostile: ModuleType,
    load_fake: Callable[[str], ModuleType],
    tmp_path: Path,
    figures: Callable[[str], None],
) -> None:
    """S30, S31, S33: login, browser, details, coverage, facets, design, plan, transfers, log,
    selections, help, palette, verify: 0 payloads in the terminal's bytes, no action, no crash."""
    folder = Path(os.environ["XDG_DATA_HOME"]) / "preventad-tui/selections"
    folder.mkdir(parents=True, mode=0o700)
    rules = {"include": [], "exclude": [], "filters": {}, "design": {}}
    saved = {"format": 1, "name": "\x1b]0;PWN\x07[@click=app.quit]x", "note": "[/PWN]\u202ePWN"}
    saved |= {"rules": rules, "images": [], "type": "bids", "server": "\x1b[2JPWN", "project": ""}
    (folder / "x.json").write_text(json.dumps(saved))
    out = tmp_path / "out"
    out.mkdir()
    litter(out, hostile.PAYLOADS)
    refusal = json.dumps({"error": "".join(hostile.PAYLOADS)}).encode()
    refused = Fault(Status(401, body=refusal), path="/login", times=1)
    nasty.faults.add(refused)
    with load_fake("terminal").terminals() as start:
        terminal = start(
            *("--server", nasty.url, "--username", "demo", "-o", str(out), "--mouse"),
            size=(120, 40),
            PREVENTAD_TUI_LIMITS=LIMITS,
        )
        terminal.wait_text("answers")
        terminal.press("demo\r")
        terminal.wait_text("PWN")  # the refusal, in its own words
        terminal.press("demo\r")
        terminal.wait_text("candidate  visit")
        for key in KEYS:
            terminal.press(key)
            for _ in range(6):
                terminal.read(0.03)
            assert terminal.child.isalive(), f"{key!r} ended it:\n{terminal.text}"
        for row in range(2, 30, 3):  # a click on every third row: markup's actions must not run
            terminal.press(f"\x1b[<0;20;{row}M\x1b[<0;20;{row}m")
            terminal.read(0.05)
        assert terminal.child.isalive()
        shown = terminal.text
        terminal.press("\x1b")
        terminal.press("\x1b1ad")
        for _ in range(30):
            terminal.read(0.05)
        terminal.press("\r")
        terminal.wait_for(lambda: any("T1w" in one.path for one in nasty.requests))
        terminal.press("2e")
        for _ in range(40):
            terminal.read(0.05)
        shown += terminal.text
        terminal.press("\x11y")
        code = terminal.end()
    assert code in (0, 3, 7), shown
    found = hostile.reaches_a_terminal(terminal.written, own_sequences=True)
    assert found == []
    for title in (b"\x1b]0;", b"\x1b]52;", b"\x1b]8;"):
        assert terminal.written.count(title) <= 1
    figures(
        f"{len(terminal.written)} bytes of screens, {len(hostile.PAYLOADS)} payloads: 0 reach it"
    )
