"""What a server tells with a login: project, rights, what it offers. Everything is read only."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preventad_tui.core.asking import ask_json
from preventad_tui.core.doctor import Check, note, problem, well
from preventad_tui.core.doctor_release import ReleaseFacts
from preventad_tui.core.errors import NoPermission, NotLoris, PreventADError, ServerError
from preventad_tui.core.http import HttpClient, TokenBox
from preventad_tui.core.limits import Limits
from preventad_tui.core.listing import Listing, rows_of
from preventad_tui.core.listing_minc import read_images_listing
from preventad_tui.core.loris import Loris
from preventad_tui.core.reading import refuse_nothing
from preventad_tui.core.server import ServerInfo
from preventad_tui.core.text import human_duration, plural
from preventad_tui.core.tls import context_for

_DEV = "v0.0.4-dev"


def token_check(tokens: TokenBox) -> Check:
    """How long the login lasts."""
    left_s = tokens.left_s(time.time())
    if left_s is None:
        return note("token", "does not say when it ends", "Log in again when a run is refused.")
    return well("token", f"ends in {human_duration(left_s)}")


@dataclass(slots=True)
class Examination:
    """Asks one project of a server with the login's token; facts for the guess are collected."""

    info: ServerInfo
    loris: Loris
    project: str
    limits: Limits
    ca_file: Path | None
    facts: ReleaseFacts

    async def checks(self) -> list[Check]:
        """Candidates, images, BIDS, QC and data releases.

        Raises:
            ServerError, TokenRejected: the server stopped answering, or the login ended.
        """
        async with self.loris.worker_client() as client:
            candidates = await self._candidates(client)
            listing, images = await self._images(client)
            found = [candidates, images]
            if self.facts.generation == "B":
                await self._release_facts(client, listing)
            found.append(await self._bids_check(client))
            if listing is not None and listing.images:
                found.append(_qc_check(listing))
            found.append(await self._releases_check(client))
        return found

    async def _candidates(self, client: HttpClient) -> Check:
        try:
            answer = await self._json(client, "/candidates")
            rows = rows_of(answer, "Candidates", self.info.server.origin.netloc)
        except (NoPermission, ServerError) as error:
            return problem("candidates", await self._explained(error))
        self.facts.ids = [one.get("CandID") for one in rows if isinstance(one, dict)]
        return well("candidates", f"{plural(len(rows), 'candidate')} shown to this account")

    async def _images(self, client: HttpClient) -> tuple[Listing | None, Check]:
        host = self.info.server.origin.netloc
        try:
            answer = await self._json(client, f"/projects/{self.project}/images")
            listing = await asyncio.to_thread(read_images_listing, answer, host)
            refuse_nothing(listing, host)
        except (NoPermission, ServerError) as error:
            return None, problem("images", await self._explained(error))
        return listing, well("images", f"{plural(len(listing.images), 'image')} (MINC) listed")

    async def _release_facts(self, client: HttpClient, listing: Listing | None) -> None:
        facts = self.facts
        if facts.ids:
            facts.unknown_candidate = await _status(client, f"/candidates/{_no_id(facts.ids)}")
        if listing is not None and listing.images:
            status = await _status(client, f"{listing.images[0].links[0]}/format/none")
            facts.has_formats = status == 415
        if facts.statuses.get(_DEV) == 401:
            origin = self.info.server.origin
            async with HttpClient(
                origin,
                f"/api/{_DEV}",
                self.loris.tokens,
                limits=self.limits,
                ssl_context=context_for(origin, self.ca_file),
            ) as other:
                try:
                    answer = await self._json(other, f"/projects/{self.project}")
                except (NoPermission, ServerError):
                    return
            facts.has_cohorts = isinstance(answer, dict) and "Cohorts" in answer

    async def _bids_check(self, client: HttpClient) -> Check:
        if await _status(client, f"/projects/{self.project}/bids") == 200:
            return well("bids", "the server has its own BIDS tree")
        if self.facts.has_formats:
            return well("bids", "made from the images' formats, under the published names")
        if self.facts.has_formats is None and self.facts.generation == "B":
            return note("bids", "not known: no image is shown", "See the line “images”.")
        return note("bids", "not offered", "Choose MINC there: -t minc.")

    async def _releases_check(self, client: HttpClient) -> Check:
        if await _status(client, f"/projects/{self.project}/data_releases") == 200:
            return well("data releases", "offered", "Fetch them with: get --data-releases")
        return well("data releases", "not offered")

    async def _explained(self, error: PreventADError) -> PreventADError:
        if isinstance(error, NotLoris) and error.reason == "html":
            return await self.loris.explain_page()
        return error

    async def _json(self, client: HttpClient, link: str) -> Any:
        limits = self.limits
        return await ask_json(
            client,
            link,
            max_bytes=limits.catalogue_max_bytes,
            timeout_s=limits.catalogue_timeout_s,
        )


def _qc_check(listing: Listing) -> Check:
    rated = sum(bool(image.qc_status) for image in listing.images)
    if rated:
        return well("qc", f"{plural(rated, 'image')} rated")
    return well("qc", "no image is rated")


async def _status(client: HttpClient, link: str) -> int:
    """The status of an answer whose body is not wanted."""
    async with client.stream(link) as answer:
        return answer.status


def _no_id(ids: Sequence[object]) -> str:
    """A well-formed id that nobody has."""
    taken = {str(one) for one in ids}
    digits = len(max(taken, key=len))
    number = 10**digits - 1
    while str(number) in taken:
        number -= 1
    return str(number)
