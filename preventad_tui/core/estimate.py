"""How large files will be that the server does not tell the size of."""

import re
from array import array
from collections.abc import Mapping
from functools import cache
from statistics import median_low
from types import MappingProxyType
from typing import NamedTuple

from preventad_tui.core.model import FileKind, FileRole, PlannedFile


class _Sizes(NamedTuple):
    """Bytes of one scan type's images: NIfTI median and 5th percentile, MINC median."""

    nifti: int
    nifti_low: int
    minc: int


_KNOWN = {
    "echoN-pcasl": _Sizes(0, 0, 15074399),
    "task-encoding-events": _Sizes(0, 0, 40571),
    "task-retrieval-events": _Sizes(0, 0, 86738),
    "uni-MP2RAGE-defaced": _Sizes(0, 0, 20537565),
    "FLAIR-defaced": _Sizes(11403952, 10077778, 10158099),
    "T1map-MP2RAGE-defaced": _Sizes(20840382, 20676668, 18659551),
    "T2star-defaced": _Sizes(17673417, 16329239, 16891272),
    "echoN-magnitude-qT2star-defaced": _Sizes(6671658, 6058350, 6409706),
    "echoN-phase-qT2star": _Sizes(11358274, 11339984, 8618191),
    "invN-MP2RAGE-defaced": _Sizes(12912757, 11641803, 11680966),
    "t1w-defaced": _Sizes(14940725, 13826857, 13560658),
    "t2w-defaced": _Sizes(38194895, 34215379, 34661539),
    "uni-denoised-MP2RAGE-defaced": _Sizes(17725844, 16418116, 15047086),
    "asl": _Sizes(9412027, 8930573, 6584066),
    "dwi65": _Sizes(51962105, 47920915, 43796886),
    "fieldmap-magnitude-defaced": _Sizes(232680, 217669, 395349),
    "fieldmap-phasediff": _Sizes(412363, 391144, 434548),
    "bold": _Sizes(30505940, 28926275, 22839712),
    "task-encoding-bold": _Sizes(37388077, 35677701, 27912194),
    "task-retrieval-bold": _Sizes(92894492, 88713972, 69026431),
}
"""Of the open dataset as published (2021 snapshot, 23,589 images)."""

_SIDE = {
    FileKind.JSON: 1_500,
    FileKind.BVAL: 300,
    FileKind.BVEC: 2_000,
    FileKind.EVENTS: 64_000,
    FileKind.TSV: 700,
    FileKind.TEXT: 1_000,
}
"""Small files of the same snapshot, rounded, by kind."""

_BY_ROLE = {
    (FileRole.SCANS, FileKind.JSON): 148,
    (FileRole.SCANS, FileKind.TSV): 700,
    (FileRole.STUDY, FileKind.TSV): 13_000,
    (FileRole.SESSION, FileKind.JSON): 200,
}

_NUMBERED = re.compile(r"^(echo|inv)\d+-")
_NOTHING: Mapping[str, int] = MappingProxyType({})


class SizeBook:
    """Sizes to expect, by scan type.

    Where the server is one of the study's own (`known`) they are the published medians; on any
    other server the medians of what was learnt there, and unknown until there is something.
    `published` has the bytes of single files by path, from a published list: those are exact.
    """

    def __init__(self, *, known: bool, published: Mapping[str, int] = _NOTHING) -> None:
        self._known = known
        self._by_path = published
        self._learnt: dict[tuple[str, FileKind, FileRole], array[int]] = {}
        self._medians: dict[tuple[str, FileKind, FileRole], int] = {}

    @property
    def learns(self) -> bool:
        """Whether what is fetched changes what is expected."""
        return not self._known

    def learn(self, file: PlannedFile, size_bytes: int) -> None:
        """Take the size of a file that was fetched from this server into account.

        A table of the data releases says nothing of another's size.
        """
        if not self._known and file.role is not FileRole.RELEASE:
            key = _key(file)
            self._learnt.setdefault(key, array("q")).append(size_bytes)
            self._medians.pop(key, None)

    def __deepcopy__(self, memo: dict[int, object]) -> "SizeBook":
        """A book that learns on its own; the published list is shared."""
        other = SizeBook(known=self._known, published=self._by_path)
        other._learnt = {key: array("q", sizes) for key, sizes in self._learnt.items()}
        return other

    def exact(self, file: PlannedFile) -> int | None:
        """Bytes by the published list; None where it has no such file."""
        return None if file.content is not None else self._by_path.get(file.path)

    def estimate(self, file: PlannedFile) -> int | None:
        """Bytes to expect, exact or not; None where nothing is known."""
        if (exact := self.exact(file)) is not None:
            return exact
        key = _key(file)
        if self._known:
            return _published(*key)
        if key not in self._medians:
            learnt = self._learnt.get(key)
            if learnt is None:
                return None
            self._medians[key] = median_low(learnt)
        return self._medians[key]

    def is_suspicious(self, file: PlannedFile, size_bytes: int) -> bool:
        """Whether a NIfTI image is under half of the smallest that is plausible.

        The production server gave well-formed, empty 4-D images for months. Never on servers whose
        sizes are not known.
        """
        sizes = _KNOWN.get(_group(file.scan_type))
        if not self._known or sizes is None or file.kind is not FileKind.NIFTI:
            return False
        return size_bytes * 2 < sizes.nifti_low


@cache
def _published(group: str, kind: FileKind, role: FileRole) -> int | None:
    sizes = _KNOWN.get(group)
    if kind is FileKind.NIFTI:
        return (sizes.nifti or None) if sizes else None
    if kind is FileKind.MINC or (role is FileRole.IMAGE and sizes):
        return sizes.minc if sizes else None
    if role is FileRole.RELEASE:
        return None
    return _BY_ROLE.get((role, kind), _SIDE.get(kind))


@cache
def _group(scan_type: str) -> str:
    """The scan type as the sizes name it; there are a few dozen in a catalogue."""
    return _NUMBERED.sub(r"\1N-", scan_type)


def _key(file: PlannedFile) -> tuple[str, FileKind, FileRole]:
    return (_group(file.scan_type), file.kind, file.role)
