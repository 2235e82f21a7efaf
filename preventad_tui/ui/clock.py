"""The time of day, in one place, so that pictures of screens can be taken at a fixed one."""

from datetime import datetime


def now() -> datetime:
    """Now, in the user's own time zone."""
    return datetime.now().astimezone()
