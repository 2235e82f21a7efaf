"""How long to wait before the next attempt."""

import random

from preventad_tui.core.limits import Limits


def backoff_s(failed_attempts: int, limits: Limits, rng: random.Random) -> float:
    """Seconds to wait after so many failed attempts: full jitter under 1, 2, 4 ... 60 s.

    Full jitter (anything between 0 and the bound) spreads the workers that one hiccup of the
    server made fail at the same moment.
    """
    bound = limits.backoff_first_s * 2.0 ** (max(1, failed_attempts) - 1)
    return rng.uniform(0, min(bound, limits.backoff_max_s))


def capped_wait_s(retry_after_s: float | None, earlier_refusals: int, limits: Limits) -> float:
    """How long all wait after a 429 or 503: as told, at most an hour, and never not at all.

    Where the server names no time the waits grow from the first probe's to the longest probe's.
    """
    if retry_after_s is None:
        told = min(limits.probe_first_s * 2.0**earlier_refusals, limits.probe_max_s)
    else:
        told = retry_after_s
    return min(max(told, min(1.0, limits.probe_first_s)), limits.retry_after_max_s)
