"""Text at the door and text for people: cleaning, sizes, durations, plurals."""

import re
import unicodedata
from datetime import datetime
from typing import NewType

from preventad_tui.core.errors import UsageError

Clean = NewType("Clean", str)
"""Text that any terminal may see: no control, bidi, zero-width or private characters."""

DISPLAY_LIMIT = 200
_MAX_COMBINING = 4
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(text: str, limit: int = DISPLAY_LIMIT) -> Clean:
    r"""Make text from a server or a file system safe to show.

    Textual and rich pass ESC, OSC, C1 and bidi characters through to the terminal (tried with
    Textual 8.2.8), so every foreign string goes through here once, where it enters. Hidden
    characters become visible `\u{..}`, runs of combining marks are cut at four, and the whole is
    cut to `limit` characters.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return Clean(text)
    out: list[str] = []
    combining = 0
    for character in text[: limit * 2]:
        if character in "\t\r\n":
            out.append(" ")
            continue
        category = unicodedata.category(character)
        if category in _HIDDEN:
            out.append(f"\\u{{{ord(character):x}}}")
        elif category in ("Mn", "Me"):
            combining += 1
            if combining <= _MAX_COMBINING:
                out.append(character)
            continue
        else:
            out.append(character)
        combining = 0
    cleaned = "".join(out)
    return Clean(cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…")


def plural(count: int, noun: str, nouns: str = "") -> str:
    """`1 file`, `2,913 files`; `nouns` where adding an s is wrong."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


_UNITS = ("kB", "MB", "GB", "TB")


def human_size(size_bytes: int | float | None, *, estimated: bool = False) -> str:
    """A size in powers of 1000 with its unit (`121 MB`); unknown sizes are `?`."""
    if size_bytes is None:
        return "?"
    mark = "~" if estimated else ""
    if size_bytes < 1000:
        return f"{mark}{int(size_bytes)} B"
    value = float(size_bytes)
    unit = ""
    for unit in _UNITS:
        value /= 1000
        if value < 999.5 or unit == _UNITS[-1]:
            break
    return f"{mark}{value:.1f} {unit}" if value < 99.95 else f"{mark}{value:.0f} {unit}"


def human_time(when_utc: str) -> str:
    """An ISO 8601 time as people write it here: `22 Nov 14:02`; as it is where it is none."""
    try:
        return f"{datetime.fromisoformat(when_utc).astimezone():%d %b %H:%M}"
    except ValueError:
        return when_utc


def human_duration(seconds: float) -> str:
    """How long: `45 s`, `17 min`, `21 h 40 min`, `3 d 2 h`; days begin at two of them."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def human_clock(at_s: float) -> str:
    """A past moment (seconds since 1970) in the user's time zone: `14:02`, or `21 Nov 14:02`."""
    then = datetime.fromtimestamp(at_s)
    return f"{then:%H:%M}" if then.date() == datetime.now().date() else f"{then:%d %b %H:%M}"


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKMGT]i?)?B?(?:/s)?")
_SCALE = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY_SCALE = {"k": 2**10, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_LARGEST_SIZE_BYTES = 10**18


def parse_size(text: str) -> int:
    """Bytes of `5M`, `1.5Gi`, `200k`, `1048576`.

    Raises:
        UsageError: not a number with an optional unit.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise UsageError(
            f"“{clean(text)}” is not a size.", "Write a number with k, M, G, or Ki, Mi, Gi: 5M."
        )
    number, unit = match.group(1), match.group(2) or ""
    scale = _BINARY_SCALE[unit[0]] if unit.endswith("i") else _SCALE[unit]
    size_bytes = float(number) * scale
    if size_bytes > _LARGEST_SIZE_BYTES:
        raise UsageError(f"“{clean(text, 40)}” is too large a size.", "Write a smaller one.")
    return int(size_bytes)


_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_S = 36_500 * 86_400


def parse_duration(text: str) -> float:
    """Seconds of `90s`, `15m`, `2h`, `3d`; a bare number is seconds.

    Raises:
        UsageError: not a number with an optional unit.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd]?)", text.strip())
    if not match:
        raise UsageError(
            f"“{clean(text)}” is not a duration.", "Write a number with s, m, h or d: 30m."
        )
    duration_s = float(match.group(1)) * _SECONDS[match.group(2)]
    if duration_s > _LONGEST_S:
        raise UsageError(f"“{clean(text, 40)}” is too long a time.", "Write at most 36500d.")
    return duration_s


def near_names(wanted: str, known: list[str], count: int = 5) -> list[str]:
    """The known names most like `wanted`, best first, case aside."""
    from difflib import get_close_matches

    by_fold = {name.casefold(): name for name in known}
    close = get_close_matches(wanted.casefold(), list(by_fold), n=count, cutoff=0.5)
    return [by_fold[fold] for fold in close]


def end_cut(text: str, width: int) -> str:
    """A sentence in at most `width` characters: its beginning, and `…` where more follows."""
    return text if len(text) <= width else f"{text[: max(0, width - 1)]}…"[: max(0, width)]


def middle_cut(text: str, width: int) -> str:
    """Text of at most `width` cells, cut in the middle so that both ends stay readable."""
    if len(text) <= width:
        return text
    if width <= 1:
        return text[:width]
    head = (width - 1) // 2
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"
