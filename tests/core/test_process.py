"""What the process gives away: nothing."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from preventad_tui.core.process import disarm_environment


def test_session_keys_go_to_no_file() -> None:
    """S3."""
    environ = {"SSLKEYLOGFILE": "/tmp/keys", "HOME": "/x"}
    disarm_environment(environ)
    assert environ == {"HOME": "/x"}


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_DUMPABLE is of Linux")
def test_no_core_is_left_and_others_cannot_look(run_python: Callable[..., Any]) -> None:
    """S8b."""
    done = run_python(
        "-c",
        "import resource, ctypes\n"
        "from preventad_tui.core.process import deny_core_dumps\n"
        "deny_core_dumps()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3))",
    )
    assert done.stdout.split() == ["0", "0"], done.stderr
