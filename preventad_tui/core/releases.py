"""Data releases: tables of clinical and cognitive data that a server offers beside the images.

`/projects/P/data_releases` (LORIS 20.1 with the PREVENT-AD override, made for the registered site)
answers with an array: `[{"Data_Release_Version", "Files": [{"File", "Link"}]}]`, links without a
leading slash. On disk a table lies in `data_releases/VERSION/FILE`, in BIDS and MINC folders alike.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from preventad_tui.core.listing import usable_link, word
from preventad_tui.core.model import FileRole, PlannedFile, ReleaseFile
from preventad_tui.core.names import is_safe_component, kind_of, last_part
from preventad_tui.core.text import clean

FOLDER = "data_releases"


def read_releases(answer: Any) -> tuple[list[ReleaseFile], int]:
    """The tables in the server's order, and how many rows were not understood."""
    found: dict[str, ReleaseFile] = {}
    skipped = 0
    for release in answer if isinstance(answer, list) else ():
        files = release.get("Files") if isinstance(release, dict) else None
        for row in files if isinstance(files, list) else (None,):
            link = usable_link(row.get("Link")) if isinstance(row, dict) else None
            if link is None:
                skipped += 1
                continue
            file = ReleaseFile(clean(word(release.get("Data_Release_Version"))), link)
            found.setdefault(release_path(file).lower(), file)
    return list(found.values()), skipped


def release_path(file: ReleaseFile) -> str:
    """Where a table lies: its version is free text, of which a folder's name is made."""
    folder = re.sub(r"[^A-Za-z0-9._+-]+", "_", file.version).strip("._")
    name = last_part(file.link)
    return f"{FOLDER}/{folder}/{name}" if is_safe_component(folder) else f"{FOLDER}/{name}"


def release_files(releases: Iterable[ReleaseFile]) -> Iterator[PlannedFile]:
    """The tables as files of a plan."""
    for one in releases:
        path = release_path(one)
        yield PlannedFile(path, one.link, kind_of(path), FileRole.RELEASE, modality=FOLDER)
