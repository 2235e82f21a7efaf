"""Every limit in one place: timeouts, retries, sizes. Tests lower them, users do not need to."""

import dataclasses
import json
import os
from dataclasses import dataclass
from typing import Any

ENVIRONMENT_VARIABLE = "PREVENTAD_TUI_LIMITS"
"""A JSON object of field names and numbers; for tests and for support, see README, Development."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The shipped limits; seconds, bytes and counts as the names say."""

    connect_timeout_s: float = 20.0
    idle_timeout_s: float = 60.0
    header_timeout_s: float = 60.0
    catalogue_timeout_s: float = 300.0
    slow_window_s: float = 60.0
    slow_bytes_per_s: int = 1024
    attempts: int = 5
    backoff_first_s: float = 1.0
    backoff_max_s: float = 60.0
    probe_first_s: float = 5.0
    probe_max_s: float = 60.0
    failures_to_offline: int = 3
    give_up_at_start_s: float = 30.0
    retry_after_max_s: float = 3600.0
    lockout_wait_s: float = 900.0
    disk_probe_s: float = 30.0
    keyring_timeout_s: float = 5.0
    refused_login_mark_s: float = 600.0
    catalogue_max_bytes: int = 200_000_000
    json_max_bytes: int = 16_000_000
    token_max_bytes: int = 8192
    batch_bytes: int = 524_288
    heartbeat_s: float = 60.0
    stale_after_s: float = 600.0


def limits_from_environment(environ: "os._Environ[str] | dict[str, str]" = os.environ) -> Limits:
    """The shipped limits with what `PREVENTAD_TUI_LIMITS` changes; a bad value is ignored."""
    try:
        wanted = json.loads(environ.get(ENVIRONMENT_VARIABLE, "{}"))
        types = {field.name: field.type for field in dataclasses.fields(Limits)}
        known: dict[str, Any] = {
            name: int(value) if types[name] is int else float(value)
            for name, value in wanted.items()
            if name in types
        }
        return dataclasses.replace(Limits(), **known)
    except (ValueError, TypeError, AttributeError):
        return Limits()
