"""What a run is told before it starts."""

from dataclasses import dataclass, field

from preventad_tui.core.limits import Limits


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How a run behaves; the defaults are those of the interface.

    `rate_limit` is bytes a second for the whole run. `give_up_after_s` is how long an outage may
    last before the run ends with code 5; None waits for ever. `wait_for_storage` and
    `wait_for_login` tell the interface (pauses) from `get` (ends with 6 and 4); with `gives_way` a
    screen in the same process goes first.
    """

    jobs: int = 4
    rate_limit: int | None = None
    check_updates: bool = False
    keep_old: bool = False
    give_up_after_s: float | None = None
    wait_for_storage: bool = True
    wait_for_login: bool = True
    gives_way: bool = True
    limits: Limits = field(default_factory=Limits)
