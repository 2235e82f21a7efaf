"""Which colours: the terminal's own sixteen by default, so that the user's palette decides."""

import os
from collections.abc import Mapping

THEMES = {"terminal": "ansi-dark", "dark": "textual-dark", "light": "textual-light"}
"""The names in config.toml and the palette, and Textual's names for them."""

DEFAULT = "terminal"


def choose_theme(wanted: str, environ: Mapping[str, str] = os.environ) -> str:
    """Textual's name of the theme; must be known before the app object is made.

    `NO_COLOR` (non-empty) and terminals of 16 colours or fewer get the terminal's own colours
    whatever was asked for: there Textual's other themes turn red into magenta and grey into
    nothing.
    """
    if environ.get("NO_COLOR") or not _has_many_colours(environ):
        return THEMES[DEFAULT]
    return THEMES.get(wanted, THEMES[DEFAULT])


def _has_many_colours(environ: Mapping[str, str] = os.environ) -> bool:
    return "256color" in environ.get("TERM", "") or environ.get("COLORTERM", "") in (
        "truecolor",
        "24bit",
    )
