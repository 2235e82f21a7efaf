"""The terminal as the interface finds it: encoding, and signs that a poor one can show."""

import codecs
import os
import sys
from collections.abc import Mapping

_PLAIN = {
    "─": "-", "│": "|", "┌": "+", "┐": "+", "└": "+", "┘": "+", "…": ".", "·": "-",
    "“": '"', "”": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "×": "x", "█": "#",
}  # fmt: skip
_HANDLER = "preventad-plain"


def is_poor(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal is better served with ASCII: the Linux console, or no UTF-8 locale."""
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    utf8 = locale.casefold().replace("-", "").endswith("utf8")
    return environ.get("TERM") == "linux" or not utf8


def _to_plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    return "".join(_PLAIN.get(character, "?") for character in found), error.end


def prepare_terminal() -> None:
    """Let Textual, which draws on `sys.__stderr__`, write what this terminal can show."""
    stream = sys.__stderr__
    if stream is None:
        return
    if is_poor():
        codecs.register_error(_HANDLER, _to_plain)
        stream.reconfigure(encoding="ascii", errors=_HANDLER)
    else:
        stream.reconfigure(encoding="utf-8", errors="replace")


def has_job_control() -> bool:
    """Whether a shell would take over when we stop.

    Without one (`tmux new preventad-tui`, `ssh -t host preventad-tui`) the system ignores the stop
    signal, and the screen would be gone with nobody to bring it back.
    """
    return os.getpgrp() != os.getsid(0)
