"""How the data in a folder want to be cited: what they say themselves, and the cohort's papers."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preventad_tui.core.text import Clean, clean

_MAX_BYTES = 1_000_000
_VALUE_LIMIT = 2000

PAPERS = (
    "Tremblay-Mercier J, Madjar C, Das S, et al. Open science datasets from PREVENT-AD, a "
    "longitudinal cohort of pre-symptomatic Alzheimer's disease. NeuroImage: Clinical "
    "2021;31:102733. https://doi.org/10.1016/j.nicl.2021.102733",
    "Breitner JCS, Poirier J, Etienne PE, Leoutsakos JM. Rationale and structure for a new center "
    "for studies on prevention of Alzheimer's disease (StoP-AD). J Prev Alzheimers Dis "
    "2016;3(4):236-242. https://doi.org/10.14283/jpad.2016.121",
)
"""The papers that describe the cohort and its open data, as their journals give them."""

_SERVERS = ("openpreventad.loris.ca", "registeredpreventad")


@dataclass(frozen=True, slots=True)
class Citation:
    """What to cite, and the words to thank with; empty where nothing is known."""

    cite: tuple[Clean, ...]
    acknowledge: Clean


def citation_of(folder: Path, server: str, when: str) -> Citation:
    """The citation of a folder's data: its own `dataset_description.json` speaks first.

    Args:
        folder: the output folder.
        server: the identity of the server that the data came from.
        when: the day they came, `2026-11-22`.
    """
    own = _description(folder)
    is_cohort = any(name in server for name in _SERVERS)
    cite = _texts(own.get("DatasetDOI")) + _texts(own.get("ReferencesAndLinks"))
    papers = tuple(clean(paper, _VALUE_LIMIT) for paper in PAPERS) if is_cohort else ()
    words = _texts(own.get("HowToAcknowledge"))
    if not words and is_cohort:
        words = (
            clean(
                f"Data were obtained from the PREVENT-AD programme ({server}) on {when}. The terms "
                "of use that you accepted there say what else an acknowledgement must hold."
            ),
        )
    return Citation(tuple(dict.fromkeys((*cite, *papers))), clean(" ".join(words), _VALUE_LIMIT))


def _description(folder: Path) -> dict[str, Any]:
    try:
        with (folder / "dataset_description.json").open("rb") as file:
            value = json.loads(file.read(_MAX_BYTES))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> tuple[Clean, ...]:
    values = value if isinstance(value, list) else [value]
    texts = (clean(text, _VALUE_LIMIT) for text in values if isinstance(text, str))
    return tuple(text for text in texts if text)
