"""Values of settings as options, environment and config files write them.

Each function takes a raw value (text, or what TOML gives) and raises UsageError where it cannot be
used; where the value stands is said by the caller.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from preventad_tui.core.design import ARMS
from preventad_tui.core.errors import UsageError
from preventad_tui.core.text import clean, parse_duration, parse_size

MAX_JOBS = 16
"""The most transfers at once: the server is one Apache/PHP host."""

LARGEST = 10**12
"""No setting is a larger number; Python refuses to write out those of thousands of digits."""


def as_text(value: Any) -> str:
    """Text."""
    if not isinstance(value, str):
        raise UsageError("this is not text.", "Write it in quotes.")
    return value


def as_flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise UsageError("this is neither true nor false.", "Write true or false.")
    return value


def as_whole(value: Any) -> int:
    """A whole number from 0 on."""
    try:
        if isinstance(value, (bool, float)):
            raise ValueError
        number = int(value)
        if not 0 <= number <= LARGEST:
            raise ValueError
    except (TypeError, ValueError):
        raise UsageError(f"“{clean(str(value))}” is not a whole number.", "Write digits.") from None
    return number


def as_jobs(value: Any) -> int:
    """How many transfers at once, 1 to `MAX_JOBS`."""
    jobs = as_whole(value)
    if not 1 <= jobs <= MAX_JOBS:
        raise UsageError(f"{jobs} transfers at once are not possible.", f"Choose 1 to {MAX_JOBS}.")
    return jobs


def as_rate(value: Any) -> int:
    """Bytes a second, more than 0, from text like `5M`."""
    rate = parse_size(str(value))
    if rate < 1:
        raise UsageError("a rate of 0 would never end.", "Leave it out for no limit.")
    return rate


def as_seconds(value: Any) -> float:
    """A duration in seconds, from text like `30m`."""
    return parse_duration(str(value))


def as_path(value: Any) -> Path:
    """A path; `~` is the user's home."""
    text = as_text(value)
    if not text or "\0" in text:
        raise UsageError("this is not a path.", "Name a file or a folder.")
    try:
        return Path(text).expanduser()
    except RuntimeError:  # ~name of nobody here
        raise UsageError(
            f"“{clean(text)}” names no user's folder here.", "Write the path in full."
        ) from None


def as_names(value: Any) -> tuple[str, ...]:
    """Names from a list, each of which may hold several with commas between."""
    names = tuple(name.strip() for text in value for name in str(text).split(","))
    if not any(names):
        raise UsageError("no name was given.", "Write names with commas between: A,B.")
    return tuple(name for name in names if name)


def one_of(kind: type[StrEnum]) -> Callable[[Any], Any]:
    """What reads a word of a fixed set."""

    def convert(value: Any) -> StrEnum:
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(kind)
            raise UsageError(
                f"“{clean(str(value))}” is not known.", f"Choose one of: {known}."
            ) from None

    return convert


def as_arm(value: Any) -> str:
    """An arm of the study, in capitals."""
    arm = str(value).upper()
    if arm not in ARMS:
        known = " or ".join(ARMS)
        raise UsageError(f"“{clean(str(value))}” is not an arm.", f"Choose {known}.")
    return arm


def as_keys(value: Any) -> Mapping[str, str]:
    """A table of actions and the keys that are to do them."""
    if not isinstance(value, dict) or not all(map(_is_shown_text, (*value, *value.values()))):
        raise UsageError("this is not a table of keys.", 'Write lines like quit = "q,ctrl+q".')
    return dict(value)


def _is_shown_text(value: Any) -> bool:
    return isinstance(value, str) and clean(value) == value
