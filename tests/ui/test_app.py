"""The frame by keys: screens, help, palette, questions, quitting, the second login, the cursor."""

import time
from dataclasses import replace
from typing import Any

from textual.geometry import Offset
from textual.widgets import Static

from preventad_tui.core.commands import NewToken, Stop
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import AuthNeeded, FileEnded, PauseReason, RunState, Snapshot
from preventad_tui.core.states import FileState
from preventad_tui.ui.screens.confirm import ConfirmModal
from preventad_tui.ui.screens.help import HelpModal
from preventad_tui.ui.screens.login_again import LoginModal
from preventad_tui.ui.screens.palette import ActionList, PaletteModal
from preventad_tui.ui.screens.transfers import TransfersScreen
from preventad_tui.ui.theme import choose_theme
from preventad_tui.ui.widgets.line_list import LineList
from preventad_tui.ui.widgets.log_view import LogView
from preventad_tui.ui.widgets.size_notice import SizeNotice


async def test_screens_change_by_key_and_keep_what_they_showed(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        browser = app.screen
        for key, wanted in (("w", TransfersScreen), ("w", ui.StubBrowser), ("2", TransfersScreen),
                            ("1", ui.StubBrowser)):  # fmt: skip
            await pilot.press(key)
            await pilot.pause()
            assert isinstance(app.screen, wanted)
        assert app.screen is browser


async def test_help_and_palette_know_the_screen_below(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        await pilot.press("2", "question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpModal)
        assert "limit the rate" in app.screen.query_one(LineList).text
        await pilot.press("escape", "1", "colon")
        await pilot.pause()
        assert isinstance(app.screen, PaletteModal)
        await pilot.press(*"review", "enter")
        await ui.wait_for(pilot, lambda: app.screen.planned)


async def test_what_is_so_named_comes_first_in_the_palette(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        for typed, first in (
            ("log in again", "Log in again"),
            ("log", "Log in again"),
            ("quit", "Quit"),
        ):
            await pilot.press("colon", *("space" if key == " " else key for key in typed))
            await pilot.pause()
            chosen = app.screen.query_one(ActionList).chosen
            assert chosen is not None
            assert chosen.label == first, typed
            await pilot.press("escape")
            await pilot.pause()


async def test_palette_does_actions_without_a_key(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        before = app.theme
        await pilot.press("ctrl+p", *"colours", "enter")
        await ui.wait_for(pilot, lambda: app.theme != before)


async def test_quit_is_at_once_without_a_download_and_asks_during_one(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        browser = app.screen
        engine = ui.FakeEngine()
        ui.start(app, engine)
        await pilot.press("q")
        await ui.wait_for(pilot, lambda: isinstance(app.screen, ConfirmModal))
        await pilot.press("enter")  # the safe answer has the focus
        await ui.wait_for(pilot, lambda: isinstance(app.screen, TransfersScreen))
        assert engine.sent == []
        await pilot.press("ctrl+c")
        await ui.wait_for(pilot, lambda: isinstance(app.screen, ConfirmModal))
        await pilot.press("y")
        await ui.wait_for(pilot, lambda: app.return_code is not None)
        assert engine.sent == [Stop(ExitCode.LEFT)]
        assert app.return_code == ExitCode.LEFT
        assert browser.saved
        assert app.workspace.closed


async def test_quitting_takes_two_seconds_at_most_though_the_engine_hangs(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        ui.start(app, ui.FakeEngine(deaf=True))
        await pilot.press("q")
        await ui.wait_for(pilot, lambda: isinstance(app.screen, ConfirmModal))
        begun = time.monotonic()
        await pilot.press("y")
        await ui.wait_for(pilot, lambda: app.return_code is not None)
        assert time.monotonic() - begun < 2


async def test_after_a_finished_run_the_exit_code_is_the_runs(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        engine = ui.FakeEngine()
        ui.start(app, engine)
        engine.finish(ExitCode.SOME_FAILED, failed=1, sentence="1 file failed.")
        await ui.wait_for(pilot, lambda: app.bridge.run.summary)
        await pilot.press("q")
        await ui.wait_for(pilot, lambda: app.return_code is not None)
        assert app.return_code == ExitCode.SOME_FAILED
        # What is left stands on the terminal when the screen is gone.
        assert [str(one) for one in app._exit_renderables] == ["1 file failed."]


async def test_an_ended_token_asks_once_and_the_same_run_goes_on(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        app.workspace.tokens.user = "jdoe"
        paused = Snapshot(state=RunState.PAUSED, pause_reason=PauseReason.LOGGED_OUT,
                          sentence="logged out")  # fmt: skip
        engine = ui.FakeEngine(paused)
        ui.start(app, engine)
        engine.waiting = [AuthNeeded("The login has ended."), AuthNeeded("The login has ended.")]
        await ui.wait_for(pilot, lambda: isinstance(app.screen, LoginModal))
        assert sum(isinstance(screen, LoginModal) for screen in app.screen_stack) == 1
        await pilot.press("escape")
        await ui.wait_for(pilot, lambda: isinstance(app.screen, TransfersScreen))
        await pilot.press("p")  # p asks again, since only a login helps
        await ui.wait_for(pilot, lambda: isinstance(app.screen, LoginModal))
        await pilot.pause()
        await pilot.press(*"wrong", "enter")
        await ui.wait_for(pilot, lambda: len(app.workspace.logins) == 1)
        await pilot.press(*"canary", "minus", *"Hunter2", "enter")
        await ui.wait_for(pilot, lambda: engine.sent)
        assert engine.sent == [NewToken(app.workspace.tokens.token)]
        assert len(app.workspace.logins) == 2


async def test_calm_screen_holds_repaints_and_loses_nothing(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        engine = ui.FakeEngine()
        ui.start(app, engine)
        await ui.wait_for(pilot, lambda: app.screen.query(LogView))
        await pilot.press("z")
        await pilot.pause(0.5)
        engine.waiting = [FileEnded("a/b", FileState.ON_DISK)]
        await pilot.pause(0.6)
        assert {path: end.state for path, end in app.bridge.run.ends.items()} == {
            "a/b": FileState.ON_DISK
        }
        assert app.screen.query_one(LogView).events() == []
        await pilot.press("z")
        await ui.wait_for(pilot, lambda: app.screen.query_one(LogView).events())


async def test_the_terminals_cursor_follows_the_focused_row(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        rows = app.focused
        assert app.cursor_position == rows.content_region.offset
        await pilot.press("j")
        assert app.cursor_position == rows.content_region.offset + Offset(0, 1)
        ui.start(app, ui.FakeEngine())
        await pilot.press("q")
        await ui.wait_for(pilot, lambda: isinstance(app.screen, ConfirmModal))
        await pilot.pause()
        assert app.cursor_position == app.focused.region.offset + Offset(2, 0)


async def test_the_terminals_cursor_is_on_what_the_palette_would_do(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        await pilot.press("ctrl+p")
        await ui.wait_for(pilot, lambda: isinstance(app.screen, PaletteModal))
        await pilot.press("h", "e", "down")
        top = app.screen.query_one(ActionList).content_region.offset
        assert app.cursor_position == top + Offset(0, 1)
        await pilot.press(*"qqqq")
        assert app.cursor_position == app.focused.cursor_screen_offset


async def test_a_users_keys_hold_in_bindings_and_hints(ui: Any) -> None:
    workspace = ui.workspace(token_works=True)
    workspace.settings = replace(workspace.settings, keys={"app.show_transfers": "f5"})
    app = ui.app(workspace)
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        await pilot.press("2")
        assert isinstance(app.screen, ui.StubBrowser)
        await pilot.press("f5")
        await ui.wait_for(pilot, lambda: isinstance(app.screen, TransfersScreen))


async def test_sizes_from_tiny_to_huge(ui: Any) -> None:
    app = ui.entered_app()
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        ui.start(app, ui.FakeEngine())
        for width, height in ((40, 12), (60, 16), (59, 16), (300, 90), (1, 1), (80, 24)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            covered = bool(app.screen.query(SizeNotice))
            assert covered == (width < 60 or height < 16)


async def test_foreign_text_stays_text(ui: Any) -> None:
    app = ui.entered_app()
    hostile = "sub-1/[/]PRE[T1w][red]\x1b]0;PWNED\x07\u202e\x9b2J[@click=app.quit]x[/]"
    async with app.run_test(notifications=True) as pilot:
        await ui.wait_entered(pilot)
        engine = ui.FakeEngine(Snapshot(state=RunState.PAUSED, sentence=hostile))
        ui.start(app, engine)
        engine.waiting = [FileEnded(hostile, FileState.FAILED, message=hostile)]
        await ui.wait_for(pilot, lambda: app.screen.query(LogView)
                          and app.screen.query_one(LogView).events())  # fmt: skip
        app.tell("[/] [T1w]")
        await pilot.press("i")
        await pilot.pause()
        for screen in app.screen_stack:
            drawn = "".join(
                segment.text
                for widget in screen.query("*")
                for strip in widget.render_lines(widget.region.reset_offset)
                for segment in strip
                if not isinstance(widget, Static)
            )
            assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(drawn)


def test_no_color_and_poor_terminals_get_the_terminals_own_colours() -> None:
    assert choose_theme("dark", {"TERM": "xterm-256color"}) == "dark"
    assert choose_theme("dark", {"TERM": "xterm-256color", "NO_COLOR": "1"}) == "terminal"
    assert choose_theme("dark", {"TERM": "xterm-256color", "NO_COLOR": ""}) == "dark"
    assert choose_theme("light", {"TERM": "vt100"}) == "terminal"
    assert choose_theme("", {"TERM": "xterm-256color"}) == "terminal"
