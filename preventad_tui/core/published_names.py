"""From a published BIDS name back to the MINC image that it was made of.

The other direction of `core.bids_names`. The published dataset (2021 snapshot) names BIDS files
only, but selections name images by their MINC files. Of its 23,589 images 23,559 lead back to
their own MINC file; the other 30 (15 fieldmaps whose magnitudes are swapped) to their partner's.
"""

import functools
import re
from typing import NamedTuple

from preventad_tui.core.bids_names import bids_name


class MincName(NamedTuple):
    """A MINC image: its file and its scan type, as LORIS lists them."""

    file: str
    scan_type: str


class _Rule(NamedTuple):
    subfolder: str
    entities: re.Pattern[str]
    acquisition: str
    is_defaced: bool


_RULES = tuple(
    _Rule(subfolder, re.compile(entities), acquisition, is_defaced)
    for subfolder, entities, acquisition, is_defaced in (
        ("anat", r"_T1w", "t1w", True),
        ("anat", r"_T2w", "t2w", True),
        ("anat", r"_FLAIR", "FLAIR", True),
        ("anat", r"_T2star", "T2star", True),
        ("anat", r"echo-(\d+)_part-mag_T2star", r"echo\1-magnitude-qT2star", True),
        ("anat", r"echo-(\d+)_part-phase_T2star", r"echo\1-phase-qT2star", False),
        ("anat", r"inv-(\d+)_part-mag_MP2RAGE", r"inv\1-MP2RAGE", True),
        ("anat", r"_UNIT1", "uni-denoised-MP2RAGE", True),
        ("anat", r"_T1map", "T1map-MP2RAGE", True),
        ("asl", r"_asl", "asl", False),
        ("dwi", r"_dwi", "dwi65", False),
        ("func", r"task-rest_bold", "bold", False),
        ("func", r"task-([A-Za-z0-9]+)_bold", r"task-\1-bold", False),
        ("fmap", r"_magnitude[12]", "fieldmap-magnitude", True),
        ("fmap", r"_phasediff", "fieldmap-phasediff", False),
    )
)
_STEM = re.compile(r"sub-([^_]+)_ses-([^_]+)_(?:(.+)_)?run-(\d{3,6})_([A-Za-z0-9]+)")


def minc_name(candidate: str, visit: str, subfolder: str, stem: str) -> MincName | None:
    """The MINC image of a BIDS image; None where the name is none of the study's."""
    match = _STEM.fullmatch(stem)
    if match is None or (match[1], match[2]) != (candidate, visit):
        return None
    entities, number, suffix = match[3] or "", int(match[4]), match[5]
    if suffix.startswith("magnitude"):
        number = 2 * number - (suffix == "magnitude1")
    kind = _acquisition(subfolder, f"{entities}_{suffix}")
    if kind is None:
        return None
    acquisition, scan_type = kind
    # A defaced file repeats its type; the second number was 1 in all 13,067 of them.
    tail = f"_{scan_type}_001" if scan_type != acquisition else ""
    file = f"preventad_{candidate}_{visit}_{acquisition}_{number:03}{tail}.mnc"
    is_sure = bids_name(candidate, visit, file, scan_type) == (subfolder, stem)
    return MincName(file, scan_type) if is_sure else None


@functools.lru_cache(maxsize=1024)
def _acquisition(subfolder: str, entities: str) -> tuple[str, str] | None:
    """The acquisition that a name without candidate, visit and run means, and its scan type."""
    for rule in _RULES:
        found = rule.entities.fullmatch(entities)
        if found is not None and rule.subfolder == subfolder:
            acquisition = found.expand(rule.acquisition)
            return acquisition, f"{acquisition}-defaced" if rule.is_defaced else acquisition
    return None
