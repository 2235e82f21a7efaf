"""`list`: what the server offers, counted; with filters, what of it they mean.

Coverage is a table of visits by modalities, for JSON a record each; sessions as TSV are the list
that `--sessions` reads.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.coverage import Coverage, coverage_by_visit
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.layout import image_files
from preventad_tui.core.modality import modality_label, time_point_of
from preventad_tui.core.model import DataType, Image
from preventad_tui.core.regions import Mask, indices_of
from preventad_tui.core.text import human_size
from preventad_tui.headless.choosing import choose_images
from preventad_tui.headless.session import Session

_COLUMNS = {
    "candidates": ("candidate", "sessions", "images", "size_bytes"),
    "sessions": ("candidate", "visit", "time_point", "images", "size_bytes"),
    "visits": ("visit", "candidates", "sessions", "images", "size_bytes"),
    "modalities": ("modality", "candidates", "sessions", "images", "size_bytes"),
    "images": ("candidate", "visit", "modality", "scan_type", "name", "size_bytes"),
    "coverage": ("visit", "modality", "candidates", "sessions", "images", "size_bytes"),
}
_KINDS = {
    "candidates": "candidate",
    "sessions": "session",
    "visits": "visit",
    "modalities": "modality",
    "images": "image",
    "coverage": "coverage",
}


@dataclass(slots=True)
class _Count:
    """What images of one group add up to; `size_bytes` None where a size is not known.

    `estimated` while one of the sizes is.
    """

    candidates: set[str] = field(default_factory=set)
    sessions: set[tuple[str, str]] = field(default_factory=set)
    images: int = 0
    size_bytes: int | None = 0
    estimated: bool = False

    def add(self, image: Image, size: "_Size") -> None:
        self.candidates.add(image.candidate)
        self.sessions.add((image.candidate, image.visit))
        self.images += 1
        self.estimated |= size.estimated
        if size.size_bytes is None or self.size_bytes is None:
            self.size_bytes = None
        else:
            self.size_bytes += size.size_bytes


class _Size(NamedTuple):
    """An image's files in bytes; None where one of them is not known."""

    size_bytes: int | None
    estimated: bool


class _Row(NamedTuple):
    """A line of the list: its columns' values, and whether the size is an estimate."""

    values: tuple[object, ...]
    estimated: bool


async def run(session: Session) -> int:
    """Print the list as a table, as TSV, or as JSON lines."""
    await session.connect()
    await session.sign_in()
    index = await session.read_index()
    what: str = session.options.what
    chosen = _chosen(session, index)
    as_tsv = "tsv" in vars(session.options)
    output = session.output
    if what == "coverage" and not session.settings.json:
        table = coverage_by_visit(index.regions, chosen, chosen).without_empty()
        (output.tsv if as_tsv else output.table)(*_coverage_table(table, as_tsv=as_tsv))
        return ExitCode.OK
    images = [index.images[at] for at in indices_of(chosen)]
    rows = _rows(what, images, _sizer(session, index.catalogue.type))
    columns = _COLUMNS[what]
    if session.settings.json:
        for row in rows:
            values = dict(zip(columns, row.values, strict=True))
            output.record(_KINDS[what], **values, estimated=row.estimated)
    elif as_tsv and what == "sessions":
        output.tsv(
            ("participant_id", "session_id", *columns[2:]),
            [(f"sub-{row[0]}", f"ses-{row[1]}", *row[2:]) for row, _ in rows],
        )
    elif as_tsv:
        output.tsv(columns, [row.values for row in rows])
    else:
        output.table([_heading(name) for name in columns], [_shown(columns, row) for row in rows])
    return ExitCode.OK


def _chosen(session: Session, index: CatalogueIndex) -> Mask:
    if not session.settings.has_choice:
        return b"\1" * len(index.images)
    return choose_images(session, index).selected


def _coverage_table(
    table: Coverage, *, as_tsv: bool
) -> tuple[tuple[str, ...], list[tuple[str | int, ...]]]:
    columns = table.columns_of_table
    if not as_tsv:
        columns = (columns[0], *map(modality_label, table.columns), columns[-1])
    return columns, table.rows_of_table


def _sizer(session: Session, data_type: DataType) -> Callable[[Image], _Size]:
    book: SizeBook = session.workspace.size_book()

    def size(image: Image) -> _Size:
        files = image_files(image, data_type)
        known = [one for file in files if (one := book.estimate(file)) is not None]
        exact = all(book.exact(file) is not None for file in files)
        return _Size(sum(known) if len(known) == len(files) else None, not exact)

    return size


def _rows(what: str, images: Iterable[Image], size: Callable[[Image], _Size]) -> list[_Row]:
    if what == "images":
        return [_image_row(image, size(image)) for image in images]
    keys: dict[str, Callable[[Image], tuple[str, ...]]] = {
        "candidates": lambda one: (one.candidate,),
        "sessions": lambda one: (one.candidate, one.visit, time_point_of(one.visit)),
        "visits": lambda one: (one.visit,),
        "modalities": lambda one: (one.modality,),
        "coverage": lambda one: (one.visit, one.modality),
    }
    counts: dict[tuple[str, ...], _Count] = {}
    for image in images:
        counts.setdefault(keys[what](image), _Count()).add(image, size(image))
    rows: list[_Row] = []
    for key in sorted(counts, key=lambda names: tuple(map(str.casefold, names))):
        count = counts[key]
        numbers: tuple[int | None, ...] = (count.images, count.size_bytes)
        if what != "sessions":
            numbers = (len(count.sessions), *numbers)
        if what not in ("candidates", "sessions"):
            numbers = (len(count.candidates), *numbers)
        rows.append(_Row((*key, *numbers), count.estimated))
    return rows


def _image_row(image: Image, size: _Size) -> _Row:
    named = (image.candidate, image.visit, image.modality, image.scan_type, image.name)
    return _Row((*named, size.size_bytes), size.estimated)


def _heading(column: str) -> str:
    return {"size_bytes": "size", "scan_type": "scan type", "time_point": "time point"}.get(
        column, column
    )


def _shown(columns: tuple[str, ...], row: _Row) -> list[str]:
    """A row for people: sizes with units, numbers with commas, `bold` as the resting state."""
    shown = []
    for column, value in zip(columns, row.values, strict=True):
        if column == "size_bytes":
            assert value is None or isinstance(value, int)
            shown.append(human_size(value, estimated=row.estimated))
        elif column == "modality":
            shown.append(modality_label(str(value)))
        else:
            shown.append(f"{value:,}" if isinstance(value, int) else str(value))
    return shown
