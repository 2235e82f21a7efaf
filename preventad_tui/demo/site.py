"""What both generations of server share: the study, the users, the options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from preventad_tui.demo.accounts import Gate
from preventad_tui.demo.archive import Archive
from preventad_tui.demo.messages import Answer, Call
from preventad_tui.demo.study import Study


@dataclass(frozen=True, slots=True)
class Options:
    """How a LORIS of some generation is set up."""

    integer_ids: bool = False  # candidate ids as numbers in lists (LORIS 24 to 26, PHP 8.1)
    fpm: bool = False  # behind php-fpm: chunked, no Content-Length
    deflate: bool = True  # Apache's stock mod_deflate: text/html and text/plain when asked
    second_project: str = ""  # every third candidate belongs to it (LORIS 24 to 28)


@dataclass(frozen=True, slots=True)
class Site:
    """A LORIS site."""

    study: Study
    archive: Archive
    gate: Gate
    options: Options


class Loris(Protocol):
    """A generation of LORIS."""

    project: str
    session_locks: bool  # requests with the same cookie wait for each other

    def answer(self, call: Call) -> Answer:
        """Answer a request."""
        ...
