"""BIDS from a stock server: the images of `/projects/P/images` under their BIDS names.

LORIS 24.1 and later serve an image's NIfTI, JSON, bval and bvec as `.../images/FILE/format/KIND`;
the stimulus logs are images of their own there. What has no BIDS name is counted in the notes.
"""

from collections import Counter
from dataclasses import replace

from preventad_tui.core.bids_names import (
    bids_name,
    file_name,
    format_links,
    stimulus_log_name,
)
from preventad_tui.core.image_links import tails_of
from preventad_tui.core.listing import Listing
from preventad_tui.core.model import Image
from preventad_tui.core.text import plural

_LOG = "-events"


def as_bids(minc: Listing) -> Listing:
    """The listing with its images in BIDS; participants, sessions and counts stay as they are."""
    logs = {
        (image.candidate, image.visit, image.minc_name): image.links[0]
        for image in minc.images
        if image.scan_type.endswith(_LOG)
    }
    found = [
        (image, named)
        for image in minc.images
        if not image.scan_type.endswith(_LOG) and (named := _named(image, logs))
    ]
    left_out = Counter(image.scan_type for image in minc.images)
    left_out.subtract(image.scan_type for image, _ in found)
    listing = replace(minc, images=[named for _, named in found])
    listing.stock_notes = _notes(listing.images, left_out, len(logs))
    return listing


def _named(image: Image, logs: dict[tuple[str, str, str], str]) -> Image | None:
    name = bids_name(image.candidate, image.visit, image.minc_name, image.scan_type)
    if name is None:
        return None
    links = format_links(image.links[0], name.subfolder)
    log = stimulus_log_name(image.minc_name, image.scan_type)
    if link := logs.get((image.candidate, image.visit, log)):
        links = (*links, link)
    place = image.candidate, image.visit, image.minc_name, name.stem, name.subfolder
    tails = tails_of(links, *place)
    return image._replace(name=name.stem, subfolder=name.subfolder, tails=tails)


def _notes(images: list[Image], left_out: Counter[str], logs: int) -> list[str]:
    """What a stock server does not give, for the plan; the first is always there."""
    notes = [
        "this server has no BIDS files of its own: names, dataset_description.json, participants, "
        "README and scans files are made by preventad-tui from what it lists (no ages, no "
        "languages where it does not tell them)"
    ]
    without = {
        scan_type: count
        for scan_type, count in sorted(left_out.items())
        if count and not scan_type.endswith(_LOG)
    }
    if without:
        kinds = ", ".join(f"{count:,} {scan_type}" for scan_type, count in without.items())
        total = plural(sum(without.values()), "image")
        notes.append(f"{total} of the server without a BIDS name, only with -t minc: {kinds}")
    tasks = [image for image in images if stimulus_log_name(image.minc_name, image.scan_type)]
    with_log = sum(file_name(one, one.links[-1]).endswith("_events.txt") for one in tasks)
    if missing := len(tasks) - with_log:
        notes.append(f"{plural(missing, 'task image')} without a stimulus log on the server")
    if unused := logs - with_log:
        notes.append(f"{plural(unused, 'stimulus log')} of the server without its image")
    return notes
