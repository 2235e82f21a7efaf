"""What must be settled in the environment before Textual is imported.

Textual reads its constants when it is imported, so this runs first, from the package's
`__init__`. It imports nothing of Textual.
"""

import os

from preventad_tui.core.process import disarm_environment

MAX_REPAINTS_PER_S = 15


def prepare_environment() -> None:
    """Disarm the debugging variables, limit repaints, switch animations off."""
    disarm_environment()
    os.environ["TEXTUAL_FPS"] = str(MAX_REPAINTS_PER_S)
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    os.environ["TEXTUAL_SMOOTH_SCROLL"] = "0"
