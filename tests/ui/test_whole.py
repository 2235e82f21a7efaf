"""The program's own workspace against a demo server, driven by keys from the login to the end."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.config import Settings
from preventad_tui.core.credentials import Credentials, UserPassword
from preventad_tui.core.limits import Limits
from preventad_tui.core.model import DataType
from preventad_tui.core.secret import Secret
from preventad_tui.core.workspace import Workspace
from preventad_tui.demo.effects import Status
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer
from preventad_tui.ui.app import PreventADApp
from preventad_tui.ui.screens.browser import BrowserScreen
from preventad_tui.ui.screens.file_details import FileDetailsModal
from preventad_tui.ui.screens.plan import PlanScreen
from preventad_tui.ui.screens.transfers import TransfersScreen
from preventad_tui.ui.widgets.line_list import LineList

LIMITS = Limits(keyring_timeout_s=1.0)


def program(given: UserPassword | None, **settings: Any) -> PreventADApp:
    credentials = Credentials(limits=LIMITS, given=given)
    return PreventADApp(Workspace(Settings(**settings), credentials, limits=LIMITS))


async def wait_for(pilot: Any, condition: Callable[[], object], within_s: float = 30.0) -> None:
    for _ in range(int(within_s / 0.05)):
        if condition():
            await pilot.pause()
            return
        await pilot.pause(0.05)
    raise AssertionError(f"still waiting on {pilot.app.screen!r}")


def has_facts(app: PreventADApp) -> bool:
    screen = app.screen
    return isinstance(screen, BrowserScreen) and bool(screen.choice and screen.choice.facts)


def shown(app: PreventADApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def details_of(app: PreventADApp) -> list[str]:
    text: str = app.screen.query_one("#file-details", LineList).text
    return text.splitlines()


def told(app: PreventADApp) -> str:
    return " ".join(note.message for note in app._notifications)


async def test_minc_from_a_stock_server_by_keys(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with DemoServer(generation="b26", candidates=2, body_scale=0.1, integer_ids=True) as server:
        app = program(
            UserPassword("demo", Secret("demo")),
            log_file=tmp_path / "log",
            server=server.url,
            type=DataType.MINC,
            outputdir=out,
            modalities=("t1w", "task-encoding-bold"),
        )
        async with app.run_test(size=(100, 30)) as pilot:
            await wait_for(pilot, lambda: has_facts(app))
            await pilot.press("d")
            await wait_for(pilot, lambda: isinstance(app.screen, PlanScreen))
            await wait_for(pilot, lambda: "to fetch" in shown(app).lower())
            await pilot.press("enter")
            await wait_for(pilot, lambda: isinstance(app.screen, TransfersScreen))
            await wait_for(pilot, lambda: app.bridge.run and app.bridge.run.summary)
            run = app.bridge.run
            assert run is not None
            assert run.summary is not None
            assert run.summary.exit_code == 0
            await wait_for(pilot, lambda: "finished" in shown(app))
            named = set()
            for key in ("G", "k", "k", "k"):
                await pilot.press(key, "i")
                await wait_for(pilot, lambda: isinstance(app.screen, FileDetailsModal))
                facts = dict(row.split(None, 1) for row in details_of(app) if row[0] != " ")
                assert facts["MD5"] == hashlib.md5((out / facts["path"]).read_bytes()).hexdigest()
                named |= set(facts)
                await pilot.press("escape")
            assert {"link", "ETag", "ended", "took"} <= named
        images = [*out.rglob("*.mnc"), *out.rglob("*-events_*.txt")]
        wanted = {
            f"{session.candidate}/{session.visit}/{image.minc_name}"
            for session in server.study.sessions
            for image in session.images
            if image.kind.scan_type.startswith(("t1w", "task-encoding"))
        }
        assert {path.relative_to(out).as_posix() for path in images} == wanted
        for path in images:
            assert path.read_bytes() == server.body(path.relative_to(out).as_posix())
        assert len([one for one in server.requests if one.path.endswith("/login")]) == 1
    assert json.loads(next(out.rglob("candidate.json")).read_text())["Project"] == "PREVENT-AD"


async def test_the_published_list_is_browsed_without_an_account(
    tmp_path: Path, load_fake: Callable[[str], Any]
) -> None:
    with DemoServer(candidates=1, body_scale=0.1) as server:
        clone = load_fake("clones").make_clone(server, tmp_path / "clone")
        out = tmp_path / "out"
        app = program(
            None, log_file=tmp_path / "log", server=server.url, outputdir=out, catalogue=clone
        )
        async with app.run_test(size=(100, 30)) as pilot:
            await wait_for(pilot, lambda: has_facts(app))
            assert "no account" in shown(app)
            await pilot.press("space")
            await wait_for(pilot, lambda: "to fetch" in shown(app).lower())
            assert "~" not in shown(app)
            await pilot.press("d")
            await wait_for(pilot, lambda: isinstance(app.screen, PlanScreen))
            await wait_for(pilot, lambda: "looking" not in shown(app))
            await pilot.press("enter")
            await wait_for(pilot, lambda: "A download needs an account" in shown(app))
            assert server.url in shown(app)
            await pilot.press("escape")
            await wait_for(pilot, lambda: isinstance(app.screen, BrowserScreen))
            app.action_log_in_again()
            await wait_for(pilot, lambda: "A download needs an account" in told(app))
            await pilot.press("t")
        assert server.requests == []
        assert not out.exists()


async def test_sizes_of_the_clone_with_an_account(
    tmp_path: Path, load_fake: Callable[[str], Any]
) -> None:
    with DemoServer(candidates=1, body_scale=0.1) as server:
        clone = load_fake("clones").make_clone(server, tmp_path / "clone")
        app = program(
            UserPassword("demo", Secret("demo")),
            log_file=tmp_path / "log",
            server=server.url,
            catalogue=clone,
        )
        async with app.run_test(size=(100, 30)) as pilot:
            await wait_for(pilot, lambda: has_facts(app))
            assert "demo" in shown(app)
            choice = app.screen.choice  # type: ignore[attr-defined]
            assert not any(choice.facts.estimated)
            assert not any(choice.facts.unknown)
            sizes = sum(amount.size_bytes for amount in choice.facts.amounts)
            paths = load_fake("clones").bids_paths(server)
            assert sizes == sum(len(server.body(path)) for path in paths)


@pytest.mark.parametrize(
    ("refused", "is_over"), [("*_T1w.nii.gz", True), ("/[cp]*/*/*", False)], ids=["some", "all"]
)
async def test_forbidden_files_are_grouped_and_come_once_allowed(
    tmp_path: Path, refused: str, is_over: bool
) -> None:
    """H4: the group says what to do, and r asks again: after the run's end, or in its pause."""
    with DemoServer(candidates=2, body_scale=0.1) as server:
        app = program(
            UserPassword("demo", Secret("demo")),
            log_file=tmp_path / "log",
            server=server.url,
            outputdir=tmp_path / "out",
            modalities=("t1w", "bold"),
        )
        async with app.run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, lambda: has_facts(app))
            server.faults.add(Fault(Status(403), path=refused))
            await pilot.press("d")
            await wait_for(pilot, lambda: "to fetch" in shown(app).lower())
            await pilot.press("enter")
            await wait_for(pilot, lambda: isinstance(app.screen, TransfersScreen))
            await wait_for(pilot, lambda: ("finished" if is_over else "paused") in shown(app))
            await pilot.press("e")
            await wait_for(pilot, lambda: "files forbidden" in shown(app))
            assert "ask for access" in shown(app)
            assert ("The server forbids every file" in shown(app)) is not is_over
            server.faults.clear()
            await pilot.press("r")
            if is_over:
                await wait_for(pilot, lambda: isinstance(app.screen, PlanScreen))
                await wait_for(pilot, lambda: "to fetch" in shown(app).lower())
                await pilot.press("enter")
            await wait_for(pilot, lambda: "47 files on disk" in shown(app))
            assert "files forbidden" not in shown(app)
        images = list((tmp_path / "out").rglob("*.nii.gz"))
        assert len(images) == 15
        for path in images:
            assert path.read_bytes() == server.body(str(path.relative_to(tmp_path / "out")))
