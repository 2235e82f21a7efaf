"""Reading what a server offers: which listings are asked, and what stands in for missing ones.

BIDS   /projects/P/bids, else (a stock server) the MINC listing under BIDS names
MINC   /projects/P/images and /candidates, else the walk
both   /projects/P/data_releases; for the old BIDS listing, QC from /projects/P/images
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from preventad_tui.core.asking import is_about_the_answer
from preventad_tui.core.errors import (
    NoBidsEndpoint,
    NoPermission,
    NotLoris,
    PreventADError,
    ServerError,
)
from preventad_tui.core.json_text import Shrink
from preventad_tui.core.listing import Listing
from preventad_tui.core.listing_bids import read_bids_listing, shrink_bids
from preventad_tui.core.listing_minc import read_candidates, read_images_listing, shrink_images
from preventad_tui.core.listing_stock import as_bids
from preventad_tui.core.listing_walk import walk
from preventad_tui.core.model import Candidate, Image
from preventad_tui.core.releases import read_releases

_NOT_OFFERED = frozenset({"http-404", "http-405", "http-501"})
_WALK_INSTEAD = _NOT_OFFERED | {"http-403", "http-500"}


class Ask(Protocol):
    """Gives the JSON value at a small link, or raises."""

    async def __call__(self, link: str) -> Any:
        """Ask with the token."""


class AskList(Protocol):
    """Gives the JSON value of a long listing, its rows made smaller, or raises."""

    async def __call__(self, link: str, shrink: Shrink, since: str = "") -> Any:
        """Ask with the token; `since` leaves out what is older."""


class Reader:
    """Reads one project's listings by one client.

    `ask` is for small answers, `ask_list` for large ones; `refuse_unknown_project` raises where
    the project is the reason for a 404.
    """

    def __init__(
        self,
        ask: Ask,
        ask_list: AskList,
        refuse_unknown_project: Callable[[str], Any],
        *,
        project: str,
        host: str,
        on_visit: Callable[[int], None],
    ) -> None:
        self._ask = ask
        self._ask_list = ask_list
        self._refuse_unknown_project = refuse_unknown_project
        self._project = project
        self._host = host
        self._on_visit = on_visit

    async def bids(self) -> Listing:
        """All images in BIDS.

        Raises:
            NoBidsEndpoint: the server has MINC only.
            TokenRejected, NoPermission, ServerError, UsageError.
        """
        try:
            answer = await self._ask_list(f"/projects/{self._project}/bids", shrink_bids)
        except ServerError as error:
            if error.reason not in _NOT_OFFERED:
                raise
            return await self._stock_bids()
        listing = await asyncio.to_thread(read_bids_listing, answer, self._host)
        if listing.images:
            await self._add_quality(listing)
            await self._add_releases(listing)
        return listing

    async def minc(self) -> Listing:
        """All MINC images, and the participants' entries."""
        listing = await self._minc()
        if listing.images:
            await self._add_releases(listing)
        return listing

    async def minc_since(self, since: str) -> Listing:
        """The MINC images that came later than `since` (ISO 8601 with an offset)."""
        answer = await self._ask_list(f"/projects/{self._project}/images", shrink_images, since)
        return await asyncio.to_thread(read_images_listing, answer, self._host)

    async def _minc(self) -> Listing:
        try:
            answer = await self._ask_list(f"/projects/{self._project}/images", shrink_images)
        except (ServerError, NoPermission) as error:
            if error.reason not in _WALK_INSTEAD:
                raise
            await self._refuse_unknown_project(self._project)
            return await walk(
                self._ask, project=self._project, host=self._host, on_visit=self._on_visit
            )
        listing = await asyncio.to_thread(read_images_listing, answer, self._host)
        await self._add_candidates(listing)
        return listing

    async def _stock_bids(self) -> Listing:
        minc = await self._minc()
        if not minc.images:
            return minc
        listing = await asyncio.to_thread(as_bids, minc)
        if not listing.images or not await self._has_formats(minc.images):
            raise NoBidsEndpoint(
                f"{self._host} is a LORIS server that has its images in MINC only.",
                "Choose MINC there: -t minc.",
                "no-bids",
            )
        await self._add_releases(listing)
        return listing

    async def _has_formats(self, images: Sequence[Image]) -> bool:
        """Whether it is LORIS 24.1 or later, which converts.

        Those refuse a format that nobody has heard of with 415, as older ones do not: there the
        whole link is unknown. So one small request tells, whatever files there are.
        """
        try:
            await self._ask(f"{images[0].links[0]}/format/none")
        except NoPermission:
            return True
        except ServerError as error:
            if not is_about_the_answer(error):
                raise
            return error.reason not in _NOT_OFFERED
        return True

    async def _add_candidates(self, listing: Listing) -> None:
        """Complete the candidates by their own entries; without them the rest still works."""
        try:
            answer = await self._ask("/candidates")
            entries, skipped = read_candidates(answer, self._project, self._host)
        except (ServerError, NoPermission) as error:
            if error.reason != "redirect" and not is_about_the_answer(error):
                raise
            listing.notes.append(f"the candidates' entries cannot be read: {error.message}")
            return
        listing.rows_skipped += skipped
        known: dict[str, Candidate] = {one.candidate: one for one in listing.candidates}
        listing.candidates = list((known | {one.candidate: one for one in entries}).values())

    async def _add_quality(self, listing: Listing) -> None:
        """QC and the newest image's time for the old BIDS listing, joined by the MINC file."""
        asked = self._ask_list(f"/projects/{self._project}/images", shrink_images)
        answer = await self._optional(listing, asked)
        if answer is None:
            listing.notes.append("the server's list of images, with the QC, cannot be read")
            return
        minc = await asyncio.to_thread(read_images_listing, answer, self._host)
        rated = {one.key: (one.qc_status, one.qc_selected) for one in minc.images}
        listing.images = [
            one._replace(qc_status=found[0], qc_selected=found[1])
            if (found := rated.get(one.key)) and any(found)
            else one
            for one in listing.images
        ]
        listing.newest = minc.newest

    async def _add_releases(self, listing: Listing) -> None:
        asked = self._ask(f"/projects/{self._project}/data_releases")
        answer = await self._optional(listing, asked)
        if answer is not None:
            listing.releases, skipped = read_releases(answer)
            listing.rows_skipped += skipped

    async def _optional(self, listing: Listing, asked: Awaitable[Any]) -> Any:
        """What a server may have or not; None where it has not, or does not show it.

        What a list cannot do without came by then, so that a redirect is no network's sign-in.
        """
        try:
            return await asked
        except (ServerError, NoPermission) as error:
            if error.reason == "redirect":
                listing.notes.append(error.message.removesuffix("."))
            elif not is_about_the_answer(error):
                raise
            return None


def refuse_nothing(listing: Listing, host: str) -> None:
    """Stop where a listing has no image.

    Raises:
        NotLoris: rows came, but none was understood.
        NoPermission: none came: so LORIS answers an account without imaging rights.
    """
    if listing.images:
        return
    error: PreventADError
    if listing.rows:
        error = NotLoris(
            f"None of the {listing.rows} rows that {host} lists was understood.",
            "It may be a newer LORIS: look for an update of this program.",
            "rows",
        )
    else:
        error = NoPermission(
            f"{host} shows no images to this account.",
            "Ask the project's people for access to the imaging data.",
            "no-images",
        )
    raise error
