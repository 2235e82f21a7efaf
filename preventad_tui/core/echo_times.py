"""Which of a fieldmap pair is the first echo: asked only where a download needs to know.

The 4,397 pairs of the whole study would be 8,794 requests with the catalogue, for 15 pairs that
differ from the usual rule. So the catalogue has the usual names (the paths of a pair are the same
two either way, so plans and totals hold), and before files are fetched the sidecars of the pairs
among them are read. The answer comes from the first that has it:

1. the output folder's ledger: what was fetched from which image under which name stays so;
2. the answers kept in the user's cache folder, so that a run that was killed, and every other
   folder, asks for no pair again; they also name the pairs whenever the catalogue is read;
3. the server: the `bidsjson` of both images.

A pair whose sidecars are missing (404) or have no two different echo times keeps the usual names.
"""

import asyncio
import hashlib
import json
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from preventad_tui.core.asking import ask_json, for_each, is_about_the_answer
from preventad_tui.core.bids_names import magnitude_pairs, named_pair, sidecar_link
from preventad_tui.core.errors import NoPermission, NotLoris, ServerError, Unreachable
from preventad_tui.core.http import HttpClient
from preventad_tui.core.layout import image_files
from preventad_tui.core.ledger_line import LedgerLine
from preventad_tui.core.limits import Limits
from preventad_tui.core.model import Catalogue, DataType, Image
from preventad_tui.core.paths import ensure_private_dir, write_private
from preventad_tui.core.retry import backoff_s

EchoTimes = dict[str, float | None]
"""Seconds by sidecar link; None where the sidecar is missing or does not say."""

FORMAT = 1
_KEPT_EVERY = 200


@dataclass(slots=True)
class Pairs:
    """The fieldmap pairs that a selection means, and what is known of them.

    `settled` holds images by index, under their right names; `open` the pairs still to be asked.
    """

    settled: dict[int, Image] = field(default_factory=dict)
    open: list[tuple[int, int]] = field(default_factory=list)

    def links_to_ask(self, catalogue: Catalogue, known: Mapping[str, float | None]) -> list[str]:
        """The sidecars of the open pairs that nothing is known of."""
        links = [sidecar_link(catalogue.images[index]) for pair in self.open for index in pair]
        return [link for link in links if link not in known]

    def settle(self, catalogue: Catalogue, answers: Mapping[str, float | None]) -> None:
        """Name the open pairs by the server's answers."""
        for first, second in self.open:
            pair = catalogue.images[first], catalogue.images[second]
            self.settled |= dict(zip((first, second), _by_echo(pair, answers), strict=True))
        self.open = []

    def apply(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue with the settled names; indices, keys and digest stay."""
        if not self.settled:
            return catalogue
        images = list(catalogue.images)
        for index, image in self.settled.items():
            images[index] = image
        return replace(catalogue, images=tuple(images))


def find_pairs(
    catalogue: Catalogue,
    selected: Iterable[int],
    known: Mapping[str, float | None],
    lines: Mapping[str, LedgerLine],
) -> Pairs:
    """The pairs with a selected image, settled where ledger or kept answers have them."""
    pairs = Pairs()
    if not catalogue.stock_notes or catalogue.type is not DataType.BIDS:
        return pairs
    images = catalogue.images
    wanted = set(selected)
    for first, second in magnitude_pairs(enumerate(images)):
        if first not in wanted and second not in wanted:
            continue
        pair = images[first], images[second]
        named = _as_fetched(pair, lines)
        if named is None and all(sidecar_link(image) in known for image in pair):
            named = _by_echo(pair, known)
        if named is None:
            pairs.open.append((first, second))
        else:
            pairs.settled |= {first: named[0], second: named[1]}
    return pairs


def _by_echo(pair: tuple[Image, Image], answers: Mapping[str, float | None]) -> tuple[Image, Image]:
    first_s, second_s = (answers.get(sidecar_link(image)) for image in pair)
    is_swapped = first_s is not None and second_s is not None and first_s > second_s
    return named_pair(*pair, is_swapped=is_swapped)


def _as_fetched(
    pair: tuple[Image, Image], lines: Mapping[str, LedgerLine]
) -> tuple[Image, Image] | None:
    """The pair as its files lie in the folder, if any of them does."""
    if not lines:
        return None
    for named in (named_pair(*pair, is_swapped=False), named_pair(*pair, is_swapped=True)):
        files = (file for image in named for file in image_files(image, DataType.BIDS))
        if any((line := lines.get(file.path)) and line.link == file.link for file in files):
            return named
    return None


# Asking


async def ask_echo_times(
    client: HttpClient,
    links: Sequence[str],
    *,
    at_once: int,
    limits: Limits,
    on_answer: Callable[[str, float | None], None],
) -> int:
    """Read sidecars; `on_answer` gets each link with its echo time in seconds.

    Returns how many could not be read, after several attempts; nothing is said of those.

    Raises:
        TokenRejected, Unreachable, NotLoris: the way to the server, or the login, is not there.
    """
    unread = 0

    async def read(link: str) -> None:
        nonlocal unread
        try:
            on_answer(link, _echo_time(await _ask(client, link, limits)))
        except (ServerError, NoPermission) as error:
            if not is_about_the_answer(error):
                raise
            if error.reason == "http-404":
                on_answer(link, None)
            else:
                unread += 1

    await for_each(links, at_once, read)
    return unread


async def _ask(client: HttpClient, link: str, limits: Limits) -> Any:
    """The sidecar; what may pass (an outage, 5xx, 429) is asked again as files are."""
    rng = random.Random()  # noqa: S311 - spreads retries, guards nothing
    for attempt in range(1, limits.attempts + 1):
        try:
            return await ask_json(
                client, link, max_bytes=limits.json_max_bytes, timeout_s=limits.header_timeout_s
            )
        except (Unreachable, ServerError) as error:
            may_pass = isinstance(error, Unreachable) or error.reason.startswith(
                ("http-5", "http-429")
            )
            if not may_pass or attempt == limits.attempts:
                raise
        await asyncio.sleep(backoff_s(attempt, limits, rng))
    raise NotLoris("No attempt was allowed.")  # limits.attempts is at least 1


def _echo_time(sidecar: Any) -> float | None:
    value = sidecar.get("EchoTime") if isinstance(sidecar, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value > 0 else None


# Remembering


class Keeper:
    """Takes answers and has them kept now and then, so that a killed run loses few."""

    def __init__(self, answers: EchoTimes, keep: Callable[[], None]) -> None:
        self.count = 0
        self._answers = answers
        self._keep = keep
        self._unkept = 0

    def add(self, link: str, echo_s: float | None) -> None:
        """Take an answer."""
        self._answers[link] = echo_s
        self.count += 1
        self._unkept += 1
        if self._unkept >= _KEPT_EVERY:
            self.keep()

    def keep(self) -> None:
        """Keep what is not kept yet."""
        if self._unkept:
            self._unkept = 0
            self._keep()


def load_answers(server: str, project: str, folder: Path) -> EchoTimes:
    """The answers kept from earlier runs; none where they cannot be read."""
    try:
        value = json.loads(_path(server, project, folder).read_bytes())
        found = value["echo_s"] if value["format"] == FORMAT else {}
        return {
            link: None if time is None else float(time)
            for link, time in found.items()
            if isinstance(link, str)
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def keep_answers(answers: EchoTimes, server: str, project: str, folder: Path) -> None:
    """Add answers to those kept; of two programs at once one may lose its own, never a file.

    Raises:
        NotWritable: the cache folder cannot be written.
    """
    ensure_private_dir(folder)
    value = {"format": FORMAT, "echo_s": load_answers(server, project, folder) | answers}
    write_private(_path(server, project, folder), json.dumps(value).encode())


def _path(server: str, project: str, folder: Path) -> Path:
    name = hashlib.sha256(f"{server}\n{project}".encode()).hexdigest()[:16]
    return folder / f"echo-times-{name}.json"
