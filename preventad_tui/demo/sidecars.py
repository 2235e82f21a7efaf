"""The files beside an image: JSON, bval, bvec, events; and what the voxels are."""

from __future__ import annotations

import json
import math

from preventad_tui.demo.bodies import Volume
from preventad_tui.demo.edition import Edition
from preventad_tui.demo.scans import DWI_VOLUMES
from preventad_tui.demo.seeds import number
from preventad_tui.demo.study import Image, Session

REPETITION_S = {"bold": 2.0, "task-encoding-bold": 2.0, "task-retrieval-bold": 2.0, "asl": 4.0}
FIELDMAP_ECHOES_S = (0.00492, 0.00738)
Json = dict[str, object]


def volume(image: Image, edition: Edition, scale: float) -> Volume:
    """Give what an image shows; `scale` multiplies its slices, and so its bytes."""
    x, y, z, volumes = image.shape
    slices = max(1, round(z * scale)) + edition.larger
    if slices > 32_767:  # the largest length that a NIfTI-1 header holds
        raise ValueError(f"body_scale {scale} makes more slices than NIfTI-1 can say")
    seed = number("voxels", image.minc_name, edition.number)
    spacing = (2.0, 2.0, 2.5) if volumes > 1 else (1.0, 1.0, 1.0)
    repetition = REPETITION_S.get(image.kind.scan_type, 9.4)
    return Volume((x, y, slices, volumes), spacing, repetition, seed)


def side_file(image: Image, session: Session, name: str, edition: Edition) -> bytes:
    """Give the bytes of the file with this BIDS name beside an image."""
    end = name.removeprefix(image.bids_stem)
    if end == ".json":
        return _json(image, session, edition)
    if end == ".bval":
        return _bval(edition)
    return _bvec(edition) if end == ".bvec" else events(image, edition)


def _json(image: Image, session: Session, edition: Edition) -> bytes:
    fields: Json = {
        "Modality": "MR",
        "Manufacturer": "Siemens",
        "ManufacturersModelName": "Imaginary Trio",
        "MagneticFieldStrength": 3,
        # Two digits: another edition of the file is as long as the first.
        "SoftwareVersions": f"demo scanner {edition.number % 100:02d}",
        "FlipAngle": 9,
        "EchoTime": 0.00298,
        "RepetitionTime": REPETITION_S.get(image.kind.scan_type, 2.3),
        "ConversionSoftware": "preventad-tui demo",
    } | _of_kind(image, session)
    fields |= {f"Note{line}": "an added line" for line in range(edition.larger)}
    return (json.dumps(fields, indent=2) + "\n").encode()


def _of_kind(image: Image, session: Session) -> Json:
    scan_type = image.kind.scan_type
    if scan_type == "fieldmap-phasediff":
        first, second = FIELDMAP_ECHOES_S
        return {"EchoTime1": first, "EchoTime2": second, "EchoTime": second} | _target(
            image, session
        )
    if scan_type.startswith("fieldmap-magnitude"):
        # The echo, not the number in the name, tells which magnitude it is.
        echo = FIELDMAP_ECHOES_S[int(image.bids_stem[-1]) - 1]
        return {"EchoTime": echo} | _target(image, session)
    if scan_type.endswith("bold"):
        task = image.kind.stem.split("_")[0].removeprefix("task-")
        return {"TaskName": task, "EchoTime": 0.03, "FlipAngle": 90, "SliceTiming": _slices(image)}
    if scan_type == "dwi65":
        return {
            "EchoTime": 0.092,
            "FlipAngle": 90,
            "RepetitionTime": 9.4,
            "PhaseEncodingDirection": "j-",
            "TotalReadoutTime": 0.09,
        }
    if scan_type.startswith("inv"):
        return {
            "InversionTime": 0.7 if scan_type.startswith("inv1") else 2.5,
            "RepetitionTimeExcitation": 0.007,
            "RepetitionTimePreparation": 5.0,
            "NumberShots": 176,
        }
    if "qT2star" in scan_type:
        echo = int(scan_type.split("-")[0].removeprefix("echo"))
        fields: Json = {"EchoTime": round(0.0028 * echo, 4)}
        return fields | ({"Units": "rad"} if "phase" in scan_type else {})
    if scan_type == "asl":
        return {"EchoTime": 0.01, "FlipAngle": 90, "LabelingDuration": 1.5}
    return {}


def _slices(image: Image) -> list[float]:
    slices = image.shape[2]
    return [round(2.0 * place / slices, 4) for place in range(slices)]


def _target(image: Image, session: Session) -> Json:
    """Name the images that a fieldmap corrects: its share of the session's functional runs."""
    wanted = [one for one in session.bids_images if one.kind.subfolder in ("func", "dwi")]
    maps = max(one.number for one in session.images if one.kind.scan_type == "fieldmap-phasediff")
    run = (image.number + image.kind.per_run - 1) // image.kind.per_run
    share = [one for at, one in enumerate(wanted) if at % maps == run - 1]
    paths = [
        f"ses-{one.visit}/{one.kind.subfolder}/{one.bids_stem}.nii.gz"
        for one in share
    ]  # fmt: skip
    return {"IntendedFor": paths} if paths else {}


def _bval(edition: Edition) -> bytes:
    shell = 1000 + 5 * (edition.number % 100)
    return " ".join(["0", *[str(shell)] * (DWI_VOLUMES - 1)]).encode() + b"\n"


def _bvec(edition: Edition) -> bytes:
    """Spread the directions evenly over a sphere (a Fibonacci lattice), turned by edition."""
    rows: tuple[list[float], ...] = ([0.0], [0.0], [0.0])
    directions = DWI_VOLUMES - 1
    for place in range(directions):
        height = 1 - (2 * place + 1) / directions
        angle = math.pi * (3 - math.sqrt(5)) * place + edition.number
        radius = math.sqrt(1 - height * height)
        for row, value in zip(
            rows, (radius * math.cos(angle), radius * math.sin(angle), height), strict=True
        ):
            row.append(value)
    lines = (" ".join(f"{value:+.6f}" for value in row) for row in rows)
    return ("\n".join(lines) + "\n").encode()


def events(image: Image, edition: Edition) -> bytes:
    """Give a stimulus log: 40 to 90 kB of tab separated lines, as the published ones."""
    task = image.kind.stem.split("_")[0] or image.kind.acquisition
    task = task.removeprefix("task-").removesuffix("-events")
    draw = number("events", image.candidate, image.visit, task, edition.number)
    trials = 900 + number("trials", image.candidate, image.visit, task) % 900 + edition.larger
    lines = [
        f"# {task} task, candidate {image.candidate}, visit {image.visit}",
        "Onset\tTrial\tKey",
    ]
    for trial in range(trials):
        onset = 4.0 * trial + (draw >> trial % 40) % 1000 / 1000
        lines.append(
            f"{onset:012.4f}\t{task[:3]}_stimulus_{trial:05d}.bmp\t{(draw >> trial % 59) % 4}"
        )
    return ("\n".join(lines) + "\n").encode()  # fmt: skip
