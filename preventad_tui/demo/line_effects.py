"""Faults of the line: connections that break, stall, crawl, or carry no HTTP at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

from preventad_tui.demo.effect import Effect, Ending, Transfer
from preventad_tui.demo.messages import Answer, Call


@dataclass(frozen=True, slots=True)
class CloseAfter(Effect):
    """Close the connection after so many bytes of the body; Content-Length is the true one."""

    at: int

    def transfer(self, transfer: Transfer) -> Transfer:
        """Stop early."""
        return replace(transfer, stop_after=self.at, ending=Ending.CLOSE)


@dataclass(frozen=True, slots=True)
class Reset(Effect):
    """Reset the connection after so many bytes of the body."""

    at: int

    def transfer(self, transfer: Transfer) -> Transfer:
        """Stop early."""
        return replace(transfer, stop_after=self.at, ending=Ending.RESET)


@dataclass(frozen=True, slots=True)
class StallAfter(Effect):
    """Send nothing more after so many bytes of the body, and keep the connection open."""

    at: int

    def transfer(self, transfer: Transfer) -> Transfer:
        """Stop early."""
        return replace(transfer, stop_after=self.at, ending=Ending.STALL)


@dataclass(frozen=True, slots=True)
class ShortClean(Effect):
    """End the chunks properly after so many bytes, as Apache does when a php-fpm worker dies."""

    at: int

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Drop the length."""
        return replace(answer, sized=False)

    def transfer(self, transfer: Transfer) -> Transfer:
        """Stop early."""
        return replace(transfer, stop_after=self.at, ending=Ending.CLEAN)


@dataclass(frozen=True, slots=True)
class WrongLength(Effect):
    """Announce another Content-Length; the whole body follows."""

    declared: int

    def transfer(self, transfer: Transfer) -> Transfer:
        """Lie."""
        return replace(transfer, declared=self.declared, ending=Ending.CLOSE)


@dataclass(frozen=True, slots=True)
class ExtraBytes(Effect):
    """Send more than Content-Length says."""

    data: bytes = b"more than announced"

    def transfer(self, transfer: Transfer) -> Transfer:
        """Add the bytes."""
        return replace(transfer, extra=self.data, ending=Ending.CLOSE)


@dataclass(frozen=True, slots=True)
class Slow(Effect):
    """Send the body at so many bytes a second (2 is a byte each half second)."""

    rate: float

    def transfer(self, transfer: Transfer) -> Transfer:
        """Slow down."""
        return replace(transfer, rate=self.rate)


@dataclass(frozen=True, slots=True)
class SlowHeaders(Effect):
    """Send the header block at so many bytes a second."""

    rate: float

    def transfer(self, transfer: Transfer) -> Transfer:
        """Slow down."""
        return replace(transfer, header_rate=self.rate)


@dataclass(frozen=True, slots=True)
class Delay(Effect):
    """Wait before the status line."""

    seconds: float

    def transfer(self, transfer: Transfer) -> Transfer:
        """Wait."""
        return replace(transfer, delay_s=transfer.delay_s + self.seconds)


@dataclass(frozen=True, slots=True)
class Drop(Effect):
    """Close the connection without a byte, as a server does with one that was idle too long."""

    def transfer(self, transfer: Transfer) -> Transfer:
        """Answer nothing."""
        return replace(transfer, raw=b"")


@dataclass(frozen=True, slots=True)
class RawBytes(Effect):
    """Send these bytes instead of an answer, and close the connection."""

    data: bytes

    def transfer(self, transfer: Transfer) -> Transfer:
        """Replace everything."""
        return replace(transfer, raw=self.data)
