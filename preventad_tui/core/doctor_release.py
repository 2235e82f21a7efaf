"""Which LORIS release a server probably is, by what it answers.

No LORIS tells its release. Each fact below was read in the sources of the releases, or seen on
real servers (22.0.4, 26.0.5, 28.0.1); each leaves a range, and the guess is what all leave. A
site may have patched anything, so a fact that fits to none of the others is left aside.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_RELEASES = ("22", "23", "24.0", "24.1", "25", "26", "27", "28")
_ENOUGH_IDS = 6
"""So many ids are in order by chance once in 720 times."""


@dataclass(slots=True)
class ReleaseFacts:
    """What was seen; None where it was not asked, or could not be told.

    `statuses` are those of `/projects` without a token, by API version. `unknown_candidate` is
    the status for a well-formed id that does not exist. `ids` are the candidates' as they came.
    """

    generation: str
    statuses: dict[str, int] = field(default_factory=dict)
    has_bids_script: bool | None = None
    unknown_candidate: int | None = None
    has_formats: bool | None = None
    has_cohorts: bool | None = None
    ids: Sequence[object] = ()
    has_mfa: bool | None = None


@dataclass(frozen=True, slots=True)
class ReleaseGuess:
    """The release in words, and the facts that speak for it."""

    name: str
    because: tuple[str, ...]


def guess_release(facts: ReleaseFacts) -> ReleaseGuess:
    """The best guess from the facts."""
    if facts.generation == "A":
        return _of_generation_a(facts)
    low, high = 0, len(_RELEASES) - 1
    because = []
    for first, last, words in _ranges(facts):
        lower, upper = max(low, _RELEASES.index(first)), min(high, _RELEASES.index(last))
        if lower > upper:
            because.append(f"against it: {words}")
            continue
        if (lower, upper) != (low, high):
            because.append(words)
        low, high = lower, upper
    return ReleaseGuess(f"LORIS {_name(low, high)}", tuple(because))


def _of_generation_a(facts: ReleaseFacts) -> ReleaseGuess:
    says = "“User not authenticated” without a token"
    if facts.has_bids_script:
        return ReleaseGuess(
            "LORIS 20.1 with the PREVENT-AD override", (says, "has a script for the BIDS listing")
        )
    if facts.has_bids_script is None:
        return ReleaseGuess("LORIS 20 or 21", (says,))
    return ReleaseGuess(
        "LORIS 20 or 21 without the PREVENT-AD override", (says, "no script for BIDS")
    )


def _name(low: int, high: int) -> str:
    if high == len(_RELEASES) - 1:
        if low == high - 1:
            return f"{_RELEASES[low]}, {_RELEASES[high]} or later"
        return f"{_RELEASES[low]} or later"
    return _RELEASES[low] if low == high else f"{_RELEASES[low]} to {_RELEASES[high]}"


def _ranges(facts: ReleaseFacts) -> Iterator[tuple[str, str, str]]:
    """First and last release that a fact leaves, and the fact; the surest first."""
    oldest, newest = _RELEASES[0], _RELEASES[-1]
    served = {version for version, status in facts.statuses.items() if status == 401}
    refused = {status for status in facts.statuses.values() if status in (400, 404)}
    if "v0.0.3-dev" in served:
        yield "22", "22", "serves v0.0.3-dev"
    if "v0.0.4-dev" in served:
        yield "24.0", newest, "serves v0.0.4-dev"
    elif "v0.0.3" in served and "v0.0.4-dev" in facts.statuses:
        yield "23", "23", "serves v0.0.3 and no v0.0.4-dev"
    if 400 in refused:
        yield oldest, "24.1", "says 400 to an unknown API version"
    elif 404 in refused:
        yield "25", newest, "says 404 to an unknown API version"
    if facts.has_mfa:
        yield "28", newest, "shows a page for a second factor (MFA)"
    if facts.unknown_candidate == 500:
        yield "24.1", newest, "says 500 to an unknown candidate"
    elif facts.unknown_candidate == 404:
        yield oldest, "24.0", "says 404 to an unknown candidate"
    if facts.has_formats is not None:
        yield (
            ("24.1", newest, "converts images")
            if facts.has_formats
            else (
                oldest,
                "24.0",
                "does not convert images",
            )
        )
    if facts.has_cohorts is not None:
        yield (
            ("26", newest, "knows cohorts")
            if facts.has_cohorts
            else (
                oldest,
                "25",
                "knows no cohorts",
            )
        )
    yield from _by_ids(facts.ids)


def _by_ids(ids: Sequence[object]) -> Iterator[tuple[str, str, str]]:
    if any(isinstance(one, int) for one in ids):
        yield "24.0", "26", "lists candidates as integers"
    texts = [str(one) for one in ids]
    if texts != sorted(texts):
        yield _RELEASES[0], "26", "lists candidates in no order"
    elif len(texts) >= _ENOUGH_IDS:
        yield "27", _RELEASES[-1], "lists candidates in their order"
