"""The walk: candidates, their visits, their images, one request each.

For servers without a one-request listing, or accounts that may not read it: 1,684 requests for the
whole study, so it is the last resort.
"""

from collections.abc import Callable
from typing import Any, Protocol

from preventad_tui.core.asking import for_each, is_about_the_answer
from preventad_tui.core.errors import NoPermission, ServerError
from preventad_tui.core.listing import Listing, id_text, rows_of, word
from preventad_tui.core.listing_minc import minc_image, read_candidates
from preventad_tui.core.model import Candidate, Image
from preventad_tui.core.names import is_safe_component
from preventad_tui.core.text import plural

_AT_ONCE = 4
_NAMED = 5


class Ask(Protocol):
    """Gives the JSON value at a link, or raises."""

    async def __call__(self, link: str) -> Any:
        """Ask with the token."""


async def walk(ask: Ask, *, project: str, host: str, on_visit: Callable[[int], None]) -> Listing:
    """All MINC images by candidate and visit; `on_visit` gets the visits read so far.

    What one candidate's or visit's answer spoils is left out and said in the notes (an unknown
    candidate is a 500 page from LORIS 24.1 on); faults of the way there, and of the login, end it.

    Raises:
        TokenRejected, NoPermission, ServerError: the candidates cannot be read at all.
    """
    listing = Listing()
    found, skipped = read_candidates(await ask("/candidates"), project, host)
    listing.candidates = found
    listing.rows_skipped += skipped
    listing.rows += len(found) + skipped
    branches = _Branches(ask, host, listing, on_visit)
    await for_each(found, _AT_ONCE, branches.read_candidate)
    if branches.failed:
        named = ", ".join(sorted(branches.failed)[:_NAMED])
        more = "" if len(branches.failed) <= _NAMED else ", ..."
        count = plural(len(branches.failed), "branch", "branches")
        listing.notes.append(f"{count} could not be read: {named}{more}")
    return listing


class _Branches:
    def __init__(
        self, ask: Ask, host: str, listing: Listing, on_visit: Callable[[int], None]
    ) -> None:
        self.failed: list[str] = []
        self._ask = ask
        self._host = host
        self._listing = listing
        self._on_visit = on_visit
        self._visits = 0

    async def read_candidate(self, candidate: Candidate) -> None:
        name = candidate.candidate
        for given in await self._rows(f"/candidates/{name}", "Visits", name):
            visit = id_text(given)
            self._listing.rows += 1
            if not visit:
                self._listing.rows_skipped += 1
                continue
            await self._read_visit(name, visit)
            self._visits += 1
            self._on_visit(self._visits)

    async def _read_visit(self, candidate: str, visit: str) -> None:
        link = f"/candidates/{candidate}/{visit}/images"
        for row in await self._rows(link, "Files", f"{candidate}/{visit}"):
            self._listing.rows += 1
            image = _image(candidate, visit, row)
            if image is None:
                self._listing.rows_skipped += 1
            else:
                self._listing.images.append(image)

    async def _rows(self, link: str, key: str, branch: str) -> list[Any]:
        try:
            return rows_of(await self._ask(link), key, self._host)
        except (ServerError, NoPermission) as error:
            if not is_about_the_answer(error):
                raise
            self.failed.append(branch)
            return []


def _image(candidate: str, visit: str, row: object) -> Image | None:
    file = row.get("Filename") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(file, str) or not is_safe_component(file):
        return None
    return minc_image(candidate, visit, file, word(row.get("AcquisitionType")))
