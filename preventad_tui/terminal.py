"""The terminal as it is found, before any toolkit is imported: can it show the interface, and
which signs can it show."""

import codecs
import locale
import os
import sys
from collections.abc import Mapping

_HINT = (
    "Use “preventad-tui get” to download without the interface, or add --plain: the same by "
    "questions and answers, without screen control."
)

_PLAIN = {
    "─": "-", "│": "|", "┌": "+", "┐": "+", "└": "+", "┘": "+", "…": ".", "·": "-",
    "“": '"', "”": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "×": "x", "█": "#",
    "•": "*",
} | dict.fromkeys("▁▂▃▄▅▆▇", " ")  # fmt: skip
_HANDLER = "preventad-plain"


def terminal_fault(environ: Mapping[str, str] = os.environ) -> str:
    """One line for stderr that says why the interface cannot be shown; `""` where it can.

    Without a terminal the toolkit would draw into a file, or wait for keys that never come.
    """
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        return f"The interface needs a terminal for its keys and its screen. {_HINT}"
    if environ.get("TERM", "") in ("", "dumb"):
        return f"This terminal (TERM={environ.get('TERM', '')!r}) cannot show a screen. {_HINT}"
    encoding = codecs.lookup(locale.getpreferredencoding(do_setlocale=False)).name
    if encoding not in ("utf-8", "ascii"):
        return f"This terminal's character set is {encoding}, not UTF-8. {_HINT}"
    return ""


def is_poor(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal is better served with ASCII: a console, a VT, or no UTF-8 locale."""
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    utf8 = locale.casefold().replace("-", "").endswith("utf8")
    return environ.get("TERM", "").startswith(("linux", "vt")) or not utf8


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
