"""How the frame's screens look, at 80x24 and 120x40; looked at as pictures when they change."""

from typing import Any

import pytest

from preventad_tui.core.events import (
    ActiveFile,
    FileEnded,
    FileRetried,
    PauseReason,
    RunState,
    Snapshot,
)
from preventad_tui.core.keyrings import KeyringState
from preventad_tui.core.states import FileState

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])

NO_KEYRING = KeyringState(usable=False, reason="this machine has no keyring")

RUNNING = Snapshot(
    jobs=4,
    files_total=2697,
    files_skipped=612,
    files_ended=799,
    files_queued=1283,
    files_failed=1,
    bytes_total=15_800_000_000,
    bytes_estimated=True,
    bytes_done=6_000_000_000,
    rate_bytes_per_s=9_400_000,
    left_s=1020,
    active=(
        ActiveFile(
            "sub-1024138/ses-PREFU12/func/sub-1024138_ses-PREFU12_task-rest_run-002_bold.nii.gz",
            FileState.ACTIVE, 22_000_000, 31_000_000, 1,
        ),
        ActiveFile(
            "sub-1024138/ses-PREFU12/dwi/sub-1024138_ses-PREFU12_run-001_dwi.nii.gz",
            FileState.ACTIVE, 11_000_000, 52_000_000, 1,
        ),
        ActiveFile(
            "sub-1024138/ses-PREFU12/anat/sub-1024138_ses-PREFU12_run-001_T1w.nii.gz",
            FileState.ACTIVE, 13_000_000, None, 2,
        ),
        ActiveFile(
            "sub-1024138/ses-PREFU12/asl/sub-1024138_ses-PREFU12_run-001_asl.nii.gz",
            FileState.CHECKING, 9_000_000, 9_000_000, 1,
        ),
    ),
)  # fmt: skip

T0 = 1_795_357_251.0

EVENTS = (
    FileEnded(
        "sub-1024138/ses-PREBL00/anat/sub-1024138_ses-PREBL00_run-001_T1w.nii.gz",
        FileState.UNCHANGED, at=T0,
    ),
    FileEnded(
        "sub-1024138/ses-PREFU12/func/sub-1024138_ses-PREFU12_task-rest_run-001_bold.nii.gz",
        FileState.GONE, "404", "the server lists it but has no such file (404); r tries again",
        at=T0 + 7,
    ),
    FileRetried(
        "sub-1024138/ses-PREBL00/dwi/sub-1024138_ses-PREBL00_run-002_dwi.nii.gz",
        "cut", "cut short at 31 of 52 MB", 2, 5, 4.0, at=T0 + 14,
    ),
    FileEnded(
        "sub-1024138/ses-PREFU12/anat/sub-1024138_ses-PREFU12_run-001_T2star.json",
        FileState.ON_DISK, size_bytes=1300, seconds=0.1, at=T0 + 16,
    ),
    FileEnded(
        "sub-1024138/ses-PREFU12/anat/sub-1024138_ses-PREFU12_run-001_T2star.nii.gz",
        FileState.ON_DISK, size_bytes=17_700_000, seconds=1.9, at=T0 + 16,
    ),
)  # fmt: skip


@SIZES
def test_login(ui: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    async def look(pilot: Any) -> None:
        await ui.wait_for(pilot, lambda: pilot.app.workspace.connects)
        await pilot.pause()

    assert snap_compare(ui.app(), terminal_size=size, run_before=look)


@SIZES
def test_login_refused(ui: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    async def look(pilot: Any) -> None:
        await ui.wait_for(pilot, lambda: pilot.app.workspace.connects)
        await pilot.press(*"wrong", "enter")
        await ui.wait_for(pilot, lambda: pilot.app.workspace.logins)
        await pilot.pause()

    assert snap_compare(ui.app(), terminal_size=size, run_before=look)


@SIZES
def test_login_without_keyring_to_the_demo(ui: Any, snap_compare: Any, size: Any) -> None:
    async def look(pilot: Any) -> None:
        await ui.wait_for(pilot, lambda: pilot.app.workspace.connects)
        await pilot.pause()

    app = ui.app(ui.workspace("demo", keyring=NO_KEYRING))
    assert snap_compare(app, terminal_size=size, run_before=look)


def _transfers(ui: Any, snapshot: Snapshot, *keys: str) -> Any:
    async def look(pilot: Any) -> None:
        await ui.wait_entered(pilot)
        engine = ui.FakeEngine(snapshot)
        engine.waiting = list(EVENTS)
        ui.start(pilot.app, engine)
        await ui.wait_for(pilot, lambda: ui.is_drawn(pilot.app, len(EVENTS)))
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        await pilot.pause()

    return look


@SIZES
def test_transfers_running(ui: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    look = _transfers(ui, RUNNING)
    assert snap_compare(ui.entered_app(), terminal_size=size, run_before=look)


def test_transfers_paused_at_60x16(ui: Any, snap_compare: Any) -> None:
    import dataclasses

    paused = dataclasses.replace(
        RUNNING,
        state=RunState.PAUSED,
        pause_reason=PauseReason.DISK_FULL,
        sentence="disk full: 3.1 GB needed, 0.2 GB free; goes on when there is room, or press p",
        active=(),
    )
    look = _transfers(ui, paused)
    assert snap_compare(ui.entered_app(), terminal_size=(60, 16), run_before=look)


@SIZES
def test_help(ui: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    look = _transfers(ui, RUNNING, "?")
    assert snap_compare(ui.entered_app(), terminal_size=size, run_before=look)


@SIZES
def test_confirm(ui: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    look = _transfers(ui, RUNNING, "q")
    assert snap_compare(ui.entered_app(), terminal_size=size, run_before=look)


def test_palette(ui: Any, snap_compare: Any) -> None:
    look = _transfers(ui, RUNNING, ":", *"re")
    assert snap_compare(ui.entered_app(), terminal_size=(80, 24), run_before=look)


def test_too_small(ui: Any, snap_compare: Any) -> None:
    async def look(pilot: Any) -> None:
        await ui.wait_entered(pilot)

    assert snap_compare(ui.entered_app(), terminal_size=(50, 12), run_before=look)
