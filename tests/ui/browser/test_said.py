"""What is said in passing never lies over the row of the cursor."""

from typing import Any

import pytest


async def press(kit: Any, pilot: Any, *keys: str) -> None:
    await pilot.press(*keys)
    await kit.settled(pilot)


def said_at(kit: Any, app: Any, words: str) -> int:
    """The row of the screen on which the words stand; -1 where they are not said."""
    return next((at for at, row in enumerate(kit.shown(app)) if words in row), -1)


def cursor_row(kit: Any, app: Any) -> str:
    row: str = kit.shown(app)[app.cursor_position.y]
    return row


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (120, 40)])
async def test_what_is_said_stands_where_the_cursor_is_not(kit: Any, size: tuple[int, int]) -> None:
    app = kit.app()
    half = size[1] // 2
    async with app.run_test(size=size, notifications=True) as pilot:
        await kit.ready(pilot)
        await press(kit, pilot, "=", *("j",) * 30)
        assert app.cursor_position.y >= half
        before = cursor_row(kit, app)
        await press(kit, pilot, "a")
        await kit.wait_for(pilot, lambda: said_at(kit, app, "ticked") >= 0)
        assert 0 < said_at(kit, app, "ticked") < half
        assert cursor_row(kit, app)[:30].replace("[x]", "[ ]") == before[:30]
        # The whole row is to be seen, up to its last column, and so are totals and keys.
        assert cursor_row(kit, app)[-5:].strip("│") == before[-5:]
        assert "Help" in kit.shown(app)[-1]
        # It makes way when the cursor comes, and for what is typed at the top.
        await press(kit, pilot, "g")
        assert said_at(kit, app, "ticked") > half
        assert cursor_row(kit, app).startswith(">")
        await press(kit, pilot, *("j",) * 30)
        assert 0 < said_at(kit, app, "ticked") < half
        await press(kit, pilot, "slash")
        assert said_at(kit, app, "ticked") > half
