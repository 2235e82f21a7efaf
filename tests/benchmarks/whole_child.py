"""An output folder that holds nearly the whole study, made in a process of its own.

argv: the study's folder, the server's origin, the folder to make. Each file is one byte, as its
ledger line says.
"""

import hashlib
import json
import sys
from pathlib import Path

from preventad_tui.core.catalogue import build_catalogue
from preventad_tui.core.folder import FolderIdentity, OutputFolder
from preventad_tui.core.layout import files_of_images
from preventad_tui.core.ledger import LedgerLine
from preventad_tui.core.listing_bids import read_bids_listing
from preventad_tui.core.model import DataType
from preventad_tui.core.states import FileState

COMPLETE = 53_000


def main() -> None:
    root, server, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    listing = read_bids_listing(json.loads((root / "bids.json").read_text()), "here")
    catalogue = build_catalogue(listing, server=server, project="loris", data_type=DataType.BIDS)
    files = list(files_of_images(catalogue, range(len(catalogue.images))))[:COMPLETE]
    lines = []
    with OutputFolder.open(out, FolderIdentity(server, "loris", DataType.BIDS)) as folder:
        for number, file in enumerate(files):
            path = out / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
            lines.append(line_of(file.path, file.link, server, path.stat().st_mtime_ns, number))
        folder.record(lines)


def line_of(path: str, link: str, server: str, mtime_ns: int, number: int) -> LedgerLine:
    digest = hashlib.md5(str(number).encode()).hexdigest()
    when = f"2026-11-22T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}+00:00"
    return LedgerLine(
        path, link, server, 1, mtime_ns, digest, f'"{digest[:14]}"', FileState.ON_DISK, "",
        1, when, "", "0.1.0", "", f"{digest[:16]}-{digest[16:]}.part",
    )  # fmt: skip


main()
