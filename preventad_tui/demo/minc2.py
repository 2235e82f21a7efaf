"""MINC 2 images: HDF5 files with MINC's groups and attributes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from preventad_tui.demo.bodies import Volume
from preventad_tui.demo.hdf5 import FLOAT64, INT16, INT32, Attribute, Writer
from preventad_tui.demo.minc1 import AXES
from preventad_tui.demo.seeds import VOXEL_MAXIMUM, voxels


@dataclass(frozen=True, slots=True)
class Minc2:
    """A MINC 2 image of three dimensions: z, y, x, little-endian 16-bit voxels, not compressed."""

    volume: Volume

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(_head(self.volume)) + self.volume.voxel_bytes

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes in pieces of about one MiB."""
        yield _head(self.volume)
        yield from voxels(self.volume.seed, self.volume.voxel_bytes)


@lru_cache(64)
def _head(volume: Volume) -> bytes:
    # The voxels follow the objects; an address is as long whatever it says.
    _, first = _tree(volume, 0)
    root, writer = _tree(volume, first.end)
    return writer.file_head(root, writer.end + volume.voxel_bytes)


def _tree(volume: Volume, voxels_at: int) -> tuple[int, Writer]:
    x, y, z, _ = volume.shape
    writer = Writer()
    steps = dict(zip(AXES, reversed(volume.spacing), strict=True))
    lengths = dict(zip(AXES, (z, y, x), strict=True))
    dimensions = {}
    for axis in AXES:
        attributes = (
            Attribute("varid", "MINC standard variable"),
            Attribute("vartype", "dimension____"),
            Attribute("spacing", "regular__"),
            Attribute("step", (steps[axis],)),
            Attribute("start", (-steps[axis] * lengths[axis] / 2,)),
            Attribute("direction_cosines", tuple(float(axis == one) for one in AXES[::-1])),
        )
        dimensions[axis] = writer.scalar(INT32, struct.pack("<i", 0), attributes)
    image = {
        "image": writer.array(
            INT16,
            (z, y, x),
            (voxels_at, volume.voxel_bytes),
            (
                Attribute("dimorder", ",".join(AXES)),
                Attribute("vartype", "group________"),
                Attribute("complete", "true_"),
                Attribute("signtype", "signed__"),
                Attribute("valid_range", (0.0, float(VOXEL_MAXIMUM))),
            ),
        ),
        "image-max": writer.scalar(FLOAT64, struct.pack("<d", VOXEL_MAXIMUM)),
        "image-min": writer.scalar(FLOAT64, struct.pack("<d", 0.0)),
    }
    groups = {
        "dimensions": writer.group(dimensions),
        "image": writer.group({"0": writer.group(image)}),
    }
    return writer.group({"minc-2.0": writer.group(groups)}), writer
