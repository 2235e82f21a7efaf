"""What must be settled in the environment before Textual is imported.

Textual reads its constants when it is imported, so this runs first, from the package's
`__init__`. It imports nothing of Textual.
"""

import os

from preventad_tui.core.process import disarm_environment

_DISARMED = (
    "TEXTUAL",
    "TEXTUAL_LOG",
    "TEXTUAL_DEBUG",
    "TEXTUAL_DEVTOOLS_HOST",
    "TEXTUAL_DEVTOOLS_PORT",
    "TEXTUAL_DRIVER",
    "TEXTUAL_PRESS",
    "TEXTUAL_SCREENSHOT",
    "TEXTUAL_SCREENSHOT_FILENAME",
    "TEXTUAL_SCREENSHOT_LOCATION",
    "TEXTUAL_SHOW_RETURN",
    "TEXTUAL_THEME",
)
"""Would write every typed key or a picture of the screen to a file, load code, or press keys."""

_SIZES = ("COLUMNS", "LINES")
"""Exported by some shells and schedulers; they would hide every later size of the terminal."""

MAX_REPAINTS_PER_S = 15


def prepare_environment() -> None:
    """Disarm the debugging variables, forget fixed sizes, limit repaints, switch animations off."""
    disarm_environment()
    for name in (*_DISARMED, *_SIZES):
        os.environ.pop(name, None)
    os.environ["TEXTUAL_FPS"] = str(MAX_REPAINTS_PER_S)
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    os.environ["TEXTUAL_SMOOTH_SCROLL"] = "0"
