"""The kinds of scan, their names in MINC and BIDS, and how large their images are here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

Shape = tuple[int, int, int, int]
DWI_VOLUMES = 65


@dataclass(frozen=True, slots=True)
class ScanKind:
    """One LORIS scan type."""

    scan_type: str
    subfolder: str  # "" when the type is not exported to BIDS
    stem: str  # the BIDS name after sub-.._ses-.._, with {run}
    shape: Shape  # x, y, z and volumes
    per_run: int = 1  # MINC files of this type that share a BIDS run

    @property
    def defaced(self) -> bool:
        """Tell whether the published image had its face removed."""
        return self.scan_type.endswith("-defaced")

    @property
    def acquisition(self) -> str:
        """Give the scan type of the image before defacing."""
        return self.scan_type.removesuffix("-defaced")

    @property
    def is_text(self) -> bool:
        """Tell whether this is a stimulus log, which LORIS lists among the images."""
        return self.scan_type.endswith("-events")

    @property
    def is_minc2(self) -> bool:
        """Tell whether the MINC file is of version 2 (HDF5); one scan type is, to have both."""
        return self.scan_type == "FLAIR-defaced"

    @property
    def has_events(self) -> bool:
        """Tell whether BIDS has an events file beside the image."""
        return self.stem.startswith(("task-encoding", "task-retrieval"))

    def minc_name(self, candidate: str, visit: str, number: int) -> str:
        """Give the file name on the MINC side."""
        base = f"preventad_{candidate}_{visit}_{self.acquisition}_{number:03d}"
        if self.is_text:
            return f"{base}.txt"
        # A second run's defaced file is numbered like the file it was made from.
        return f"{base}_{self.scan_type}_{number:03d}.mnc" if self.defaced else f"{base}.mnc"


def _echoes() -> list[ScanKind]:
    kinds = []
    for echo in range(1, 13):
        stem = f"echo-{echo}_part-{{part}}_{{run}}_T2star"
        magnitude, phase = f"echo{echo}-magnitude-qT2star-defaced", f"echo{echo}-phase-qT2star"
        kinds.append(ScanKind(magnitude, "anat", stem.replace("{part}", "mag"), (24, 24, 20, 1)))
        kinds.append(ScanKind(phase, "anat", stem.replace("{part}", "phase"), (24, 24, 24, 1)))
    return kinds


@cache
def groups() -> dict[str, tuple[ScanKind, ...]]:
    """Give the scan types that come together, by the name used in the quota tables."""
    inversion = "inv-{n}_part-mag_{run}_MP2RAGE"
    first, second = inversion.replace("{n}", "1"), inversion.replace("{n}", "2")
    magnitude = "{run}_magnitude{n}"
    task = "task-{name}_{run}_bold"
    return {
        "t1w": (ScanKind("t1w-defaced", "anat", "{run}_T1w", (56, 64, 60, 1)),),
        "FLAIR": (ScanKind("FLAIR-defaced", "anat", "{run}_FLAIR", (48, 48, 30, 1)),),
        "T2star": (ScanKind("T2star-defaced", "anat", "{run}_T2star", (48, 48, 28, 1)),),
        "asl": (ScanKind("asl", "asl", "{run}_asl", (16, 16, 10, 20)),),
        "bold": (ScanKind("bold", "func", "task-rest_{run}_bold", (20, 20, 8, 24)),),
        "dwi65": (ScanKind("dwi65", "dwi", "{run}_dwi", (16, 14, 8, DWI_VOLUMES)),),
        "fieldmap": (
            ScanKind("fieldmap-magnitude-defaced", "fmap", magnitude, (24, 24, 16, 1), 2),
            ScanKind("fieldmap-phasediff", "fmap", "{run}_phasediff", (24, 24, 18, 1)),
        ),
        "task-encoding": (
            ScanKind(
                "task-encoding-bold", "func", task.replace("{name}", "encoding"), (20, 20, 8, 30)
            ),
            ScanKind("task-encoding-events", "", "", (0, 0, 0, 0)),
        ),
        "task-retrieval": (
            ScanKind(
                "task-retrieval-bold", "func", task.replace("{name}", "retrieval"), (20, 20, 10, 40)
            ),
            ScanKind("task-retrieval-events", "", "", (0, 0, 0, 0)),
        ),
        "t2w": (ScanKind("t2w-defaced", "anat", "{run}_T2w", (56, 56, 44, 1)),),
        "MP2RAGE": (
            ScanKind("inv1-MP2RAGE-defaced", "anat", first, (40, 40, 36, 1)),
            ScanKind("inv2-MP2RAGE-defaced", "anat", second, (40, 40, 36, 1)),
            ScanKind("uni-denoised-MP2RAGE-defaced", "anat", "{run}_UNIT1", (40, 40, 40, 1)),
            ScanKind("T1map-MP2RAGE-defaced", "anat", "{run}_T1map", (40, 40, 44, 1)),
            ScanKind("uni-MP2RAGE-defaced", "", "", (40, 40, 44, 1)),
        ),
        "qT2star": tuple(_echoes()),
        "pcasl": (
            ScanKind("echo1-pcasl", "", "", (20, 20, 12, 20)),
            ScanKind("echo2-pcasl", "", "", (20, 20, 12, 20)),
        ),
    }  # fmt: skip
