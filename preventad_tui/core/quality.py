"""The server's quality control of images, as its listing has it: `Pass`, `Fail`, or not rated."""

from collections.abc import Collection, Iterable

from preventad_tui.core.errors import UsageError
from preventad_tui.core.model import Image
from preventad_tui.core.text import clean

UNRATED = "unrated"


def qc_of(image: Image) -> str:
    """`pass`, `fail` or another word of the server in lower case; `unrated` for none."""
    return image.qc_status.casefold() or UNRATED


def qc_label(image: Image) -> str:
    """What is shown: `Pass, chosen by QC: t1w`; `""` where the server says nothing.

    LORIS calls it selected, which is here what the user ticked.
    """
    selected = "" if image.qc_selected.casefold() in ("", "false") else image.qc_selected
    if selected.casefold() == "true":
        return f"{image.qc_status}, chosen by QC" if image.qc_status else "chosen by QC"
    parts = (image.qc_status, f"chosen by QC: {selected}" if selected else "")
    return ", ".join(part for part in parts if part)


def qc_mask(images: Iterable[Image], wanted: Collection[str]) -> bytes:
    """The images with one of these ratings, as a mask."""
    return bytes([qc_of(image) in wanted for image in images])


def resolve_qc(images: Iterable[Image], name: str) -> str:
    """A rating in the form of `qc_of`.

    Raises:
        UsageError: no image here is rated so.
    """
    known = {qc_of(image) for image in images}
    wanted = name.strip().casefold()
    if wanted in known:
        return wanted
    if known == {UNRATED}:
        raise UsageError(
            "This server's list says nothing of quality control.", "Run it without --qc.", "no-qc"
        )
    there_are = ", ".join(sorted(known))
    raise UsageError(
        f"No image here has the quality rating “{clean(name)}”.", f"There are: {there_are}.", "qc"
    )
