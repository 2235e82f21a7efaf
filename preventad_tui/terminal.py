"""Whether this terminal can show the interface; found out before its toolkit is imported."""

import codecs
import locale
import os
import sys
from collections.abc import Mapping

_HINT = (
    "Use “preventad-tui get” to download without the interface, or “preventad-tui --plain” where "
    "screen control is not possible."
)


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
