"""The field's own names: from scan type to modality, arms, time points.

The rules are those of the PREVENT-AD study's users; modalities and visits are learnt from the
catalogue, so nothing here refuses a new one.
"""

import re

ALIASES = {"rest": "bold", "dwi": "dwi65"}
"""What users say for a modality, in lower case."""

_PREFIX = re.compile(r"^(?:echo\d+-|inv\d+-|magnitude-|phase-|uni-|denoised-|T1map-)")
_SUFFIX = re.compile(r"(?:-magnitude|-phasediff)$")


def modality_of(scan_type: str) -> str:
    """The modality of a scan type, compared whole, never by substring.

    `echo3-phase-qT2star` is `qT2star` and not `T2star`; `bold` is resting state only;
    `uni-denoised-MP2RAGE-defaced` is `MP2RAGE`; `fieldmap-phasediff` is `fieldmap`.
    """
    name = scan_type.removesuffix("-defaced")
    while (shorter := _PREFIX.sub("", name, count=1)) != name and shorter:
        name = shorter
    return _SUFFIX.sub("", name) or scan_type


def modality_label(modality: str) -> str:
    """How a modality is shown: `bold` is the resting state."""
    return "bold (rest)" if modality == "bold" else modality


def arm_of(visit: str) -> str:
    """`NAP` (the INTREPAD naproxen trial), `PRE` (the observational cohort), or `""`."""
    return visit[:3] if visit[:3] in ("NAP", "PRE") else ""


_TIME_POINT = re.compile(r"^(NAP|PRE)(BL|EN)00$")


def time_point_of(visit: str) -> str:
    """The time point a visit belongs to: BL00 and EN00 of one arm are one (`NAPBL00`).

    Rest is scanned at BL and dwi at EN, so no single session at baseline has both.
    """
    match = _TIME_POINT.match(visit)
    return f"{match.group(1)}BL00" if match else visit


def is_baseline(visit: str) -> bool:
    """Whether the visit is a baseline or enrolment visit (months 00)."""
    return bool(_TIME_POINT.match(visit))
