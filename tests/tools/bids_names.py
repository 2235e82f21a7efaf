"""Reproduce the published BIDS names from MINC names and scan types, and count.

    python tests/tools/bids_names.py CATALOGUE.tsv[.gz]

The table has the columns candidate, visit, subfolder, scan_type, minc_file and bids_stem (empty for
files that exist in MINC only). What the rule gives without any sidecar is compared row by row; the
fieldmap pairs that it names the wrong way round are then settled by made-up sidecars that have the
echo times in the published order. Exit code 0 when every name and subfolder comes out.
"""

import csv
import gzip
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from preventad_tui.core.bids_names import bids_name, magnitude_pairs, sidecar_link
from preventad_tui.core.echo_times import find_pairs
from preventad_tui.core.listing import Listing
from preventad_tui.core.listing_minc import minc_image
from preventad_tui.core.listing_stock import as_bids
from preventad_tui.core.model import Catalogue, DataType


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The table's rows."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        yield from csv.DictReader(file, delimiter="\t")


def check(table: list[dict[str, str]]) -> Counter[str]:
    """Count what agrees and what does not."""
    counts: Counter[str] = Counter()
    images = []
    published: dict[str, str] = {}
    for row in table:
        stem = row["bids_stem"]
        name = bids_name(row["candidate"], row["visit"], row["minc_file"], row["scan_type"])
        counts["rows"] += 1
        counts["published in BIDS"] += bool(stem)
        counts["subfolders right"] += (
            bool(stem) and name is not None and (name.subfolder == row["subfolder"])
        )
        counts["names right without sidecars"] += (
            bool(stem) and name is not None and name.stem == stem
        )
        counts["MINC only, without a BIDS name"] += not stem and name is None
        image = minc_image(row["candidate"], row["visit"], row["minc_file"], row["scan_type"])
        assert image is not None, row
        images.append(image)
        if stem:
            published[image.key] = stem
    listing = as_bids(Listing(images=images))
    catalogue = Catalogue(
        server="",
        project="",
        type=DataType.BIDS,
        date="",
        images=tuple(listing.images),
        stock_notes=tuple(listing.stock_notes),
    )
    counts["fieldmap pairs"] = len(magnitude_pairs(enumerate(catalogue.images)))
    echo_s = {
        sidecar_link(image): 0.00492 if published[image.key].endswith("magnitude1") else 0.00738
        for image in catalogue.images
        if "_magnitude" in published.get(image.key, "")
    }
    settled = find_pairs(catalogue, range(len(catalogue.images)), echo_s, {}).apply(catalogue)
    changed = sum(
        before.name != after.name
        for before, after in zip(catalogue.images, settled.images, strict=True)
    )
    counts["names changed by EchoTime"] = changed
    counts["names right in all"] = sum(
        published.get(image.key) == image.name for image in settled.images
    )
    logs = sum(image.links[-1].endswith(".txt") for image in settled.images)
    counts["events files"] = logs
    return counts


def main(arguments: list[str]) -> int:
    """Print the counts."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    counts = check(list(rows(Path(arguments[0]))))
    for what, count in counts.items():
        print(f"{count:8,}  {what}")
    is_right = (
        counts["subfolders right"] == counts["names right in all"] == counts["published in BIDS"]
    )
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
