"""Faults of the server: wrong statuses, pages, versions, bytes and lists."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from preventad_tui.demo.bodies import Gzipped, Text, whole
from preventad_tui.demo.edition import Edition
from preventad_tui.demo.effect import Effect
from preventad_tui.demo.messages import Answer, Call, apache, page


@dataclass(frozen=True, slots=True)
class Status(Effect):
    """Answer with a status; the body is the one that such a status has in front of LORIS.

    401, 403, 404 and 429 come as JSON, 500 with an empty body, 502 to 504 as Apache's page.
    """

    status: int
    retry_after: str | None = None
    body: bytes | None = None
    media: str = "text/html; charset=UTF-8"

    def instead(self, call: Call) -> Answer | None:
        """Give the status."""
        headers = (("Retry-After", self.retry_after),) if self.retry_after is not None else ()
        if self.body is not None:
            answer = Answer(self.status, (("Content-Type", self.media),), Text(self.body))
        elif self.status >= 502:
            answer = apache(self.status, "Bad Gateway", "The proxy got no valid answer.")
        elif self.status == 500:
            answer = Answer(500, (("Content-Type", self.media),))
        else:
            words = {401: "User not authenticated", 403: "Permission denied", 404: "File not found"}
            said = json.dumps({"error": words.get(self.status, f"status {self.status}")})
            answer = Answer(self.status, (("Content-Type", self.media),), Text(said.encode()))
        return answer.with_headers(*headers)


@dataclass(frozen=True, slots=True)
class HtmlPage(Effect):
    """Answer 200 with a web page, as the sign-in page of a network or of MFA does."""

    title: str = "200 Sign in"

    def instead(self, call: Call) -> Answer | None:
        """Give the page."""
        text = Text(page(self.title, "Please sign in to go on."))
        return Answer(200, (("Content-Type", "text/html; charset=UTF-8"),), text)


@dataclass(frozen=True, slots=True)
class JsonError(Effect):
    """Answer 200 with a JSON error where a file is due."""

    text: str = "Something went wrong"

    def instead(self, call: Call) -> Answer | None:
        """Give the error."""
        said = Text(json.dumps({"error": self.text}).encode())
        return Answer(200, (("Content-Type", "application/json"),), said)


@dataclass(frozen=True, slots=True)
class Redirect(Effect):
    """Answer with a redirect."""

    location: str
    status: int = 302

    def instead(self, call: Call) -> Answer | None:
        """Give the redirect."""
        return Answer(self.status, (("Location", self.location),))


@dataclass(frozen=True, slots=True)
class Partial(Effect):
    """Answer 206 with a part of the body that nobody asked for."""

    first: int = 0
    length: int = 1000

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Cut the part out."""
        data = whole(answer.body)
        part = data[self.first : self.first + self.length]
        last = self.first + len(part) - 1
        cut = answer.with_headers(("Content-Range", f"bytes {self.first}-{last}/{len(data)}"))
        return replace(cut, status=206, body=Text(part))


@dataclass(frozen=True, slots=True)
class NotModified(Effect):
    """Answer 304 whatever was asked."""

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Keep the tag only."""
        tag = answer.header("ETag") or call.header("If-None-Match") or ""
        return Answer(304, (("ETag", tag),))


@dataclass(frozen=True, slots=True)
class EmptyBody(Effect):
    """Answer with the right headers and no byte: Content-Length 0."""

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Empty the body."""
        return replace(answer, body=Text())


@dataclass(frozen=True, slots=True)
class FlipByte(Effect):
    """Change one byte of the body; a negative place counts from the end."""

    at: int = -100

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Turn all bits of the byte."""
        data = bytearray(whole(answer.body))
        if data:
            data[self.at % len(data)] ^= 0xFF
        return replace(answer, body=Text(bytes(data)))


@dataclass(frozen=True, slots=True)
class NewVersion(Effect):
    """Show another version of a file: other bytes, a later modification time, so another tag.

    As long as the fault is there. Without `larger` an image keeps its size.
    """

    number: int = 1
    larger: int = 0

    def call(self, call: Call) -> Call:
        """Ask for the other version."""
        old = call.edition
        return replace(call, edition=Edition(self.number, self.larger, old.touched))


@dataclass(frozen=True, slots=True)
class NewTag(Effect):
    """Show a later modification time, and so another tag, of the same bytes."""

    days: int = 1

    def call(self, call: Call) -> Call:
        """Ask for the touched file."""
        return replace(call, edition=replace(call.edition, touched=self.days))


@dataclass(frozen=True, slots=True)
class GzipEncoded(Effect):
    """Send the body with Content-Encoding gzip (or `x-gzip`), asked for or not."""

    coding: str = "gzip"
    sized: bool = False  # with the Content-Length of the compressed bytes

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Compress."""
        coded = answer.with_headers(("Content-Encoding", self.coding))
        return replace(coded, body=Gzipped(answer.body), sized=self.sized)


@dataclass(frozen=True, slots=True)
class ReplaceBody(Effect):
    """Send other bytes with the same headers."""

    data: bytes

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Replace the body."""
        return replace(answer, body=Text(self.data))


@dataclass(frozen=True, slots=True)
class ExpireTokens(Effect):
    """Make all tokens issued so far invalid, just before the request is looked at."""

    expires_tokens = True


@dataclass(frozen=True, slots=True)
class EmptyList(Effect):
    """Empty every list of a JSON answer."""

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Empty the lists."""
        document = json.loads(whole(answer.body))
        if isinstance(document, list):
            document = []
        else:
            document = {
                key: [] if isinstance(value, list) else value for key, value in document.items()
            }
        return replace(answer, body=Text(json.dumps(document).encode()))


@dataclass(frozen=True, slots=True)
class GarbledList(Effect):
    """Put rows that are no rows into every list of a JSON answer, each `every` rows."""

    every: int = 10

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Garble."""
        document = json.loads(whole(answer.body))
        for key, rows in document.items() if isinstance(document, dict) else ():
            if isinstance(rows, list):
                document[key] = [
                    (None, 7, "row", [], {}, {"Candidate": {}, "Link": 5})[at // self.every % 6]
                    if at % self.every == 0
                    else row
                    for at, row in enumerate(rows)
                ]
        return replace(answer, body=Text(json.dumps(document).encode()))


@dataclass(frozen=True, slots=True)
class BlankCrash(Effect):
    """Answer 500 with the file's own headers and tag and no body, as a PHP script that dies.

    LORIS 20.1 does so for a file that is not on its disk, 22 and 23 for one beyond PHP's memory.
    """

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Drop the body."""
        return replace(answer, status=500, body=Text(), sized=True)


@dataclass(frozen=True, slots=True)
class ReplaceText(Effect):
    """Replace text in the body, e.g. a name in a list by a hostile one."""

    old: bytes
    new: bytes

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Replace."""
        return replace(answer, body=Text(whole(answer.body).replace(self.old, self.new)))


@dataclass(frozen=True, slots=True)
class DoubleRows(Effect):
    """List every so many rows of a JSON answer twice, as LORIS does with equal file names."""

    every: int = 10

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Double."""
        document = json.loads(whole(answer.body))
        for key, rows in document.items() if isinstance(document, dict) else ():
            if isinstance(rows, list):
                document[key] = rows + rows[:: self.every]
        return replace(answer, body=Text(json.dumps(document).encode()))


@dataclass(frozen=True, slots=True)
class WithHeader(Effect):
    """Add a header to the answer, or replace one."""

    name: str
    value: str

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Add it."""
        return answer.with_headers((self.name, self.value))
