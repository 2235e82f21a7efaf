"""The transfers screen by keys, and its log: still when scrolled, as fast when long."""

import json
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.cells import cell_len

from preventad_tui.core.commands import (
    CancelFile,
    Pause,
    Resume,
    RetryFailed,
    SetJobs,
    SetRate,
    Stop,
)
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import (
    ActiveFile,
    FileEnded,
    FileRetried,
    PauseReason,
    RunState,
    Snapshot,
)
from preventad_tui.core.ledger_line import LedgerLine
from preventad_tui.core.states import FileState
from preventad_tui.core.text import human_clock
from preventad_tui.headless.get import _progress
from preventad_tui.ui.screens.confirm import ConfirmModal
from preventad_tui.ui.screens.fields import FieldsModal
from preventad_tui.ui.screens.file_details import FileDetailsModal
from preventad_tui.ui.screens.transfers import NOTHING_RUNS
from preventad_tui.ui.widgets import active_files
from preventad_tui.ui.widgets.active_files import ActiveFiles
from preventad_tui.ui.widgets.amounts import amount_of, bar
from preventad_tui.ui.widgets.log_rows import fit_name
from preventad_tui.ui.widgets.log_view import MAX_LINES, LogView
from preventad_tui.ui.widgets.progress_head import ProgressHead


def ended(number: int, state: FileState = FileState.ON_DISK, message: str = "") -> FileEnded:
    return FileEnded(f"sub-{number}/sub-{number}_bold.nii.gz", state, message=message, at=1.0)


async def _begin(ui: Any, pilot: Any, snapshot: Snapshot, *events: Any) -> Any:
    await ui.wait_entered(pilot)
    engine = ui.FakeEngine(snapshot)
    engine.waiting = list(events)
    ui.start(pilot.app, engine)
    await ui.wait_for(pilot, lambda: ui.is_drawn(pilot.app, len(events)))
    await pilot.pause()
    return engine


async def test_keys_become_commands(ui: Any) -> None:
    active = ActiveFile("sub-1/a.nii.gz", FileState.ACTIVE, 1, 2, 1)
    snapshot = Snapshot(jobs=8, files_total=3, active=(active,))
    app = ui.entered_app()
    async with app.run_test() as pilot:
        failed, cancelled = ended(3, FileState.FAILED), ended(2, FileState.CANCELLED)
        engine = await _begin(ui, pilot, snapshot, failed, cancelled)
        await pilot.press("p", "greater_than_sign", "less_than_sign", "minus", "r", "x")
        assert engine.sent == [
            Pause(), SetJobs(7), SetJobs(7), RetryFailed(), CancelFile(ended(2).path),
        ]  # fmt: skip
        engine.sent.clear()
        app.screen.query_one(ActiveFiles).focus()
        await pilot.press("x")
        engine.now = replace(snapshot, state=RunState.PAUSED)
        await ui.wait_for(pilot, lambda: app.bridge.snapshot.state is RunState.PAUSED)
        await pilot.press("p")
        assert engine.sent == [CancelFile("sub-1/a.nii.gz"), Resume()]


@pytest.mark.parametrize(
    ("typed", "sent"), [("5M", [SetRate(5_000_000)]), ("", [SetRate(None)]), ("fast", [])]
)
async def test_the_rate_is_asked_for(ui: Any, typed: str, sent: list[Any]) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        engine = await _begin(ui, pilot, Snapshot())
        await pilot.press("L")
        await ui.wait_for(pilot, lambda: isinstance(app.screen, FieldsModal))
        await pilot.press(*typed, "enter")
        await pilot.pause()
        assert engine.sent == sent


@pytest.mark.parametrize(("typed", "again"), [("fast", "fast"), ("0", "")])
async def test_a_rate_that_cannot_be_is_asked_for_again(ui: Any, typed: str, again: str) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        engine = await _begin(ui, pilot, Snapshot(files_total=3))
        await pilot.press("L", *typed, "enter")
        await ui.wait_for(pilot, lambda: isinstance(app.screen, FieldsModal))
        await ui.wait_for(pilot, lambda: app.focused is not None)
        assert app.focused.value == again
        assert engine.sent == []


async def test_after_the_end_keys_of_a_run_say_that_nothing_runs(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        engine = await _begin(ui, pilot, Snapshot())
        engine.finish(ExitCode.OK)
        await ui.wait_for(pilot, lambda: app.bridge.run.is_over)
        for key in ("p", "less_than_sign", "greater_than_sign", "L", "x", "X"):
            app.clear_notifications()
            await pilot.press(key)
            assert [toast.message for toast in app._notifications] == [NOTHING_RUNS], key
        assert engine.sent == []


async def test_stop_asks(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        engine = await _begin(ui, pilot, Snapshot())
        for answer, sent in (("n", []), ("y", [Stop(ExitCode.LEFT)])):
            await pilot.press("X")
            await ui.wait_for(pilot, lambda: isinstance(app.screen, ConfirmModal))
            await pilot.press(answer)
            await pilot.pause()
            assert engine.sent == sent


async def test_failures_only_and_from_failure_to_failure(ui: Any) -> None:
    events = [ended(n, FileState.FAILED if n % 5 == 0 else FileState.ON_DISK, "x" * (n % 5 == 0))
              for n in range(20)]  # fmt: skip
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await _begin(ui, pilot, Snapshot(), *events)
        log = app.screen.query_one(LogView)
        await pilot.press("n")
        assert log.focused_event == events[15]
        await pilot.press("n", "n", "N")
        assert log.focused_event == events[10]
        await pilot.press("e")
        assert log.events() == [events[n] for n in (0, 5, 10, 15)]
        assert log.focused_event == events[15]
        await pilot.press("i")
        await ui.wait_for(pilot, lambda: isinstance(app.screen, FileDetailsModal))
        assert events[15].path in app.screen.query_one("#file-details").text


async def test_the_details_of_a_file_say_all_that_is_known_of_its_end(ui: Any) -> None:
    md5 = "9e107d9d372bb6826bd81d3542a419d6"
    good = replace(ended(1), size_bytes=31_012_345, md5=md5, seconds=12.44, attempts=2)
    other = replace(good, path=ended(2).path, seconds=0.0)
    failed = replace(ended(3, FileState.FAILED, "no answer"), seconds=75.0, attempts=5)
    line = LedgerLine(good.path, "/a", "demo", 31_012_345, 1, md5, '"5f3a"', good.state, "", 2, "",
                      "", "")  # fmt: skip
    workspace = ui.workspace(token_works=True)
    workspace.folder = SimpleNamespace(ledger=SimpleNamespace(lines={good.path: line}))
    app = ui.app(workspace)

    async def details() -> str:
        await pilot.press("i")
        await ui.wait_for(pilot, lambda: isinstance(app.screen, FileDetailsModal))
        text = app.screen.query_one("#file-details").text
        await pilot.press("escape")
        return "\n".join(" ".join(row.split()) for row in text.splitlines())

    async with app.run_test() as pilot:
        await _begin(ui, pilot, Snapshot(), failed, other, good)
        text = await details()
        assert f'MD5 {md5}\nETag "5f3a"\nended 01 Jan 00:00:01\ntook 12.4 s\nattempts 2' in text
        assert "size 31.0 MB (31,012,345 bytes)" in text
        await pilot.press("j")
        text = await details()
        # What is not known has no line.
        assert f"MD5 {md5}\nended" in text
        assert "took" not in text
        await pilot.press("j")
        text = await details()
        assert "MD5" not in text
        assert "took 1 min\nattempts 5\nreason no answer" in text


async def test_the_log_holds_still_when_scrolled(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        engine = await _begin(ui, pilot, Snapshot(), *(ended(n) for n in range(50)))
        log = app.screen.query_one(LogView)
        await pilot.press("pagedown", "pagedown")
        on, line = log.focused_event, app.cursor_position
        engine.waiting = [ended(n) for n in range(50, 80)]
        await ui.wait_for(pilot, lambda: len(log.events()) == 80)
        await pilot.pause()
        assert (log.focused_event, app.cursor_position) == (on, line)
        await pilot.press("home")
        engine.waiting = [ended(80)]
        await ui.wait_for(pilot, lambda: len(log.events()) == 81)
        assert log.focused_event == ended(80)  # on the newest it follows the newest


async def test_x_says_what_it_did(ui: Any) -> None:
    active = ActiveFile("sub-1/a.nii.gz", FileState.ACTIVE, 1, 2, 1)
    app = ui.entered_app()
    async with app.run_test() as pilot:
        events = (ended(2, FileState.CANCELLED), ended(3))
        engine = await _begin(ui, pilot, Snapshot(active=(active,)), *events)

        def told() -> str:
            return " ".join(note.message for note in app._notifications)

        await pilot.press("x")
        assert "is on disk already" in told()
        await pilot.press("j", "x")
        assert "is taken back" in told()
        app.screen.query_one(ActiveFiles).focus()
        await pilot.press("x")
        assert "is cancelled; x on its line takes it back" in told()
        assert engine.sent == [CancelFile(events[0].path), CancelFile("sub-1/a.nii.gz")]


async def test_x_twice_before_the_engine_has_answered_is_no_guess(ui: Any) -> None:
    failed, cancelled = ended(3, FileState.FAILED), ended(2, FileState.CANCELLED)
    app = ui.entered_app()
    async with app.run_test() as pilot:
        active = ActiveFile("sub-1/a.nii.gz", FileState.ACTIVE, 1, 2, 1)
        engine = await _begin(ui, pilot, Snapshot(active=(active,)), failed, cancelled)

        async def told(*keys: str) -> str:
            await pilot.press(*keys)
            return [note.message for note in app._notifications][-1]

        assert "is taken back" in await told("x")
        assert "is cancelled; x on its line" in await told("x")
        assert "is being cancelled" in await told("x")
        assert engine.sent == [CancelFile(cancelled.path)] * 2
        engine.waiting = [replace(cancelled, at=9.0)]
        await ui.wait_for(pilot, lambda: app.bridge.run.ends[cancelled.path].at == 9.0)
        await pilot.press("g")
        assert "is taken back" in await told("x")
        engine.sent.clear()
        assert "did not come (failed): r tries it again" in await told("G", "x")
        assert engine.sent == []
        assert "is cancelled" in await told("r", "x")
        assert engine.sent == [RetryFailed(), CancelFile(failed.path)]


async def test_x_does_not_cancel_a_file_that_has_just_come_to_the_row(
    ui: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_moment_s = active_files.JUST_CAME_S
    monkeypatch.setattr(active_files, "JUST_CAME_S", 60.0)  # however busy the machine is

    def moving(*names: str) -> Snapshot:
        files = (ActiveFile(f"sub-1/{name}", FileState.ACTIVE, 1, 2, 1) for name in names)
        return Snapshot(jobs=2, files_total=9, active=tuple(files))

    app = ui.entered_app()
    async with app.run_test() as pilot:
        engine = await _begin(ui, pilot, moving("sub-1_a", "sub-1_b"))
        files = app.screen.query_one(ActiveFiles)
        files.focus()

        async def comes(*names: str) -> None:
            engine.now = moving(*names)
            await ui.wait_for(pilot, lambda: all(f"{name[4:]} " in shown(app) for name in names))

        async def told(*keys: str) -> str:
            app.clear_notifications()
            await pilot.press(*keys)
            return " ".join(note.message for note in app._notifications)

        # `a` ends: `c` takes its row, `b` keeps its own.
        await comes("sub-1_b", "sub-1_c")
        assert await told("x") == "sub-1_c has just come to this row; x again cancels it."
        assert engine.sent == []
        assert "sub-1_b is cancelled" in await told("j", "x")
        assert engine.sent == [CancelFile("sub-1/sub-1_b")]
        assert "sub-1_c is cancelled" in await told("k", "x")
        # Another one came to the row since: what was said of `c` does not hold for it.
        await comes("sub-1_b", "sub-1_d")
        assert "sub-1_d has just come" in await told("x")
        await comes("sub-1_b", "sub-1_e")
        assert "sub-1_e has just come" in await told("x")
        # Nothing is asked about a file that has been in its row for a while.
        monkeypatch.setattr(active_files, "JUST_CAME_S", a_moment_s)
        await comes("sub-1_b", "sub-1_f")
        await ui.wait_for(pilot, lambda: not files.has_just_come)
        assert "sub-1_f is cancelled" in await told("x")
        assert engine.sent[1:] == [CancelFile("sub-1/sub-1_c"), CancelFile("sub-1/sub-1_f")]


async def test_x_does_not_cancel_the_file_to_which_the_cursor_fell(
    ui: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(active_files, "JUST_CAME_S", 60.0)
    first, last = (ActiveFile(f"sub-1/sub-1_{n}", FileState.ACTIVE, 1, 2, 1) for n in "ab")
    app = ui.entered_app()
    async with app.run_test() as pilot:
        engine = await _begin(ui, pilot, Snapshot(jobs=2, files_total=9, active=(first, last)))
        files = app.screen.query_one(ActiveFiles)
        files.focus()
        await pilot.press("j")
        # One at once fewer: the last row goes with its file.
        engine.now = Snapshot(jobs=1, files_total=9, active=(first,))
        await ui.wait_for(pilot, lambda: files.row_count() == 1)
        await pilot.press("x")
        assert engine.sent == []
        await pilot.press("x")
        assert engine.sent == [CancelFile(first.path)]


async def test_a_run_that_has_not_begun_is_not_at_its_end(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await _begin(ui, pilot, Snapshot())
        assert "starting ..." in shown(app)
        assert " 0 %" in shown(app)


async def test_unknown_sizes_do_not_make_the_bar_lie(ui: Any) -> None:
    dark = Snapshot(
        files_total=100, files_ended=10, bytes_total=2600, bytes_done=2600,
        bytes_estimated=True, bytes_unknown=True,
    )  # fmt: skip
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await _begin(ui, pilot, dark)
        text = shown(app)
        assert " 10 %" in text
        assert " of ~2.6 kB" not in text


async def test_a_retry_is_one_sentence(ui: Any) -> None:
    retry = FileRetried("sub-1/a.nii.gz", "gzip", "The file's gzip stream is cut.", 2, 5, 4.0, 1.0)
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await _begin(ui, pilot, Snapshot(), retry)
        assert "The file's gzip stream is cut; again in 4 s (2 of 5)" in shown(app)


async def test_on_a_very_wide_terminal_the_numbers_stay_near_the_names(ui: Any) -> None:
    active = ActiveFile("sub-1/sub-1_dwi.nii.gz", FileState.ACTIVE, 1_000_000, 2_000_000, 1)
    fell = replace(ended(1), size_bytes=3_000_000, seconds=2.5)
    app = ui.entered_app()
    async with app.run_test(size=(300, 90)) as pilot:
        await _begin(ui, pilot, Snapshot(jobs=8, files_total=3, active=(active,)), fell)
        log, moving = app.screen.query_one(LogView), app.screen.query_one(ActiveFiles)
        for line, number in ((log.render_line(0), "3.0 MB"), (moving.render_line(0), "1.0")):
            assert "nii.gz" in line.text
            assert line.text.index("nii.gz") < line.text.index(number) < 150


async def test_files_that_wait_for_another_try_are_said(ui: Any) -> None:
    waiting = Snapshot(files_total=9, files_ended=4, files_queued=5, files_delayed=5, left_s=6.0)
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await _begin(ui, pilot, waiting, ended(1))
        assert "5 files to be tried again" in shown(app)
        assert "left" not in shown(app)


async def test_a_file_keeps_its_row(ui: Any) -> None:
    def file(name: str) -> ActiveFile:
        return ActiveFile(name, FileState.ACTIVE, 0, None, 1)

    app = ui.entered_app()
    async with app.run_test() as pilot:
        await _begin(ui, pilot, Snapshot(jobs=3))
        files = app.screen.query_one(ActiveFiles)
        files.show((file("a"), file("b"), file("c")), 3)
        files.show((file("b"), file("c")), 3)
        files.show((file("c"), file("d"), file("b")), 3)
        assert [slot.path for slot in files._slots] == ["d", "b", "c"]


def shown(app: Any) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(part.text for part in strip).rstrip() for strip in strips)


async def test_failures_are_grouped_by_reason_with_what_to_do(ui: Any) -> None:
    events = [replace(ended(n, FileState.GONE, "no such file"), reason="gone") for n in (1, 2, 3)]
    events.append(replace(ended(4, FileState.FAILED, "31 of 52 MB came"), reason="cut"))
    events.append(ended(5))
    app = ui.entered_app()
    async with app.run_test() as pilot:
        engine = await _begin(ui, pilot, Snapshot(), *events)
        await pilot.press("e")
        await pilot.pause()
        lines = [line.strip() for line in shown(app).splitlines()]
        for said in ("3 files gone", "no such file", "1 file failed (cut)", "31 of 52 MB came"):
            assert said in lines, said
        assert lines.index("3 files gone") < lines.index("1 file failed (cut)")
        assert "r tries again" in shown(app)
        assert "failures by reason" in shown(app)
        log = app.screen.query_one(LogView)
        assert log.focused_event == events[2]
        engine.waiting = [ended(4), replace(events[0])]  # one came right, one failed again
        await ui.wait_for(pilot, lambda: len(log.events()) == 3)
        await pilot.pause()
        assert "failed (cut)" not in shown(app)
        assert log.focused_event == events[2]


@pytest.mark.parametrize("width", [60, 80])
async def test_a_long_sentence_of_the_log_is_wrapped(ui: Any, width: int) -> None:
    said = "openpreventad.loris.ca closed the connection in mid-file after 31 of 52 MB had come."
    app = ui.entered_app()
    async with app.run_test(size=(width, 24)) as pilot:
        retried = FileRetried("sub-1/a_bold.nii.gz", "cut", said, 2, 5, 4.0, at=1.0)
        await _begin(ui, pilot, Snapshot(files_total=3), retried, ended(1))
        words = " ".join(shown(app).split())
        assert f"{said.rstrip('.')}; again in 4 s (2 of 5)" in words
        await pilot.press("G")
        assert app.screen.query_one(LogView).focused_event == retried
        await pilot.press("e")
        app.screen.query_one(LogView).add([replace(ended(7, FileState.FORBIDDEN), reason="403")])
        await pilot.pause()
        words = " ".join(shown(app).split())
        assert "ask for access, or log in with another one (: log in again), then r." in words
        await pilot.resize_terminal(140 - width, 24)
        await pilot.pause()
        words = " ".join(shown(app).split())
        assert "ask for access, or log in with another one (: log in again), then r." in words


async def test_the_log_is_searched(ui: Any) -> None:
    events = [ended(n, FileState.FAILED if n == 7 else FileState.ON_DISK) for n in range(30)]
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await _begin(ui, pilot, Snapshot(), *events)
        log = app.screen.query_one(LogView)
        await pilot.press("slash")
        await ui.wait_for(pilot, lambda: isinstance(app.screen, FieldsModal))
        await pilot.press(*"SUB-2", "enter")
        await ui.wait_for(pilot, lambda: log.search)
        assert log.focused_event == events[29]
        await pilot.press(*"nnnnnnnnnn")
        assert log.focused_event == events[2]
        await pilot.press("N")
        assert log.focused_event == events[20]
        assert "looking for “sub-2”" in shown(app)
        await pilot.press("escape", "n")
        assert log.focused_event == events[7]
        assert log.find("disk sub-2") == log.find("sub-2") == 11  # not number 7's state
        assert (log.find("failed sub-7"), log.find("failed sub-2")) == (1, 0)


async def test_rows_are_what_runs_at_once(ui: Any) -> None:
    def file(name: str, state: FileState) -> ActiveFile:
        return ActiveFile(name, state, 1, 2, 1)

    app = ui.entered_app()
    async with app.run_test() as pilot:
        await _begin(ui, pilot, Snapshot(jobs=3))
        files = app.screen.query_one(ActiveFiles)
        written = [file(f"written-{n}", FileState.CHECKING) for n in range(5)]
        files.show((file("a", FileState.ACTIVE), file("b", FileState.ACTIVE), *written), 3)
        assert [slot.path for slot in files._slots] == ["a", "b", "written-0"]


async def test_export_writes_what_is_shown_and_a_report_beside_the_ledger(
    ui: Any, tmp_path: Path
) -> None:
    (tmp_path / ".preventad-tui").mkdir()
    own = {"HowToAcknowledge": "Thank \x1b[31mthem.", "DatasetDOI": "doi:10.1/x"}
    (tmp_path / "dataset_description.json").write_text(json.dumps(own))
    app = ui.entered_app()
    async with app.run_test() as pilot:
        app.workspace.folder = SimpleNamespace(path=tmp_path)
        counts = {FileState.ON_DISK: 1, FileState.FAILED: 1}
        bad = replace(ended(2, FileState.FAILED, "a\tb\nc"), reason="cut")
        engine = await _begin(ui, pilot, Snapshot(counts=counts), ended(1), bad)
        engine.finish(ExitCode.SOME_FAILED, failed=1, on_disk=1, sentence="1 file on disk.")
        await ui.wait_for(pilot, lambda: app.bridge.run.is_over)
        await pilot.press("E")
        await pilot.pause()
        (table,) = (tmp_path / ".preventad-tui").glob("transfers-*.tsv")
        lines = table.read_text().splitlines()
        assert len(lines) == 3
        assert lines[2].split("\t")[1:3] == ["failed", bad.path]
        assert lines[2].endswith("a b c")
        report = json.loads(table.with_suffix(".json").read_text())
        assert report["exit_code"] == 3
        assert report["files"] == {"on_disk": 1, "failed": 1}
        (group,) = report["failures"]
        assert (group["reason"], group["paths"]) == ("cut", [bad.path])
        assert report["acknowledge"].startswith("Thank ")
        assert "\x1b" not in report["acknowledge"]
        assert report["cite"][0] == "doi:10.1/x"
        assert any("10.1016/j.nicl.2021.102733" in paper for paper in report["cite"])


async def test_after_the_end_r_goes_to_the_plan(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        engine = await _begin(ui, pilot, Snapshot())
        engine.finish(ExitCode.SOME_FAILED, failed=1)
        await ui.wait_for(pilot, lambda: app.bridge.run.is_over)
        await pilot.press("r")
        await ui.wait_for(pilot, lambda: getattr(app.screen, "planned", False))


async def test_what_was_cancelled_is_not_called_done(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        snapshot = Snapshot(
            files_total=3, files_ended=3, bytes_total=200, bytes_done=200,
            counts={FileState.ON_DISK: 2, FileState.CANCELLED: 1},
        )  # fmt: skip
        engine = await _begin(ui, pilot, snapshot, ended(1, FileState.CANCELLED))
        assert "2 of 3 files" in shown(app)
        assert "1 cancelled" in shown(app)
        engine.finish(ExitCode.SOME_FAILED, cancelled=1)
        await ui.wait_for(pilot, lambda: "r fetches what was cancelled" in shown(app))
        assert " 99 %" in shown(app)
        assert "r Retry" in shown(app).splitlines()[-1]
        await pilot.press("down", "x")
        assert [toast.message for toast in app._notifications] == [
            "Nothing runs; r fetches what is missing."
        ]
        await pilot.press("r")
        await ui.wait_for(pilot, lambda: getattr(app.screen, "planned", False))


async def test_r_retries_only_what_failed(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        engine = await _begin(ui, pilot, Snapshot(), ended(1))
        await pilot.press("r")
        assert engine.sent == []
        assert [toast.message for toast in app._notifications] == ["Nothing failed."]


async def test_what_a_key_set_is_shown_though_the_line_has_no_room(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        engine = await _begin(ui, pilot, Snapshot(jobs=5))
        app._line.spend(1_000_000)
        engine.now = replace(engine.now, jobs=6)
        await ui.wait_for(pilot, lambda: "6 at once" in shown(app))
        assert not app._line.has_room


async def test_numbers_move_though_the_line_has_no_room_for_the_log(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        active = ActiveFile("sub-1/a.nii.gz", FileState.ACTIVE, 1, 10, 1)
        engine = await _begin(ui, pilot, Snapshot(files_total=9, active=(active,)), ended(1))
        files = app.screen.query_one(ActiveFiles)
        for number in range(2, 6):
            busy_until = time.monotonic() + 1.6
            engine.now = replace(
                engine.now, files_ended=number, active=(replace(active, received_bytes=number),)
            )
            engine.waiting = [ended(number)]
            while f"{number} of 9 files" not in shown(app):
                app._line.spend(100_000)  # as keys do that draw much
                assert time.monotonic() < busy_until, shown(app)
                await pilot.pause(0.02)
            assert f"{number} of 10 B" in "".join(cell.text for cell in files.row_cells(0, 70))
        assert len(app.screen.query_one(LogView).events()) == 1
        await ui.wait_for(pilot, lambda: len(app.screen.query_one(LogView).events()) == 5)


async def test_the_log_is_capped_and_never_slower(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await _begin(ui, pilot, Snapshot())
        log = app.screen.query_one(LogView)

        def seconds(count: int) -> float:
            begun = time.perf_counter()
            for number in range(count):
                log.add([ended(number)])
            return time.perf_counter() - begun

        first = seconds(500)
        seconds(MAX_LINES)
        assert log.row_count() == MAX_LINES
        assert seconds(500) < max(5 * first, 0.5)


def test_amounts_keep_their_width() -> None:
    shown = [amount_of(done, 15_800_000_000, estimated=True) for done in (0, 6e9, 15.8e9)]
    assert shown == [" 0.0 of ~15.8 GB", " 6.0 of ~15.8 GB", "15.8 of ~15.8 GB"]
    assert [bar(share, 4) for share in (-1, 0, 0.5, 1, 2)] == [
        "----",
        "----",
        "##--",
        "####",
        "####",
    ]


async def test_n9_an_outage_says_since_when(ui: Any) -> None:
    since = datetime.now().replace(hour=0, minute=7, second=0).timestamp()
    waiting = Snapshot(
        state=RunState.WAITING, pause_reason=PauseReason.OFFLINE, sentence="cannot be reached",
        next_try_s=42.0, waits_since=since, files_total=3,
    )  # fmt: skip
    app = ui.entered_app()
    async with app.run_test(size=(60, 16)) as pilot:
        await _begin(ui, pilot, waiting)
        head = app.screen.query_one(ProgressHead)
        assert "offline since 00:07 · next try in 42 s" in str(head.render())
    assert _progress(waiting) == "Offline since 00:07: cannot be reached"
    assert human_clock(since - 86_400).endswith(" 00:07")


BOLD = "sub-1000002_ses-PREBL00_task-rest_run-001_bold.nii.gz"
MINC = "preventad_1000002_PREBL00_bold_task-rest_run_001.mnc"


@pytest.mark.parametrize("width", [60, 80, 130])
@pytest.mark.parametrize(
    ("folder", "name"), [("sub-1000002/ses-PREBL00/func", BOLD), ("1000002/PREBL00", MINC)]
)
async def test_names_that_do_not_fit_still_tell_visits_and_kinds_apart(
    ui: Any, width: int, folder: str, name: str
) -> None:
    moving = ActiveFile(f"{folder}/{name}", FileState.ACTIVE, 1_000_000, 2_000_000, 1)
    good = replace(ended(1), path=moving.path, size_bytes=3_000_000, seconds=2.5)
    tried = FileRetried(moving.path, "cut", "cut short", 2, 5, 4.0, at=1.0)
    app = ui.entered_app()
    async with app.run_test(size=(width, 16)) as pilot:
        await _begin(ui, pilot, Snapshot(jobs=1, files_total=3, active=(moving,)), good, tried)
        rows = [row for row in shown(app).splitlines() if "1000002" in row]
        assert len(rows) == 3
        for row in rows:
            # Whole where it fits, which on 80 columns is the row without numbers.
            assert name in row or (width < 130 and "1000002_PREBL00" in row)
            assert name[-7:] in row
            assert len(row) <= width
        # A search still looks at the whole of it.
        assert app.screen.query_one(LogView).find(name) == 2


WIDE = "sub-界/ses-界界/sub-界_ses-界界_界界界界_bold.nii.gz"


@pytest.mark.parametrize("path", ["README", "1000002/candidate.json", f"sub-é/{BOLD}", WIDE, ""])
def test_a_name_has_exactly_the_cells_it_is_given(path: str) -> None:
    for width in range(70):
        assert cell_len(fit_name(path, width)) == width
