"""What threads have found may arrive while the program is taken down: nothing comes of it."""

import asyncio
from typing import Any

import pytest

from preventad_tui.core.events import Snapshot
from preventad_tui.core.verify import VerifyCounts
from preventad_tui.ui.background import FilesCounted, FolderSeen, VerifyProgress
from preventad_tui.ui.messages import EngineUpdate, RunStarted
from preventad_tui.ui.widgets.totals import DiskTotals


@pytest.mark.parametrize("name", ["browser", "transfers"])
async def test_findings_find_a_screen_without_its_widgets(
    kit: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Screens that are not in front lose their widgets in any order as the app ends (Textual 8)."""
    app = kit.app(kit.workspace(kit.catalogue(2)))
    posted = []
    async with app.run_test(size=(80, 24)) as pilot:
        browser = await kit.ready(pilot)
        await pilot.press("2")
        await kit.settled(pilot)
        if name == "transfers":
            await pilot.press("1")
            await kit.settled(pilot)
        screen, choice = app.get_screen(name), browser.choice
        assert app.screen is not screen
        found = (
            FilesCounted(choice, DiskTotals()),
            FolderSeen(choice, browser._seen, choice.facts, choice._sizes),
            VerifyProgress(VerifyCounts(), (), is_over=True),
            RunStarted(),
            EngineUpdate(Snapshot(), ()),
        )
        close = screen._close_messages

        async def close_after_widgets(wait: bool = True) -> None:
            for widget in screen.walk_children():
                await widget._close_messages()
            posted.extend(screen.post_message(message) for message in found)
            await asyncio.sleep(0.05)
            await close(wait)

        monkeypatch.setattr(screen, "_close_messages", close_after_widgets)
    assert posted == [True] * len(found)
