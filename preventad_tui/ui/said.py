"""Where the sentences said in passing (toasts) stand: never over the row of the cursor."""

from typing import Any

from textual.css.query import NoMatches
from textual.screen import Screen

_RACK = "textual-toastrack"


def keep_clear(screen: Screen[Any], row: int) -> None:
    """Put them at the top while the cursor's row on the screen is in the lower half, else below.

    What is not shown at the moment costs nothing: no layout is made for it.
    """
    try:
        rack = screen.get_child_by_id(_RACK)
    except NoMatches:
        return
    side = "top" if row >= screen.size.height // 2 else "bottom"
    if rack.styles.set_rule("dock", side) and rack.display:
        rack.refresh(layout=True)
