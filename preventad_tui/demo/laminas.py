"""How LORIS 24 to 28 answer, and what differs between them."""

from __future__ import annotations

from dataclasses import dataclass

from preventad_tui.demo.archive import StoredFile
from preventad_tui.demo.bodies import Text
from preventad_tui.demo.messages import Answer, laminas_json, page

# md5("{}"): the server hashes a stream object, not its text. The tag of every list.
LIST_TAG = "99914b932bd37a50b983c5e7c90ae93b"
JSON = ("Content-Type", "application/json")


@dataclass(frozen=True, slots=True)
class Release:
    """What differs between the releases."""

    number: int
    wrong_version: int  # status for an API version that is not served
    exact_authorization: bool  # the header's name counts letter by letter
    session_locks: bool
    mfa: bool
    sorted_lists: bool


RELEASES = {
    "b24": Release(24, 400, True, True, False, False),
    "b26": Release(26, 404, False, False, False, False),
    "b28": Release(28, 404, False, False, True, True),
}


def error(status: int, text: str) -> Answer:
    """Give an error as JSON."""
    return Answer(status, (JSON,), Text(laminas_json({"error": text})))


def html(status: int, title: str) -> Answer:
    """Give a page decorated by the exception middleware."""
    text = page(f"{status} {title}", "An unexpected error happened. " + "&nbsp;" * 3000)
    return Answer(status, (("Content-Type", "text/html; charset=UTF-8"),), Text(text))


def listed(document: object) -> Answer:
    """Give a document with the one tag that they all have."""
    return Answer(200, (JSON, ("ETag", LIST_TAG)), Text(laminas_json(document)))


def file(stored: StoredFile, media: str) -> Answer:
    """Give a file."""
    disposition = f"attachment; filename={stored.name}"
    headers = (
        ("Content-Type", media),
        ("Content-Disposition", disposition),
        ("ETag", stored.tag_b),
    )
    return Answer(200, headers, stored.body)
