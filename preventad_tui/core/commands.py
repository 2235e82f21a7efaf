"""What the engine can be told while it runs; plain data, so that it can cross a process border."""

from dataclasses import dataclass

from preventad_tui.core.secret import Secret


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop all transfers; the files of the moment are fetched anew later."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after any pause; also the word that ends a wait early."""


@dataclass(frozen=True, slots=True)
class CancelFile:
    """Leave this file out of the run; sent again, take it back."""

    path: str


@dataclass(frozen=True, slots=True)
class RetryFailed:
    """Queue again what failed, is gone, forbidden or was cancelled."""


@dataclass(frozen=True, slots=True)
class SetJobs:
    """How many transfers at once, 1 to 16."""

    jobs: int


@dataclass(frozen=True, slots=True)
class SetRate:
    """Bytes a second for the whole run; None lifts the limit."""

    bytes_per_s: int | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token from a fresh login; ends a `logged_out` pause."""

    token: Secret


@dataclass(frozen=True, slots=True)
class Stop:
    """End the run now with all state kept; `exit_code` is what the summary will say."""

    exit_code: int


Command = Pause | Resume | CancelFile | RetryFailed | SetJobs | SetRate | NewToken | Stop
