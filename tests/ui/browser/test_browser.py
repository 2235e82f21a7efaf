"""The browser by its keys: what is ticked, shown, said."""

from typing import Any


async def test_space_ticks_and_unticks_a_branch(kit: Any) -> None:
    app = kit.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await kit.ready(pilot)
        await pilot.press("space")
        await kit.settled(pilot)
        print("\n".join(kit.shown(app)))
        assert screen._choice.selection.count == 27
