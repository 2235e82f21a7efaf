"""What a fault can change: the request, the answer, and how the answer travels."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from preventad_tui.demo.messages import Answer, Call


class Ending(enum.Enum):
    """How a transfer ends."""

    WHOLE = "whole"
    CLOSE = "close"  # the connection is closed, what was sent arrives
    RESET = "reset"  # the connection is reset
    STALL = "stall"  # nothing comes any more, the connection stays
    CLEAN = "clean"  # the chunks end properly, too early


@dataclass(frozen=True, slots=True)
class Transfer:
    """How an answer travels; the defaults are a healthy line."""

    delay_s: float = 0.0  # before the status line
    header_rate: float = 0.0  # bytes a second; 0 is no limit
    rate: float = 0.0
    stop_after: int | None = None  # bytes of the body
    ending: Ending = Ending.WHOLE
    declared: int | None = None  # a Content-Length that is not true
    extra: bytes = b""  # after the body
    raw: bytes | None = None  # instead of everything; then the connection is closed

    @property
    def healthy(self) -> bool:
        """Tell whether only the delay is out of order."""
        return self == Transfer(delay_s=self.delay_s)


class Effect:
    """The base of all kinds; each overrides what it changes."""

    expires_tokens = False

    def call(self, call: Call) -> Call:
        """Change the request before the application sees it."""
        return call

    def instead(self, call: Call) -> Answer | None:
        """Answer in the application's place."""
        return None

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Change the application's answer."""
        return answer

    def transfer(self, transfer: Transfer) -> Transfer:
        """Change how the answer travels."""
        return transfer
