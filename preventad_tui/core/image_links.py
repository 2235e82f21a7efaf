"""An image's links without what the image itself tells: most are one of a few short tails.

23,589 images have 50,000 links of 140 characters; as tails they share a handful of tuples.
`~.json` follows the BIDS name's link (or, for a MINC file, its own), `^/format/nifti` the MINC
file's link, `=` a link that follows nothing.
"""

from collections.abc import Iterable

_SHARED: dict[tuple[str, ...], tuple[str, ...]] = {}
_SHARED_LIMIT = 10_000


def tails_of(
    links: Iterable[str], candidate: str, visit: str, minc_name: str, name: str, subfolder: str
) -> tuple[str, ...]:
    """The links' tails, the same tuple for the same tails."""
    file = _file_link(candidate, visit, minc_name)
    base = f"{file}/bids/{name}" if subfolder else file
    tails = tuple([_shorten(link, base, file) for link in links])
    if len(_SHARED) < _SHARED_LIMIT:
        return _SHARED.setdefault(tails, tails)
    return _SHARED.get(tails, tails)


def links_of(
    tails: Iterable[str], candidate: str, visit: str, minc_name: str, name: str, subfolder: str
) -> tuple[str, ...]:
    """The links that the tails stand for."""
    file = _file_link(candidate, visit, minc_name)
    base = f"{file}/bids/{name}" if subfolder else file
    starts = {"~": base, "^": file, "=": ""}
    return tuple([starts[tail[0]] + tail[1:] for tail in tails])


def _file_link(candidate: str, visit: str, minc_name: str) -> str:
    return f"/candidates/{candidate}/{visit}/images/{minc_name}"


def _shorten(link: str, base: str, file: str) -> str:
    if link.startswith(base):
        return f"~{link[len(base) :]}"
    return f"^{link[len(file) :]}" if link.startswith(file) else f"={link}"
