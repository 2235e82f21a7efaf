"""What the interface asks of the terminal besides its screen."""

import os


def has_job_control() -> bool:
    """Whether a shell would take over when we stop.

    Without one (`tmux new preventad-tui`, `ssh -t host preventad-tui`) the system ignores the stop
    signal, and the screen would be gone with nobody to bring it back.
    """
    return os.getpgrp() != os.getsid(0)
