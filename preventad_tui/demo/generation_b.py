"""Generation B: the stock LORIS module API, 24.1 to 28, with the project PREVENT-AD.

One front controller: version, then the outermost handlers of /login, /candidates, /projects,
each of which looks at the request's tag before it looks at who asks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from urllib.parse import parse_qs, unquote_plus

from preventad_tui.demo.accounts import Standing
from preventad_tui.demo.bodies import Text
from preventad_tui.demo.documents_a import ZONE, tag
from preventad_tui.demo.documents_b import PROJECT, DocumentsB
from preventad_tui.demo.laminas import JSON, LIST_TAG, Release, error, file, html, listed
from preventad_tui.demo.messages import (
    Answer,
    Call,
    Headers,
    apache_not_found,
    laminas_json,
    page,
)
from preventad_tui.demo.site import Site
from preventad_tui.demo.study import Candidate, Session

_INDEX_MTIME = "Mon, 02 Mar 2026 10:00:00 GMT"  # of index.php, whatever file is asked for
_FORMATS = {
    "nifti": "application/octet-stream",
    "bval": "application/text",
    "bvec": "application/text",
    "bidsjson": "application/json",
}


@dataclass(frozen=True, slots=True)
class _Visitor:
    """Who asks, in which session."""

    user: str | None
    session: str


class _Trouble(Exception):
    """An answer found on the way down."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class _Handle(Protocol):
    def __call__(self, call: Call, visitor: _Visitor, dev: bool, parts: list[str]) -> Answer: ...


class GenerationB:
    """The stock server."""

    project = PROJECT

    def __init__(self, site: Site, release: Release) -> None:
        self._site = site
        self._release = release
        self.session_locks = release.session_locks
        integers = site.options.integer_ids and release.number < 27
        self._documents = DocumentsB(
            site.study, integers, release.sorted_lists, site.options.second_project
        )

    def answer(self, call: Call) -> Answer:
        """Answer a request."""
        parts = call.path.strip("/").split("/")
        if parts[0] != "api":
            return apache_not_found()
        if len(parts) < 2:
            text = "You must specify a version of the API to use in the URL"
            return error(400, text)
        if parts[1] not in ("v0.0.3", "v0.0.4-dev"):
            return error(self._release.wrong_version, "Unsupported version")
        session = call.cookie or self._site.gate.new_session()
        try:
            visitor = _Visitor(self._user(call, session), session)
            answer = self._route(call, visitor, parts[1] == "v0.0.4-dev", parts[2:])
        except _Trouble as trouble:
            answer = trouble.answer
        return self._dressed(answer, call, session, parts[1])

    def _user(self, call: Call, session: str) -> str | None:
        gate = self._site.gate
        if user := gate.user_of_session(call.cookie):
            return user
        value = call.header("Authorization", exact=self._release.exact_authorization)
        if value is None:
            return None
        words = value.split(" ")
        if len(words) < 2:
            raise _Trouble(Answer(500, (("Content-Type", "text/html; charset=UTF-8"),)))
        user = gate.user_of_token(words[1], call.client)
        if user:
            gate.remember(session, user)
        return user

    def _route(self, call: Call, visitor: _Visitor, dev: bool, parts: list[str]) -> Answer:
        if parts == ["login"]:
            return self._login(call)
        standing = self._site.gate.standing(visitor.user) if visitor.user else None
        if self._release.mfa and standing is Standing.MFA:
            text = Text(page("200 Multi-factor authentication", "Enter the code." + " " * 3300))
            return Answer(200, (("Content-Type", "text/html; charset=UTF-8"),), text)
        if parts[:1] == ["candidates"]:
            return self._conditional(call, visitor, dev, parts, self._candidates)
        if parts[:1] == ["projects"]:
            return self._conditional(call, visitor, dev, parts, self._projects)
        return error(404, "not found")

    def _login(self, call: Call) -> Answer:
        if call.method != "POST":
            return error(405, "method not allowed").with_headers(("Allow", "POST"))
        reply = self._site.gate.login(call, empty_is_missing=False)
        if reply.status == 500:
            return html(500, "Internal Server Error")
        said = {"token": reply.token} if reply.token else {"error": reply.error}
        return Answer(reply.status, (JSON,), Text(laminas_json(said)))

    def _conditional(
        self,
        call: Call,
        visitor: _Visitor,
        dev: bool,
        parts: list[str],
        handle: _Handle,
    ) -> Answer:
        """Look at If-None-Match as the outermost handler does: before who asks, and HEAD too."""
        sent = call.header("If-None-Match")
        if sent is not None:
            if parts[0] == "candidates" and visitor.user is None:
                # Its tag is made of what the user may see, and there is no user.
                return html(500, "Internal Server Error")
            if sent == LIST_TAG:
                return Answer(304, (("ETag", LIST_TAG),))
        if visitor.user is None:
            return error(401, "unauthorized")
        standing = self._site.gate.standing(visitor.user)
        if standing in (Standing.DEACTIVATED, Standing.NOT_APPROVED, Standing.NO_CANDIDATES) and (
            parts[0] == "candidates" or standing is not Standing.NO_CANDIDATES
        ):
            return error(403, "forbidden")
        answer = handle(replace(call, method="GET"), visitor, dev, parts[1:])
        if answer.status == 200 and sent is not None and sent == answer.header("ETag"):
            return Answer(304, (("ETag", sent),))
        if call.method == "OPTIONS":
            return Answer(200, (("Allow", "GET"),))
        if call.method != "GET":
            return error(405, "method not allowed").with_headers(("Allow", "GET"))
        return answer

    def _images_shown(self, visitor: _Visitor) -> bool:
        return self._site.gate.standing(visitor.user or "") is not Standing.NO_IMAGING

    def _candidates(self, call: Call, visitor: _Visitor, dev: bool, parts: list[str]) -> Answer:
        if not parts:
            return listed(self._documents.candidates())
        candidate = self._candidate(parts[0], dev)
        if len(parts) == 1:
            document = self._documents.candidate(candidate)
            return listed(document).with_headers(("ETag", tag(f"candidate {document}")))
        session = candidate.by_visit.get(unquote_plus(parts[1]))
        if session is None:
            return error(404, "Visit not found")
        if len(parts) == 2:
            cohort = dev and self._release.number >= 26
            document = self._documents.visit(candidate, session, cohort=cohort)
            return listed(document).with_headers(("ETag", tag(f"visit {document}")))
        if parts[2:] == ["images"]:
            shown = self._images_shown(visitor)
            return listed(self._documents.images(session, shown, phantom=dev))
        if parts[2] == "images":
            return self._image(call, visitor, session, parts[3:])
        return error(404, "not found")

    def _candidate(self, text: str, dev: bool) -> Candidate:
        found = self._site.study.by_id.get(text)
        if found is None and dev:  # v0.0.4-dev takes a PSCID too
            found = next((one for one in self._site.study.candidates if one.pscid == text), None)
        if found is None:
            # From 24.1: an exception that nobody catches. This site takes seven digits.
            well_formed = text.isascii() and text.isdigit() and len(text) in (6, 7)
            raise _Trouble(
                html(500, "Internal Server Error")
                if well_formed
                else error(404, "Candidate not found")
            )
        return found

    def _image(self, call: Call, visitor: _Visitor, session: Session, parts: list[str]) -> Answer:
        # File names are not URL-decoded.
        image = session.by_minc_name.get(parts[0])
        if image is None or not self._images_shown(visitor):
            return error(404, f"{parts[0]} not found.")
        archive = self._site.archive
        match parts[1:]:
            case []:
                stored = archive.minc(image, call.edition)
                return file(stored, stored.minc_media)
            case ["qc"]:
                return listed(self._documents.qc(image))
            case ["format", kind]:
                if kind not in _FORMATS:
                    return error(415, "Unsupported Media Type")
                found = archive.by_link(f"{image.link}/format/{kind}", call.edition)
                return file(found, _FORMATS[kind]) if found else error(404, "not found")
        return error(404, "not found")

    def _projects(self, call: Call, visitor: _Visitor, dev: bool, parts: list[str]) -> Answer:
        if not parts:
            return listed(self._documents.projects())
        asked = unquote_plus(parts[0]).lower()
        name = next((one for one in self._documents.names if one.lower() == asked), None)
        if name is None:
            return error(404, "not found")
        document = self._documents.project(name, cohorts=dev and self._release.number >= 26)
        match parts[1:]:
            case []:
                return listed(document)
            case ["images"]:
                return self._project_images(name, call, visitor)
            case ["candidates" | "visits" | "instruments" as part]:
                key = part.capitalize()
                return listed({"Meta": document["Meta"], key: document[key]})
        return error(404, "not found")

    def _project_images(self, name: str, call: Call, visitor: _Visitor) -> Answer:
        since = None
        if text := parse_qs(call.query).get("since", [""])[0]:
            try:
                since = datetime.fromisoformat(text)
            except ValueError:
                return error(400, f"Failed to parse time string ({text}) at position 0")
            since = since if since.tzinfo else since.replace(tzinfo=ZONE)
        shown = self._images_shown(visitor)
        return listed(self._documents.project_images(name, since, shown))

    def _dressed(self, answer: Answer, call: Call, session: str, version: str) -> Answer:
        headers: Headers = (("Content-Security-Policy", "default-src 'self'"),)
        if version == "v0.0.3":
            headers += (
                ("Cache-Control", "private, max-age=10800"),
                ("Expires", "Thu, 19 Nov 1981 08:52:00 GMT"),
                ("Last-Modified", _INDEX_MTIME),
            )
        if not call.cookie:
            cookie = f"PHPSESSID={session}; path=/; HttpOnly; SameSite=Lax"
            headers += (("Set-Cookie", cookie),)
        return replace(
            answer, headers=answer.headers + headers, sized=not self._site.options.fpm
        )  # fmt: skip
