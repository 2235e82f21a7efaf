"""What every way to a server gives: the answer to a request, or a fault by its own name."""

from collections.abc import Mapping
from typing import Protocol


class WireFault(Exception):
    """The line or what came over it is at fault."""


class NotConnected(WireFault):
    """There is no connection; what this was raised from says why."""


class ConnectTimeout(NotConnected):
    """Connecting took too long."""


class ProxyRefused(NotConnected):
    """The proxy answered with anything but a connection: its status and words."""


class NoAnswer(WireFault):
    """The connection ended before the answer's head."""


class CutShort(WireFault):
    """The connection ended before the body did."""


class LineReset(WireFault):
    """The connection was broken off."""


class BadHttp(WireFault):
    """What came is not HTTP/1.1."""


class Reply(Protocol):
    """An answer whose body has not been read yet; header names in lower case."""

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def headers(self) -> Mapping[str, str]:
        """All headers; of two with the same name the last."""

    def take(self, view: memoryview) -> int | None:
        """Bytes of the body that are here already; 0 at its end, None where one must wait.

        Raises:
            WireFault: the body ends here, but not as it should.
        """

    async def read_into(self, view: memoryview) -> int:
        """The next bytes of the body; 0 at its end. Raises as `take` does."""

    async def aclose(self) -> None:
        """Done with it: a connection whose answer was read to its end is kept."""


class Transport(Protocol):
    """A way to one origin. Follows, decodes, repeats and remembers nothing.

    Only connecting has a deadline here; all others are the caller's.
    """

    async def ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Reply:
        """Send a request, with these headers and no others, and wait for its answer's head.

        Raises:
            WireFault: none came.
        """

    async def aclose(self) -> None:
        """End all kept connections."""
