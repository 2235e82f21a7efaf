"""Which colours: the terminal's own sixteen by default, so that the user's palette decides.

No pair of red and green anywhere; every colour repeats what a word says. The terminal's background
is unknown, so there only magenta is used, the one of the eight that the common palettes show well
on black and on white; weight does the rest. Dark and light bring their background along: blue is
good, violet on its way, orange bad, each with a contrast of at least 6 to 1.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from textual.theme import BUILTIN_THEMES, Theme

from preventad_tui.core.errors import NotWritable
from preventad_tui.core.paths import write_private

DEFAULT = "terminal"
_FILE_NAME = "theme.json"
_MAX_BYTES = 1000


def _painted(name: str, *, dark: bool, colours: Mapping[str, str]) -> Theme:
    texts = {f"text-{role}": colours[role] for role in ("primary", "accent", "warning", "muted")}
    return Theme(
        name=name,
        dark=dark,
        primary=colours["primary"],
        accent=colours["accent"],
        warning=colours["warning"],
        error=colours["warning"],
        success=colours["primary"],
        foreground=colours["foreground"],
        background=colours["background"],
        surface=colours["background"],
        variables={
            **texts,
            "scrollbar": colours["muted"],
            "scrollbar-background": colours["background"],
        },
    )


_ALL = (
    Theme(
        name=DEFAULT,
        ansi=True,
        primary="ansi_default",
        secondary="ansi_default",
        accent="ansi_default",
        success="ansi_default",
        warning="ansi_magenta",
        error="ansi_magenta",
        variables={
            **BUILTIN_THEMES["ansi-dark"].variables,
            "border": "ansi_default",
            "scrollbar-background": "ansi_default",
            "scrollbar-background-hover": "ansi_default",
            "scrollbar-background-active": "ansi_default",
            "input-selection-background": "ansi_magenta",
            "input-selection-foreground": "ansi_default",
        },
    ),
    _painted(
        "dark",
        dark=True,
        colours={
            "background": "#101418", "foreground": "#e4e4e4", "muted": "#9aa4ad",
            "primary": "#7fb4ff", "accent": "#c9b8ff", "warning": "#ffb454",
        },
    ),
    _painted(
        "light",
        dark=False,
        colours={
            "background": "#fafafa", "foreground": "#1c1c1c", "muted": "#595959",
            "primary": "#00529b", "accent": "#6b3fa0", "warning": "#8f4500",
        },
    ),
)  # fmt: skip

THEMES: Mapping[str, Theme] = {theme.name: theme for theme in _ALL}
"""By the name in config.toml and in the interface."""


def choose_theme(wanted: str, environ: Mapping[str, str] = os.environ) -> str:
    """The theme's name; must be known before the app object is made.

    `NO_COLOR` (non-empty) and terminals of 16 colours or fewer get the terminal's own colours
    whatever was asked for: other colours would be guessed at there.
    """
    if environ.get("NO_COLOR") or not has_many_colours(environ):
        return DEFAULT
    return wanted if wanted in THEMES else DEFAULT


def next_theme(name: str) -> str:
    """The theme after this one, in turn."""
    names = list(THEMES)
    return names[(names.index(name) + 1) % len(names)]


def has_many_colours(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal says that it has 256 colours or more."""
    return "256color" in environ.get("TERM", "") or environ.get("COLORTERM", "") in (
        "truecolor",
        "24bit",
    )


def kept_theme(configured: str, folder: Path) -> str:
    """The theme chosen last in the interface; the configured one where that was changed since."""
    try:
        with (folder / _FILE_NAME).open("rb") as file:
            kept = json.loads(file.read(_MAX_BYTES))
        if kept["configured"] == configured and kept["theme"] in THEMES:
            return str(kept["theme"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # none was chosen, or it is unreadable: no loss
    return configured


def keep_theme(name: str, configured: str, folder: Path) -> None:
    """Remember the theme for the next start; colours are not worth a complaint."""
    content = json.dumps({"theme": name, "configured": configured}).encode()
    try:
        write_private(folder / _FILE_NAME, content)
    except NotWritable:
        pass
