"""A clone of the published dataset as git shows it: names, sizes, MD5, and no content."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from preventad_tui.demo.server import DemoServer

STUDY = (
    "README",
    "dataset_description.json",
    "participants.tsv",
    "participants.json",
    ".bids-validator-config.json",
)


def bids_paths(server: DemoServer) -> Iterable[str]:
    """All files of the demo's BIDS tree, by the study itself."""
    yield from STUDY
    for session in server.study.sessions:
        stem = f"sub-{session.candidate}_ses-{session.visit}"
        folder = f"sub-{session.candidate}/ses-{session.visit}"
        yield from (f"{folder}/{stem}_scans.tsv", f"{folder}/{stem}_scans.json")
        for image in session.images:
            for name in image.bids_names:
                yield f"{folder}/{image.kind.subfolder}/{name}"


def make_clone(server: DemoServer, root: Path) -> Path:
    """Link every file to the git-annex key that names its size and MD5."""
    (root / ".git/annex").mkdir(parents=True)
    (root / ".gitattributes").write_text("* annex.backend=MD5E\n")
    for path in bids_paths(server):
        content = server.body(path)
        digest = hashlib.md5(content).hexdigest()
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if path == "README":  # small files lie in git itself
            file.write_bytes(content)
            continue
        key = f"MD5E-s{len(content)}--{digest}{''.join(file.suffixes)}"
        up = "../" * path.count("/")
        file.symlink_to(f"{up}.git/annex/objects/aa/bb/{key}/{key}")
    return root
