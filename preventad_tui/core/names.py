"""Names and links from the server that may become paths and requests: accepted or refused.

Allow-lists, never repairs: a row with a name outside them is not used at all. All published
PREVENT-AD names (81,828 of them, 2021 snapshot) use `[A-Za-z0-9._-]` only.
"""

import re

from preventad_tui.core.model import FileKind

_COMPONENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")
_ALLOWED_DOT_NAMES = frozenset({".bids-validator-config.json"})
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}
)
_LINK = re.compile(r"/(?:candidates|projects)(?:/[A-Za-z0-9._+-]+)+")


def is_safe_component(name: str) -> bool:
    """Whether a name may be one component of a path below the output folder."""
    if name in _ALLOWED_DOT_NAMES:
        return True
    return (
        _COMPONENT.fullmatch(name) is not None
        and not name.endswith(".")
        and name.split(".")[0].lower() not in _DEVICES
    )


def safe_link(link: object) -> str | None:
    """The server's link with its leading slash, or None where it must not be requested.

    Links are relative to the API version's root and start with `candidates/` or `projects/`
    (data releases come without the slash); anything with a host, an empty or dotted segment, or a
    character that would need percent-encoding (LORIS does not decode file names) is refused.
    """
    if not isinstance(link, str):
        return None
    link = link if link.startswith("/") else f"/{link}"
    if not _LINK.fullmatch(link) or any(part in (".", "..") for part in link.split("/")):
        return None
    return link


def last_part(link: str) -> str:
    """The file name at the end of a link."""
    return link.rpartition("/")[2]


_KINDS = (
    (".nii.gz", FileKind.NIFTI),
    (".nii", FileKind.NIFTI),
    (".mnc", FileKind.MINC),
    (".json", FileKind.JSON),
    (".tsv", FileKind.TSV),
    (".csv", FileKind.TEXT),
    (".bval", FileKind.BVAL),
    (".bvec", FileKind.BVEC),
    ("_events.txt", FileKind.EVENTS),
)


def kind_of(name: str) -> FileKind:
    """What a file's content is, by its name."""
    for ending, kind in _KINDS:
        if name.endswith(ending):
            return kind
    return FileKind.EVENTS if "-events_" in name and name.endswith(".txt") else FileKind.TEXT
