"""What to download, by numbered questions: the answers become the settings that `get` reads."""

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING

from preventad_tui.core.design import ARMS, Design, TimePoints
from preventad_tui.core.modality import modality_label
from preventad_tui.core.text import plural

if TYPE_CHECKING:
    from preventad_tui.core.catalogue import CatalogueIndex
    from preventad_tui.core.config import Settings
    from preventad_tui.headless.plain_questions import Questions


def choose_by_names(ask: "Questions", index: "CatalogueIndex", settings: "Settings") -> "Settings":
    """Modalities, visits, candidates. Raises Left."""
    modalities = _ask_modalities(ask, index, "Modalities, with their images:")
    images = _images_of(index, modalities)
    counts = [len(images.intersection(index.by_visit[visit])) for visit in index.visits]
    visits = [(v, n) for v, n in zip(index.visits, counts, strict=True) if n]
    places = ask.some(
        "Visits, with their images of these modalities:",
        [f"{visit}, {plural(count, 'image')}" for visit, count in visits],
    )
    candidates = ask.text("Candidates: numbers such as 1024138,1056618, @FILE, or all", "all")
    return dataclasses.replace(
        settings,
        modalities=modalities,
        visits=tuple(visits[place][0] for place in places),
        candidates=() if candidates.casefold() == "all" else (candidates,),
        everything=not (modalities or places) and candidates.casefold() == "all",
    )


def choose_by_design(ask: "Questions", index: "CatalogueIndex", settings: "Settings") -> "Settings":
    """Who has what at which time points, then which modalities to fetch of these. Raises Left."""
    has_all = _ask_modalities(
        ask, index, "Time points that have all of these modalities (all: any):"
    )
    ways = list(TimePoints)
    way = ask.one(
        "What is one time point?",
        ["BL00 and EN00 of one arm together (in this study rest is scanned at BL, dwi at EN)",
         "each visit"],
    )  # fmt: skip
    at_least = ask.read("Candidates with at least how many such time points", "1", _read_count)
    baseline = ask.yes("Only candidates with a baseline and a follow-up?", default=False)
    same_arm = baseline and ask.yes("Baseline and follow-up of the same arm?", default=False)
    arm = ask.one("Arm:", ["both", *(f"only {arm}" for arm in ARMS)])
    design = Design(
        has_all=has_all,
        timepoints=ways[way],
        min_timepoints=at_least if at_least > 1 else 0,
        baseline_and_follow_up=baseline,
        same_arm=same_arm,
        arm=ARMS[arm - 1] if arm else "",
    )
    wanted = _ask_modalities(
        ask, index, "Fetch which modalities of these time points?", default=has_all
    )
    return dataclasses.replace(settings, design=design, modalities=wanted, everything=not wanted)


def choose_tables(ask: "Questions", index: "CatalogueIndex", settings: "Settings") -> "Settings":
    """Whether the data releases are wanted too, where the server has any. Raises Left."""
    count = len(index.tables)
    wanted = count > 0 and ask.yes(
        f"Fetch the data releases too ({plural(count, 'table')})?", default=settings.data_releases
    )
    return dataclasses.replace(settings, data_releases=wanted)


def _read_count(answer: str) -> int:
    if not answer.isascii() or not answer.isdigit() or not int(answer):
        raise ValueError("Write a number from 1.")
    return int(answer)


def _ask_modalities(
    ask: "Questions", index: "CatalogueIndex", title: str, *, default: tuple[str, ...] = ()
) -> tuple[str, ...]:
    names = index.modalities
    places = ask.some(
        title,
        [f"{modality_label(n)}, {plural(len(index.by_modality[n]), 'image')}" for n in names],
        ",".join(str(names.index(name) + 1) for name in default) or "all",
    )
    return tuple(names[place] for place in places)


def _images_of(index: "CatalogueIndex", modalities: Iterable[str]) -> set[int]:
    wanted = list(modalities) or index.modalities
    return {at for modality in wanted for at in index.by_modality[modality]}
