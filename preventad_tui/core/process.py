"""What the process gives away about itself: core dumps, debug switches, inherited secrets."""

import os
import sys
from collections.abc import MutableMapping

_DISARMED = ("TEXTUAL", "SSLKEYLOGFILE")
"""Prefixes of variables that make libraries write keystrokes or session keys to files."""

_KEPT = frozenset({"TEXTUAL_THEME", "TEXTUAL_ANIMATIONS", "TEXTUAL_COLOR_SYSTEM", "TEXTUAL_FPS"})
_PR_SET_DUMPABLE = 4


def disarm_environment(environ: MutableMapping[str, str] = os.environ) -> None:
    """Drop the debug variables of Textual and of TLS; call before either is imported.

    `TEXTUAL_LOG` writes a typed password key by key, `SSLKEYLOGFILE` the keys of every session.
    """
    for name in list(environ):
        if name.startswith(_DISARMED) and name not in _KEPT:
            del environ[name]


def deny_core_dumps() -> None:
    """No core file, and no reading of our memory by other processes of the user, where possible."""
    if sys.platform == "win32":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
