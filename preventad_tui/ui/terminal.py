"""What the interface asks of the terminal besides its screen."""

import os
import select
import sys


def has_job_control() -> bool:
    """Whether a shell would take over when we stop.

    Without one (`tmux new preventad-tui`, `ssh -t host preventad-tui`) the system ignores the stop
    signal, and the screen would be gone with nobody to bring it back.
    """
    return os.getpgrp() != os.getsid(0)


def is_hung_up() -> bool:
    """Whether the terminal at our input is gone: its window was closed, its line broke.

    The system says so by a signal, but to the session's first process, which may keep it to itself.
    """
    if sys.__stdin__ is None:
        return False
    terminal = select.poll()
    terminal.register(sys.__stdin__.fileno(), 0)
    return any(event & select.POLLHUP for _, event in terminal.poll(0))
