"""The limits as they are shipped: every other test lowers them."""

import random
from dataclasses import fields

from preventad_tui.core.engine import EngineSettings
from preventad_tui.core.limits import ENVIRONMENT_VARIABLE, Limits, limits_from_environment
from preventad_tui.core.retry import backoff_s, capped_wait_s

SHIPPED = {
    "connect_timeout_s": 20,  # N3
    "idle_timeout_s": 60,  # N5
    "slow_window_s": 60,  # N6
    "slow_bytes_per_s": 1024,  # N6
    "header_timeout_s": 60,  # N7
    "catalogue_timeout_s": 300,  # N7
    "attempts": 5,
    "backoff_first_s": 1,
    "backoff_max_s": 60,
    "probe_first_s": 5,  # N1
    "probe_max_s": 60,  # N9
    "failures_to_offline": 3,  # N2
    "give_up_at_start_s": 30,
    "retry_after_max_s": 3600,  # H1
    "lockout_wait_s": 900,  # H6
    "disk_probe_s": 30,  # D1
    "keyring_timeout_s": 5,  # K4
    "refused_login_mark_s": 600,
    "catalogue_max_bytes": 200_000_000,  # Q2
    "token_max_bytes": 8192,  # A3
    "stale_after_s": 600,  # J8
}


def test_the_shipped_limits_are_those_that_are_promised() -> None:
    """N1 to N9, H1, H6, K4, Q2, A3, J8: the real numbers, in the limits and in the engine."""
    shipped = Limits()
    assert {name: getattr(shipped, name) for name in SHIPPED} == SHIPPED
    assert limits_from_environment({}) == shipped == EngineSettings().limits
    assert (EngineSettings().jobs, EngineSettings().give_up_after_s) == (4, None)
    assert limits_from_environment({ENVIRONMENT_VARIABLE: "nonsense"}) == shipped
    assert all(getattr(shipped, field.name) > 0 for field in fields(shipped))


def test_waits_by_the_shipped_limits() -> None:
    """Full jitter under 1, 2, 4, 8 ... 60 s; throttled waits 5, 10 ... 60 s, at most an hour."""
    shipped, rng = Limits(), random.Random(0)
    for failed, bound in ((1, 1), (2, 2), (3, 4), (4, 8), (7, 60), (40, 60)):
        waits = [backoff_s(failed, shipped, rng) for _ in range(300)]
        assert 0 <= min(waits) < bound * 0.2
        assert bound * 0.8 < max(waits) <= bound
    assert [capped_wait_s(None, n, shipped) for n in range(6)] == [5, 10, 20, 40, 60, 60]
    assert capped_wait_s(10**9, 0, shipped) == 3600
    assert capped_wait_s(0, 0, shipped) == 1
