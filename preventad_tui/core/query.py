"""The filter as one types it, read word by word, and how it was read.

A word that is a modality, a visit, an arm, the stem of visits (`prefu`) or a candidate means
exactly that, and `qc:pass`, `qc:fail` or `qc:unrated` the server's rating; words of one kind are
alternatives, kinds narrow each other. `releases` means the tables of the data releases and no
image. Any other word, and any word after `~`, is part of a name, of an
image or a table. So no modality's name ever matches another's.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import product, repeat
from operator import contains
from typing import TYPE_CHECKING

from preventad_tui.core.modality import ALIASES, arm_of
from preventad_tui.core.quality import qc_mask
from preventad_tui.core.regions import EVERYTHING, Mask, Region, mask_and
from preventad_tui.core.releases import FOLDER
from preventad_tui.core.text import Clean, clean

if TYPE_CHECKING:
    from preventad_tui.core.catalogue import CatalogueIndex

_SHORTEST_STEM = 3
_QC = "qc:"
_TABLES = frozenset({FOLDER, FOLDER.partition("_")[2]})


class WordKind(StrEnum):
    """What a word of the filter was read as."""

    MODALITY = "modality"
    VISIT = "visit"
    CANDIDATE = "candidate"
    QC = "QC"
    TABLES = "data releases"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the filter; `names` are the catalogue's names that it means."""

    text: Clean
    kind: WordKind
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A filter as read: which images of the catalogue it shows (`matches`, a mask).

    `tables` are the names of the data releases' tables that it shows.
    `regions` say the same as regions, None where parts of names or ratings are in play. `sentence`
    is for people: `modalities t1w, bold; visits PREFU12 24 36 48`.
    """

    words: tuple[Word, ...]
    sentence: Clean
    regions: tuple[Region, ...] | None
    matches: Mask
    tables: frozenset[str] = frozenset()

    @property
    def count(self) -> int:
        """How many images it shows."""
        return self.matches.count(1)

    def __bool__(self) -> bool:
        return bool(self.words)


def read_query(text: str, index: "CatalogueIndex") -> Query:
    """Read what was typed; every text can be read, one that fits nothing shows nothing."""
    regions = index.regions
    words = tuple(_read_word(word, index) for word in text.split() if word != "~")
    modalities = _names(words, WordKind.MODALITY)
    visits = _names(words, WordKind.VISIT)
    candidates = _names(words, WordKind.CANDIDATE)
    parts = [name for word in words if word.kind is WordKind.NAME for name in word.names]
    matches: Mask = b"\1" * regions.count
    for wanted in (
        [Region(modality=name) for name in modalities],
        [Region(visit=name) for name in visits],
        [Region(candidate=name) for name in candidates],
    ):
        if wanted:
            matches = mask_and(matches, regions.covered_by(wanted))
    for part in parts:
        named = bytes(map(contains, regions.searchable_names, repeat(part)))
        matches = mask_and(matches, named)
    ratings = _names(words, WordKind.QC)
    if ratings:
        matches = mask_and(matches, qc_mask(regions.images, ratings))
    exact = None if parts or ratings else tuple(_combinations(candidates, visits, modalities))
    kinds = {word.kind for word in words}
    if WordKind.TABLES in kinds:
        exact, matches = (), bytes(regions.count)
    tables: frozenset[str] = frozenset()
    if kinds <= {WordKind.TABLES, WordKind.NAME}:
        tables = index.tables.named_like(parts)
    return Query(words, _sentence(words), exact, matches, tables)


def _read_word(word: str, index: "CatalogueIndex") -> Word:
    text, regions = clean(word), index.regions
    if word.startswith("~"):
        return Word(text, WordKind.NAME, (word[1:].casefold(),))
    folded = word.casefold()
    if folded.startswith(_QC):
        return Word(text, WordKind.QC, (folded.removeprefix(_QC),))
    readings: tuple[tuple[WordKind, str, tuple[str, ...]], ...] = (
        (WordKind.MODALITY, ALIASES.get(folded, folded), regions.modalities),
        (WordKind.VISIT, folded.removeprefix("ses-"), regions.visits),
        (WordKind.CANDIDATE, folded.removeprefix("sub-"), regions.candidates),
    )
    for kind, wanted, known in readings:
        names = tuple(name for name in known if name.casefold() == wanted)
        if names:
            return Word(text, kind, names)
    if folded in _TABLES and index.tables:
        return Word(text, WordKind.TABLES, (folded,))
    visits = tuple(visit for visit in regions.visits if folded in _stems(visit))
    if visits:
        return Word(text, WordKind.VISIT, visits)
    return Word(text, WordKind.NAME, (folded,))


def _stems(visit: str) -> set[str]:
    """The words that mean this visit among others: its arm, and its label without the months."""
    stems = {arm_of(visit), visit.rstrip("0123456789")} - {visit}
    return {stem.casefold() for stem in stems if len(stem) >= _SHORTEST_STEM}


def _names(words: Iterable[Word], kind: WordKind) -> tuple[str, ...]:
    found = (name for word in words if word.kind is kind for name in word.names)
    return tuple(dict.fromkeys(found))


def _combinations(*kinds: tuple[str, ...]) -> Iterable[Region]:
    if not any(kinds):
        yield EVERYTHING
        return
    for names in product(*(kind or (None,) for kind in kinds)):
        yield Region(*names)


def _sentence(words: tuple[Word, ...]) -> Clean:
    clauses = []
    kinds: tuple[tuple[WordKind, str, str, Callable[[tuple[str, ...]], str]], ...] = (
        (WordKind.MODALITY, "modality", "modalities", ", ".join),
        (WordKind.VISIT, "visit", "visits", short_visits),
        (WordKind.CANDIDATE, "candidate", "candidates", ", ".join),
        (WordKind.QC, "QC", "QC", ", ".join),
    )
    for kind, singular, several, joined in kinds:
        names = _names(words, kind)
        if names:
            clauses.append(f"{singular if len(names) == 1 else several} {joined(names)}")
    if _names(words, WordKind.TABLES):
        clauses.append("data releases")
    parts = _names(words, WordKind.NAME)
    if parts:
        clauses.append("names with " + " and ".join(f"“{part}”" for part in parts))
    return clean("; ".join(clauses))


def short_visits(visits: tuple[str, ...]) -> str:
    """Visit labels with what they share written once: `PREFU12 24 36 48, NAPBL00`."""
    groups: dict[str, list[str]] = {}
    for visit in visits:
        match = re.fullmatch(r"(.*?)(\d*)", visit, re.DOTALL)
        stem, months = match.groups() if match else (visit, "")
        groups.setdefault(stem, []).append(months)
    return ", ".join(stem + " ".join(months) for stem, months in groups.items())
