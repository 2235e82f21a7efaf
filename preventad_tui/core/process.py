"""What the process is like: what it gives away (core dumps, session keys), how it keeps memory."""

import gc
import os
import sys
from collections.abc import MutableMapping

_PR_SET_DUMPABLE = 4
_GC_THRESHOLD = 10_000


def calm_collector() -> None:
    """Look for garbage less often than Python does by itself (every 700 new objects).

    Catalogue, ledger and plan are hundreds of thousands of objects that stay; they would be looked
    through again and again while they are made.
    """
    gc.set_threshold(_GC_THRESHOLD)


def disarm_environment(environ: MutableMapping[str, str] = os.environ) -> None:
    """Drop the variable that makes TLS write the keys of every session to a file.

    Before anything imports ssl; the interface disarms its toolkit's own variables besides.
    """
    environ.pop("SSLKEYLOGFILE", None)


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
