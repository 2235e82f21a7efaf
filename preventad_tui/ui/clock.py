"""The time of day, in one place, so that pictures of screens can be taken at a fixed one."""

from datetime import datetime


def now() -> datetime:
    """Now, in the user's own time zone."""
    return datetime.now().astimezone()


def shown_time(when_utc: str) -> str:
    """An ISO 8601 time as people write it here: `22 Nov 14:02`; as it is where it is none."""
    try:
        return f"{datetime.fromisoformat(when_utc).astimezone():%d %b %H:%M}"
    except ValueError:
        return when_utc
