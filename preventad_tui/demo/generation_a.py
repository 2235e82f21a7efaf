"""Generation A: LORIS 20.1.0 with the PREVENT-AD override, as openpreventad served it to 2023.

One PHP script an endpoint, chosen by Apache's rewrite rules. The order of the checks is
theirs: rewrite rule, method, token, CandID's range, candidate, visit, file, tag, body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from urllib.parse import parse_qs, unquote

from preventad_tui.demo.archive import StoredFile
from preventad_tui.demo.bodies import Body, Gzipped, Text, whole
from preventad_tui.demo.documents_a import ZONE, DocumentsA, tag
from preventad_tui.demo.messages import Answer, Call, Headers, apache_not_found, php_json
from preventad_tui.demo.rules_a import route
from preventad_tui.demo.site import Site
from preventad_tui.demo.study import Candidate, Image, Session

_RANGE_LIMIT = 8_000  # mod_php honours Range only while the whole body fits one buffer
# The tag is computed before the data exist: md5("Bids:null") and md5("Project:null").
BIDS_TAG = "8241a4b1e6d135003117a3b095b974a5"
PROJECT_TAG = "1de6b316dc408168557545e57f506cc5"
RELEASES_TAG = "9a1ae9c160bfe119e8eaa3f6cb0df620"
_SESSION_HEADERS: Headers = (
    ("Expires", "Thu, 19 Nov 1981 08:52:00 GMT"),
    ("Cache-Control", "no-store, no-cache, must-revalidate"),
    ("Pragma", "no-cache"),
    ("Content-Security-Policy", "default-src 'self'"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "*"),
)
_HTML = ("Content-Type", "text/html; charset=UTF-8")  # on all JSON, errors too


@dataclass(frozen=True, slots=True)
class _Found:
    """What a handler came to: JSON or a file, with the tag that belongs to it."""

    tag: str | None
    document: object = None
    file: StoredFile | None = None
    media: str = ""
    status: int = 200


def _error(status: int, text: object) -> _Found:
    return _Found(None, {"error": text}, status=status)


class GenerationA:
    """The old server."""

    project = "loris"
    session_locks = True  # PHP's session file stays locked for the whole request

    def __init__(self, site: Site) -> None:
        self._site = site
        self._documents = DocumentsA(site.study)

    def answer(self, call: Call) -> Answer:
        """Answer a request."""
        found = route(unquote(call.path))
        return self._run(*found, call) if found else apache_not_found()

    def _run(self, name: str, words: tuple[str, ...], call: Call) -> Answer:
        if name == "login":
            return self._login(call)
        head = name in ("image", "scans_file")
        if call.method not in (("GET", "HEAD") if head else ("GET",)):
            # Before the token, with nothing in it.
            allow = ("Allow", "GET, HEAD" if head else "GET")
            return self._dressed(Answer(405, (allow, _HTML)), call, None)
        session = call.cookie or self._site.gate.new_session()
        if not self._known(call, session):
            found = _error(401, "User not authenticated")
        else:
            found = self._handle(name, words, call)
        return self._dressed(self._said(found, call, words), call, session)

    def _login(self, call: Call) -> Answer:
        if call.method != "POST":
            return Answer(405, (("Allow", "POST"), _HTML))
        reply = self._site.gate.login(call, empty_is_missing=True)
        headers: Headers = (("Content-type", "application/json"),)
        if reply.status == 500:
            return Answer(500, (_HTML,))
        said = {"token": reply.token} if reply.token else {"error": reply.error}
        return Answer(reply.status, headers, Text(php_json(said)))

    def _known(self, call: Call, session: str) -> bool:
        gate = self._site.gate
        if gate.user_of_session(call.cookie):
            return True  # the cookie is a credential, whatever the token says
        # PHP looks the header up by this very spelling.
        words = (call.header("Authorization", exact=True) or "").split(" ")
        user = gate.user_of_token(words[1], call.client) if len(words) > 1 else None
        if user:
            gate.remember(session, user)
        return user is not None

    def _handle(self, name: str, words: tuple[str, ...], call: Call) -> _Found:
        if name.startswith(("project", "bids_file", "release")):
            return self._project(name, words, call)
        if name == "candidates":
            return _Found(self._documents.candidates_tag, self._documents.candidates)
        if not 1_000_000 <= int(words[0]) <= 9_999_999:
            return _error(400, "Invalid CandID format")
        candidate = self._site.study.by_id.get(words[0])
        if candidate is None:
            return _error(404, "Unknown CandID")
        if name == "candidate":
            return _Found(
                self._documents.candidate_tag(candidate), self._documents.candidate(candidate)
            )
        session = candidate.by_visit.get(words[1])
        if session is None:
            return _error(404, f"Invalid visit {words[1]}")
        return self._visit(name, words[2:], candidate, session, call)

    def _visit(
        self, name: str, words: tuple[str, ...], one: Candidate, session: Session, call: Call
    ) -> _Found:
        documents, inherited = self._documents, self._documents.candidate_tag(one)
        if name == "visit":
            return _Found(inherited, documents.visit(one, session))
        if name == "images":
            return _Found(inherited, documents.images(session))
        if name == "scans":
            return _Found(inherited, documents.scans(session))
        if name == "instrument":
            if words[0] != "handedness":
                return _error(404, "Invalid instrument")
            return _Found(inherited, documents.handedness(one, session))
        if name == "scans_file":
            return self._file(self._site.archive.scans(session, words[0], call.edition))
        if name == "image_bids_file":
            # The image's name in the path is decoration: the last part is looked up.
            image = session.by_bids_name.get(words[1])
            if image is None:
                return _error(404, "File not found")
            return self._file(self._site.archive.bids(session, image, words[1], call.edition))
        image = session.by_minc_name.get(words[0]) or _by_end(session, words[0])
        if image is None:
            return _error(404, "File not found")
        if name == "qc":
            return _Found("", documents.qc(image))
        stored = self._site.archive.minc(image, call.edition)
        if name == "image_bids":
            return _Found(stored.tag_a, documents.image_bids(image))
        return _Found(stored.tag_a, file=stored, media=stored.minc_media)

    def _project(self, name: str, words: tuple[str, ...], call: Call) -> _Found:
        documents, archive = self._documents, self._site.archive
        if name == "projects":
            return _Found(tag(php_json(documents.projects).decode()), documents.projects)
        if words[0].lower() != self.project:
            return _error(404, {"error": "Invalid project"})
        if name == "bids_file":
            stored = archive.study_file(words[1], call.edition)
            return replace(self._file(stored, 500), tag=BIDS_TAG if stored else None)
        if name == "release":
            stored = archive.release(words[1], call.edition)
            return replace(self._file(stored), tag=RELEASES_TAG if stored else None)
        part = words[1] if name == "project_part" else ""
        if part == "bids":
            return _Found(BIDS_TAG, self._bids_list)
        if part == "images":
            return self._images(call)
        if part == "data_releases":
            return _Found(RELEASES_TAG, documents.releases())
        whole_project = documents.project
        if part:
            key = part.capitalize()
            return _Found(PROJECT_TAG, {"Meta": whole_project["Meta"], key: whole_project[key]})
        return _Found(PROJECT_TAG, whole_project)

    def _images(self, call: Call) -> _Found:
        since = None
        if text := parse_qs(call.query).get("since", [""])[0]:
            try:
                since = datetime.fromisoformat(text)
            except ValueError:
                return _error(400, {"error": "Invalid date"})
            since = since if since.tzinfo else since.replace(tzinfo=ZONE)
        document = self._documents.project_images(since) if since else self._image_list
        return _Found(self._documents.project_images_tag, document)

    @cached_property
    def _bids_list(self) -> Text:
        return Text(php_json(self._documents.bids()))

    @cached_property
    def _image_list(self) -> Text:
        return Text(php_json(self._documents.project_images(None)))

    @staticmethod
    def _file(stored: StoredFile | None, missing: int = 404) -> _Found:
        if stored is None:
            return _error(404, "File not found") if missing == 404 else _Found(None, status=missing)
        ends = {".json": "application/json", ".tsv": "text/tsv;charset=UTF-8"}
        end = "." + stored.name.rpartition(".")[2]
        # Everything else is called text/plain, compressed images too; Apache adds the charset.
        media = ends.get(end, "text/plain;charset=UTF-8")
        media = "text/csv;charset=UTF-8" if end == ".csv" else media
        return _Found(stored.tag_a, file=stored, media=media)

    def _said(self, found: _Found, call: Call, words: tuple[str, ...]) -> Answer:
        if found.file is None:
            body: Body = found.document if isinstance(found.document, Text) else Text(b"")
            if found.document is not None and not isinstance(found.document, Text):
                body = Text(php_json(found.document))
            answer = Answer(found.status, (_HTML,), body)
        else:
            name = found.file.name
            answer = Answer(
                200,
                (
                    ("Content-Type", found.media),
                    ("Cache-control", "private"),
                    ("Content-Disposition", f"attachment; filename={name}"),
                ),
                found.file.body,
            )
        if found.tag is None:
            return answer
        answer = answer.with_headers(("ETag", found.tag))
        # Plain equality of the whole value: quotes, W/ and * never match. HEAD does not look.
        if call.method == "GET" and call.header("If-None-Match") == found.tag:
            return Answer(304, (("ETag", found.tag),))
        return answer

    def _dressed(self, answer: Answer, call: Call, session: str | None) -> Answer:
        headers = answer.headers
        names = {name.lower() for name, _ in headers}
        headers += tuple(pair for pair in _SESSION_HEADERS if pair[0].lower() not in names)
        if session and not call.cookie:
            headers += (("Set-Cookie", f"PHPSESSID={session}; path=/; HttpOnly"),)
        answer = replace(answer, headers=headers, sized=not self._site.options.fpm)
        if answer.status != 200 or call.method == "HEAD":
            return answer
        return self._deflated(_ranged(answer, call), call)

    def _deflated(self, answer: Answer, call: Call) -> Answer:
        media = answer.header("Content-Type") or ""
        wanted = self._site.options.deflate and call.wants_gzip
        if not wanted or answer.status != 200 or not media.startswith(("text/html", "text/plain")):
            return answer
        added = (("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
        return replace(answer.with_headers(*added), body=Gzipped(answer.body), sized=False)


def _by_end(session: Session, name: str) -> Image | None:
    """Find as SQL's LIKE '%NAME' does, the last row winning."""
    ends = [image for image in session.images if image.minc_name.endswith(name)]
    return ends[-1] if ends else None


def _ranged(answer: Answer, call: Call) -> Answer:
    """Honour a Range, but only for a body below about 8 kB."""
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", call.header("Range") or "")
    size = answer.body.size if match else 0
    if match is None or size >= _RANGE_LIMIT or int(match[1]) >= size:
        return answer
    first, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
    part = Text(whole(answer.body)[first : last + 1])
    partial = answer.with_headers(("Content-Range", f"bytes {first}-{last}/{size}"))
    return replace(partial, status=206, body=part)
