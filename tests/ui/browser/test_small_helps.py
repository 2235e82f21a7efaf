"""What the plan and the totals say so that days are not lost: each where it is true, by keys."""

import base64
import json
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from preventad_tui.core import folder_look
from preventad_tui.core.folder import FolderIdentity, OutputFolder
from preventad_tui.core.http import TokenBox
from preventad_tui.core.keyrings import KeyringState
from preventad_tui.core.last_rate import load_rate, save_rate
from preventad_tui.core.ledger import LedgerLine
from preventad_tui.core.model import DataType
from preventad_tui.core.paths import state_dir
from preventad_tui.core.secret import Secret
from preventad_tui.core.server import parse_server
from preventad_tui.core.states import FileState
from preventad_tui.ui.screens.browser import BrowserScreen
from preventad_tui.ui.screens.fields import FieldsModal
from preventad_tui.ui.screens.login_again import LoginModal
from preventad_tui.ui.screens.resume import ResumeScreen
from preventad_tui.ui.widgets.controls import TickBox

SERVER = "https://openpreventad.loris.ca"
OUTLASTS = "outlasts the login"
OTHERS = "Others on this machine can read this folder"


async def press(kit: Any, pilot: Any, *keys: str) -> None:
    await pilot.press(*keys)
    await kit.settled(pilot)


async def planned(kit: Any, pilot: Any) -> str:
    """Tick all and show the plan; its whole text, also what is below the screen's end."""
    await kit.wait_for(pilot, lambda: isinstance(pilot.app.screen, BrowserScreen | ResumeScreen))
    if isinstance(pilot.app.screen, ResumeScreen):
        await pilot.press("escape")
    await kit.ready(pilot)
    await press(kit, pilot, "a", "d")
    return str(pilot.app.screen.query_one("#plan-lines").text)


def plan_text(app: Any) -> str:
    """The plan's sentences with their breaks taken out."""
    return " ".join(app.screen.query_one("#plan-lines").text.split())


def token(lasts_s: float) -> Secret:
    """A token of 24 hours that ends in so many seconds by the tests' clock."""
    from preventad_tui.ui import clock

    end = clock.now().timestamp() + lasts_s
    claims = json.dumps({"iat": end - 86400, "exp": end}).encode()
    middle = base64.urlsafe_b64encode(claims).decode().rstrip("=")
    return Secret(f"e30.{middle}.sign")


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that every user of the machine can pass through."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.mark.parametrize(("lasts_s", "is_said"), [(1800.0, True), (86_400.0, False)])
async def test_a_download_that_outlasts_the_login(
    kit: Any, tmp_path: Path, lasts_s: float, is_said: bool
) -> None:
    save_rate(SERVER, 1_000_000, state_dir())
    workspace = kit.workspace(outputdir=tmp_path / "out")
    workspace.tokens = TokenBox(token(lasts_s), "jdoe")
    state = KeyringState(usable=False, reason="there is none")
    workspace.credentials = SimpleNamespace(keyring_state=lambda: state)
    app = kit.app(workspace)
    async with app.run_test(size=(80, 40)) as pilot:
        await planned(kit, pilot)
        text = plan_text(app)
        assert "at the last rate (1.0 MB/s)" in text
        assert f"login lasts {'30 min' if is_said else '24 h'} more" in text
        assert (OUTLASTS in text) is is_said
        await pilot.press("p")
        await kit.wait_for(pilot, lambda: isinstance(app.screen, LoginModal))
        assert app.screen.query_one("#login-again", TickBox).ticked
        workspace.can_renew = True
        await press(kit, pilot, "escape")
        text = plan_text(app)
        assert OUTLASTS not in text
        assert "then it is renewed by itself" in text


async def test_a_login_just_made_lasts_as_long_as_the_server_said_whatever_the_clock_here(
    kit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine whose clock is a day ahead: what the login says and what the plan says agree."""
    from preventad_tui.ui import clock

    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC))
    workspace = kit.workspace(outputdir=tmp_path / "out")
    workspace.tokens.take_new(token(-1.0))
    app = kit.app(workspace)
    async with app.run_test(size=(80, 40)) as pilot:
        await planned(kit, pilot)
        assert "login lasts 24 h more" in plan_text(app)
        # A token that was kept from before has this machine's clock only.
        workspace.tokens.token = token(7200.0)
        await press(kit, pilot, "escape", "d")
        assert "login lasts 2 h more" in plan_text(app)


async def test_the_rate_of_a_run_is_known_at_the_next_start(kit: Any, tmp_path: Path) -> None:
    app = kit.app(kit.workspace(outputdir=tmp_path / "out"))
    async with app.run_test(size=(80, 24)) as pilot:
        assert "time is not known before" in await planned(kit, pilot)
        await pilot.press("enter")
        await kit.wait_for(pilot, lambda: app.bridge.run is not None)
        snapshot = app.bridge.run.snapshot
        from dataclasses import replace

        moving = replace(snapshot, rate_bytes_per_s=5_000_000)
        app.workspace.thread.engine.snapshot = lambda: moving
        await kit.wait_for(pilot, lambda: app.bridge.snapshot.rate_bytes_per_s > 0)
        await pilot.pause(0.3)
        app.get_screen("browser").save_before_leaving()
    assert load_rate(SERVER, state_dir()) == 5_000_000
    assert load_rate("https://elsewhere.example", state_dir()) == 0


@pytest.mark.parametrize("variable", ["TMUX", "STY", ""])
async def test_not_inside_tmux_or_screen(
    kit: Any, tmp_path: Path, monkeypatch: Any, variable: str
) -> None:
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, "there")
    app = kit.app(kit.workspace(outputdir=tmp_path / "out"))
    async with app.run_test(size=(80, 24)) as pilot:
        assert ("Not inside tmux or screen" in await planned(kit, pilot)) == (variable == "")


@pytest.mark.parametrize(
    ("server", "mode", "is_said"),
    [("registered", 0o755, True), ("registered", 0o700, False), ("open", 0o755, False)],
)
async def test_registered_data_in_a_folder_that_others_can_read(
    kit: Any, open_to_all: Path, server: str, mode: int, is_said: bool
) -> None:
    folder = open_to_all / "out"
    folder.mkdir()
    folder.chmod(mode)
    workspace = kit.workspace(outputdir=folder)
    workspace.server = parse_server(server)
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(kit, pilot)
        assert (OTHERS in plan_text(app)) is is_said


async def test_a_new_folder_for_registered_data_is_looked_at_by_its_mask(
    kit: Any, open_to_all: Path, monkeypatch: Any
) -> None:
    workspace = kit.workspace(outputdir=open_to_all / "new" / "out")
    workspace.server = parse_server("registered")
    for mask, is_said in ((0o022, True), (0o077, False)):
        monkeypatch.setattr(folder_look, "_umask", lambda mask=mask: mask)
        app = kit.app(workspace)
        async with app.run_test(size=(80, 24)) as pilot:
            await planned(kit, pilot)
            assert (OTHERS in plan_text(app)) is is_said


async def test_a_home_folder(kit: Any, isolated: Path, tmp_path: Path) -> None:
    for folder, is_said in ((isolated / "data", True), (tmp_path / "out", False)):
        app = kit.app(kit.workspace(outputdir=folder))
        async with app.run_test(size=(80, 24)) as pilot:
            await planned(kit, pilot)
            assert ("In your home folder" in plan_text(app)) is is_said


def purged_folder(path: Path) -> int:
    """A folder whose ledger knows two files of which one is there, 100 days old; its size."""
    names = [f"sub-1024138/ses-PREBL00/anat/sub-1024138_ses-PREBL00_run-001_{kind}.nii.gz"
             for kind in ("FLAIR", "T1w")]  # fmt: skip
    there = path / names[0]
    with OutputFolder.open(path, FolderIdentity(SERVER, "loris", DataType.BIDS)) as folder:
        there.parent.mkdir(parents=True)
        there.write_bytes(b"x" * 1000)
        long_ago = time.time() - 100 * 86400
        os.utime(there, (long_ago, long_ago))
        stamp = there.stat()
        folder.record(
            [LedgerLine(name, "", SERVER, 1000, stamp.st_mtime_ns, "0" * 32, "", FileState.ON_DISK,
                        "", 1, "2026-09-12T09:30:00Z", "", "0.1.0") for name in names]
        )  # fmt: skip
    return 1000


def files_to_fetch(text: str) -> int:
    return int(next(row.split()[2] for row in text.splitlines() if row.startswith("  to fetch")))


async def test_files_removed_since_and_m(kit: Any, tmp_path: Path) -> None:
    purged_folder(tmp_path / "out")
    workspace = kit.workspace(outputdir=tmp_path / "out")
    app = kit.app(workspace)
    async with app.run_test(size=(80, 50)) as pilot:
        text = await planned(kit, pilot)
        assert "removed since 2026-09-12" in text
        assert "m leave" in text
        fetch = files_to_fetch(text)
        await press(kit, pilot, "m")
        text = app.screen.query_one("#plan-lines").text
        assert "m fetch again" in text
        assert files_to_fetch(text) == fetch - 1


async def test_the_oldest_file_against_purge_days_and_the_quota(kit: Any, tmp_path: Path) -> None:
    purged_folder(tmp_path / "out")
    workspace = kit.workspace(
        outputdir=tmp_path / "out", purge_days=90, quota_command="echo 'scratch 11 of 20 TB'"
    )
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(kit, pilot)
        text = plan_text(app)
        assert "The oldest file here is 100 d old; this place removes files after 90 days." in text
        assert "quota: scratch 11 of 20 TB" in text
    workspace = kit.workspace(outputdir=tmp_path / "out", purge_days=300, quota_command="exit 3")
    app = kit.app(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(kit, pilot)
        assert "The oldest file" not in plan_text(app)


@pytest.mark.parametrize(
    ("free_bytes", "below", "in_plan"),
    [
        (812_000_000_000, "free 812 GB here*", "after"),
        (3_300_000_000, "! free 3.3 GB: tight", "it may not fit"),
        (1_000_000_000, "too little room", "the download will pause when the disk is full"),
    ],
)
async def test_a_warning_before_it_does_not_fit(
    kit: Any, tmp_path: Path, monkeypatch: Any, free_bytes: int, below: str, in_plan: str
) -> None:
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(OutputFolder, "free_bytes", lambda _self: free_bytes)
    app = kit.app(kit.workspace(outputdir=tmp_path / "out"))
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "a")
        assert below in kit.text(app)
        await press(kit, pilot, "d")
        assert in_plan in plan_text(app)


async def test_the_plan_fits_a_small_screen_and_says_the_rest_below(
    kit: Any, tmp_path: Path
) -> None:
    app = kit.app(kit.workspace(outputdir=tmp_path / "out"))
    async with app.run_test(size=(80, 20)) as pilot:
        await planned(kit, pilot)
        shown = kit.text(app)
        assert "more (below)" in shown
        for decides in ("to fetch", "on this file system", "4 at once"):
            assert decides in shown
        await press(kit, pilot, "G")
        assert "PREFU24" in kit.text(app)
        text = app.screen.query_one("#plan-lines").text
        below = text[text.index("by modality") :]
        for modality in ("asl", "bold (rest)", "dwi65", "fieldmap", "FLAIR", "t1w"):
            assert f"  {modality} " in below


async def test_the_last_folder_is_proposed_after_starting_anew(kit: Any, tmp_path: Path) -> None:
    app = kit.app(kit.workspace(outputdir=tmp_path / "out"))
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "space")
        app.screen.save_before_leaving()
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await kit.wait_for(pilot, lambda: "Go on where you left?" in kit.text(app))
        await pilot.press("escape")
        await kit.ready(pilot)
        await press(kit, pilot, "space", "d")
        assert isinstance(app.screen, FieldsModal)
        assert app.focused.value == str(tmp_path / "out")
