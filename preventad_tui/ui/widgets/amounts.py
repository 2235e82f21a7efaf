"""Bars and amounts in plain characters that keep their width."""

_UNITS = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"), (1, "B"))


def bar(share: float, width: int) -> str:
    """`######--`: how much of 1.0 is done."""
    filled = round(min(max(share, 0.0), 1.0) * width)
    return "#" * filled + "-" * (width - filled)


def amount_of(done: float, of: float | None, *, estimated: bool = False) -> str:
    """` 6.0 of ~15.8 GB`, both in the unit of the whole, as wide at the start as at the end."""
    if of is None:
        scale, unit = _unit_of(done)
        return f"{_number(done, scale)} {unit}"
    scale, unit = _unit_of(of)
    whole = _number(of, scale)
    mark = "~" if estimated else ""
    return f"{_number(done, scale):>{len(whole)}} of {mark}{whole} {unit}"


def _unit_of(size: float) -> tuple[int, str]:
    return next(((scale, unit) for scale, unit in _UNITS if size >= scale), _UNITS[-1])


def _number(size: float, scale: int) -> str:
    return f"{size / scale:.1f}" if scale > 1 else f"{size:.0f}"
