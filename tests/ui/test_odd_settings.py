"""What a config.toml or a person may write that is no key and no path: shown, and no harm."""

from dataclasses import replace
from typing import Any

import pytest

from preventad_tui.ui.actions import ACTIONS
from preventad_tui.ui.widgets.path_input import Completion, complete_path

ODD_KEYS = (
    "",
    ",",
    "ctrl+",
    "+",
    "[/foo]",
    "[@click=app.quit]",
    "a b",
    "é",
    "日",
    "x" * 200,
    "f99",
)


@pytest.mark.parametrize("keys", ODD_KEYS)
async def test_any_text_as_keys_leaves_an_interface_that_runs(ui: Any, keys: str) -> None:
    """Every action but leaving gets them; help, which lists all, opens as text."""
    table = {action.id: keys for action in ACTIONS if action.id not in ("app.quit", "app.help")}
    workspace = ui.workspace(token_works=True)
    workspace.settings = replace(workspace.settings, keys=table)
    app = ui.app(workspace)
    async with app.run_test() as pilot:
        await ui.wait_entered(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        await pilot.press("escape", "q")
        await pilot.pause()
    assert app._exception is None


@pytest.mark.parametrize("text", ["~nobody-has-this-name/x", "~nobody-has-this-name/", "\\0/x"])
def test_a_path_that_nobody_has_is_completed_by_nothing(text: str) -> None:
    assert complete_path(text) == Completion(text, ())
