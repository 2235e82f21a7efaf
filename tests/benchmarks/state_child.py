"""T11 and T12 in a process of their own: bookkeeping, loading the ledger, planning everything.

argv: a folder to work in. Writes one JSON object of figures.
"""

import json
import os
import sys
import time
from pathlib import Path

from front import make_study

from preventad_tui.core.catalogue import CatalogueIndex, build_catalogue
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.folder import FolderIdentity, OutputFolder
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.layout import files_of_images
from preventad_tui.core.ledger import LedgerLine, load_ledger
from preventad_tui.core.listing_bids import read_bids_listing
from preventad_tui.core.model import DataType
from preventad_tui.core.plan import Action, PlanOptions, make_plan
from preventad_tui.core.process import calm_collector
from preventad_tui.core.states import FileState

IMAGES = 26_529  # with a sidecar each: 53,058 files, as many as the whole study has
COMPLETE = 50_000
GROUP = 64
BODY = bytes(2048)


def main() -> None:
    calm_collector()  # as the program's own start does
    work = Path(sys.argv[1])
    study = make_study(work / "study", IMAGES, 0, sidecars=True)
    listing = read_bids_listing(json.loads((study.root / "bids.json").read_text()), "here")
    catalogue = build_catalogue(listing, server="demo", project="loris", data_type=DataType.BIDS)
    index = CatalogueIndex(catalogue)
    identity = FolderIdentity("demo", "loris", DataType.BIDS)
    out = work / "out"
    figures = {}
    everything = range(len(index.images))
    with OutputFolder.open(out, identity) as folder:
        files = list(files_of_images(catalogue, everything))
        figures["files"] = len(files)
        lines = []
        for number, file in enumerate(files):
            path = out / file.path
            if number < COMPLETE:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"x")
                lines.append(line_of(file.path, file.link, 1, path.stat().st_mtime_ns))
            else:
                lines.append(line_of(file.path, file.link, 1, 1))
        folder.record(lines[:COMPLETE])
    with OutputFolder.open(out, identity) as folder:
        began = time.monotonic()
        view = FolderView(folder.ledger.lines, folder.ledger.ends, folder.scan(), None)
        plan = make_plan(index, everything, view, SizeBook(known=True), PlanOptions())
        figures["plan_s"] = time.monotonic() - began
        kept = sum(item.action is Action.KEEP for item in plan.items)
        assert kept == COMPLETE, kept
        figures |= bookkeeping(folder)
    other = work / "other"
    with OutputFolder.open(other, identity) as folder:
        folder.record(lines[:53_000])
    fd = os.open(other / ".preventad-tui/ledger", os.O_RDONLY | os.O_DIRECTORY)
    began = time.monotonic()
    ledger = load_ledger(fd, version="0")
    figures["load_s"] = time.monotonic() - began
    assert len(ledger.lines) == 53_000
    print(json.dumps(figures))


def bookkeeping(folder: OutputFolder) -> dict[str, float]:
    """The ledger's part of a group of completions, by the writing and syncing of the files."""
    own = ledger = 0.0
    for group in range(10):
        paths = [f"new/{group}-{number}.json" for number in range(GROUP)]
        began = time.monotonic()
        partials = [folder.new_partial(path) for path in paths]
        for partial in partials:
            partial.write(BODY)
            partial.fsync()
        written = time.monotonic()
        folder.record([line_of(path, f"/{path}", len(BODY), 1) for path in paths])
        own, ledger = own + written - began, ledger + time.monotonic() - written
        for partial in partials:
            partial.discard()
    return {"bookkeeping": ledger / own}


def line_of(path: str, link: str, size_bytes: int, mtime_ns: int) -> LedgerLine:
    return LedgerLine(
        path, link, "demo", size_bytes, mtime_ns, "d" * 32, '"5e1-abcdef"', FileState.ON_DISK, "",
        1, "2026-11-22T09:00:00+00:00", "", "0.1.0",
    )  # fmt: skip


main()
