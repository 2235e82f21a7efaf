"""From a MINC file's name and scan type to its BIDS name, for servers that list MINC files only.

The old PREVENT-AD server (LORIS 20.1 with its override) lists the BIDS names; a stock LORIS 24.1
or later has the same files, but as formats of the MINC image (`.../images/FILE/format/nifti`). So
the names are made here, by one rule a scan type: of the 23,589 published names (2021 snapshot)
23,559 follow from the MINC name and the scan type alone, and so does every subfolder.

The other 30 are 15 pairs of fieldmaps. The two magnitudes of a pair have successive numbers in one
scan type, and usually the odd number is the first echo; only the `EchoTime` of their sidecars says
that it is not. `magnitude_pairs` gives the pairs and `named_pair` their names; `core.echo_times`
finds out which of a pair is the first echo.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from preventad_tui.core.model import Image
from preventad_tui.core.names import is_safe_component, last_part

MAGNITUDE = "fieldmap-magnitude"


class BidsName(NamedTuple):
    """Where an image lies in a BIDS session's folder, and its name without ending."""

    subfolder: str
    stem: str


class _Rule(NamedTuple):
    scan_type: re.Pattern[str]
    subfolder: str
    before_run: str
    suffix: str


_RULES = tuple(
    _Rule(re.compile(scan_type), subfolder, before_run, suffix)
    for scan_type, subfolder, before_run, suffix in (
        ("t1w", "anat", "", "T1w"),
        ("t2w", "anat", "", "T2w"),
        ("FLAIR", "anat", "", "FLAIR"),
        ("T2star", "anat", "", "T2star"),
        (r"echo(\d+)-magnitude-qT2star", "anat", r"echo-\1_part-mag_", "T2star"),
        (r"echo(\d+)-phase-qT2star", "anat", r"echo-\1_part-phase_", "T2star"),
        (r"inv(\d+)-MP2RAGE", "anat", r"inv-\1_part-mag_", "MP2RAGE"),
        ("uni-denoised-MP2RAGE", "anat", "", "UNIT1"),
        ("T1map-MP2RAGE", "anat", "", "T1map"),
        ("asl", "asl", "", "asl"),
        (r"dwi\d*", "dwi", "", "dwi"),
        ("bold", "func", "task-rest_", "bold"),
        (r"task-([A-Za-z0-9]+)-bold", "func", r"task-\1_", "bold"),
        ("fieldmap-phasediff", "fmap", "", "phasediff"),
    )
)
_SIDE_FORMATS = {"dwi": ("bidsjson", "bval", "bvec")}
_ENDINGS = {"nifti": ".nii.gz", "bidsjson": ".json", "bval": ".bval", "bvec": ".bvec"}


def bids_name(candidate: str, visit: str, minc_name: str, scan_type: str) -> BidsName | None:
    """The BIDS name of a MINC image; None where there is none (`uni-MP2RAGE`, `echo1-pcasl`).

    The number that counts is the acquisition's own; a defaced file ends in a second one. Magnitudes
    are named by the usual rule: `_00(2k-1)` is magnitude1 of run k, `_00(2k)` its magnitude2.
    """
    acquisition = scan_type.removesuffix("-defaced")
    number = _number(candidate, visit, minc_name, acquisition)
    if number is None:
        return None
    head = f"sub-{candidate}_ses-{visit}"
    if acquisition == MAGNITUDE:
        run, echo = (number + 1) // 2, 2 - number % 2
        return _checked("fmap", f"{head}_run-{run:03}_magnitude{echo}")
    for rule in _RULES:
        if match := rule.scan_type.fullmatch(acquisition):
            entities = match.expand(rule.before_run)
            return _checked(rule.subfolder, f"{head}_{entities}run-{number:03}_{rule.suffix}")
    return None


def _checked(subfolder: str, stem: str) -> BidsName | None:
    return BidsName(subfolder, stem) if is_safe_component(f"{stem}_events.txt") else None


def _number(candidate: str, visit: str, minc_name: str, acquisition: str) -> int | None:
    pattern = f"_{candidate}_{visit}_{acquisition}_"
    _, found, tail = minc_name.partition(pattern)
    digits = re.match(r"(\d{1,6})[_.]", tail) if found else None
    return int(digits[1]) if digits and int(digits[1]) else None


def stimulus_log_name(minc_name: str, scan_type: str) -> str:
    """`.._task-X-events_001.txt` for `.._task-X-bold_001.mnc`; `""` for other images."""
    if not (scan_type.startswith("task-") and scan_type.endswith("-bold")):
        return ""
    task = scan_type.removesuffix("-bold")
    head, found, tail = minc_name.rpartition(f"_{scan_type}_")
    return f"{head}_{task}-events_{tail.removesuffix('.mnc')}.txt" if found else ""


def format_links(link: str, subfolder: str) -> tuple[str, ...]:
    """The links of an image's NIfTI and side files on LORIS 24.1 and later."""
    kinds = ("nifti", *_SIDE_FORMATS.get(subfolder, ("bidsjson",)))
    return tuple(f"{link}/format/{kind}" for kind in kinds)


def file_name(image: Image, link: str) -> str:
    """What the file behind one of a BIDS image's links is called on disk.

    The old server's links end in the name; a stock server's in a format, or in a stimulus log.
    """
    name = last_part(link)
    if name.startswith(image.name):
        return name
    if name in _ENDINGS and link.endswith(f"/format/{name}"):
        return image.name + _ENDINGS[name]
    if name == stimulus_log_name(image.minc_name, image.scan_type):
        return f"{image.name}_events.txt"
    return name


def sidecar_link(image: Image) -> str:
    """The link of a stock image's `bidsjson`, `""` where it has none."""
    return next((link for link in image.links if link.endswith("/format/bidsjson")), "")


def magnitude_pairs(images: Iterable[tuple[int, Image]]) -> list[tuple[int, int]]:
    """The indices of both magnitudes of each fieldmap, by the usual rule: the first one first.

    A magnitude without its partner keeps the name that its number gives.
    """
    firsts: dict[tuple[str, str, str], int] = {}
    seconds: dict[tuple[str, str, str], int] = {}
    for index, image in images:
        if image.scan_type.removesuffix("-defaced") == MAGNITUDE and sidecar_link(image):
            usual = bids_name(image.candidate, image.visit, image.minc_name, image.scan_type)
            if usual is not None:
                side = firsts if usual.stem.endswith("1") else seconds
                side[image.candidate, image.visit, usual.stem[:-1]] = index
    return [(index, seconds[place]) for place, index in firsts.items() if place in seconds]


def named_pair(first: Image, second: Image, *, is_swapped: bool) -> tuple[Image, Image]:
    """A pair under its names: magnitude1 is the shorter echo, usually the odd number's image."""
    usual = [
        bids_name(one.candidate, one.visit, one.minc_name, one.scan_type) for one in (first, second)
    ]
    if usual[0] is None or usual[1] is None:
        return first, second
    names = (usual[1], usual[0]) if is_swapped else (usual[0], usual[1])
    return first._replace(name=names[0].stem), second._replace(name=names[1].stem)
