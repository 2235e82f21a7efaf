"""What came back: an answer's body within its limits, and how long to wait."""

import io
import math
import time
import zlib

ERROR_BODY_BYTES = 65_536
_MAX_EXPANSION = 100
"""A list compresses about 30 to 1; beyond this (and a megabyte) it is a bomb."""


class BadBody(Exception):
    """A body that is refused; `reason` is the code of the error to raise."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what)
        self.reason = reason


class Body:
    """Collects a list's body: gzip opened, both sides counted, bombs and cuts refused."""

    def __init__(self, encoding: str, max_bytes: int, strict: bool) -> None:
        self.received = 0
        self._max_bytes = max_bytes if strict else min(max_bytes, ERROR_BODY_BYTES)
        self._strict = strict
        self._buffer = io.BytesIO()
        gzipped = encoding.strip().lower() in ("gzip", "x-gzip")
        self._unzip = zlib.decompressobj(wbits=31) if gzipped else None

    def add(self, piece: bytes) -> bool:
        """Take a piece; False when there is enough."""
        self.received += len(piece)
        room = self._max_bytes + 1 - self._buffer.tell()
        if self._unzip:
            try:
                piece = self._unzip.decompress(piece, room)
            except zlib.error as error:
                raise BadBody("sent a broken gzip answer", "bad-http") from error
        self._buffer.write(piece[:room])
        size = self._buffer.tell()
        if self._strict and size > max(1_000_000, _MAX_EXPANSION * self.received):
            raise BadBody("sent an answer that grows without end", "too-large")
        if size <= self._max_bytes:
            return True
        if self._strict:
            raise BadBody(f"sent more than {self._max_bytes:,} bytes", "too-large")
        return False

    def finish(self) -> bytes:
        """The whole body, decoded."""
        if self._strict and self._unzip and self.received and not self._unzip.eof:
            raise BadBody("cut its answer short", "cut")
        return self._buffer.getvalue()[: self._max_bytes]


def retry_after(value: str | None, cap_s: float) -> float | None:
    """Seconds to wait, from a number or a date; at most the cap; None where it says nothing."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        from email.utils import parsedate_to_datetime  # seldom needed, slow to load

        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), cap_s)
