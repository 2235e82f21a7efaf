"""The two lines above the footer: what is selected, and what that means for the disk."""

from dataclasses import dataclass, replace

from rich.text import Text
from textual.widget import Widget

from preventad_tui.core.text import human_size, plural
from preventad_tui.ui.widgets.row_list import fit

TIGHT = 0.1
"""What is to fetch may be this much more than estimated; less room left than that is a warning."""


@dataclass(frozen=True, slots=True)
class SelectedTotals:
    """What is selected, known at once after every tick.

    `files` None: not counted yet. `size_bytes` are those of the images and their side files, None
    where no size is known at all.
    """

    candidates: int = 0
    sessions: int = 0
    images: int = 0
    files: int | None = 0
    size_bytes: int | None = 0
    estimated: bool = False
    unknown_images: int = 0
    tables: int = 0


@dataclass(frozen=True, slots=True)
class DiskTotals:
    """What the selection means in files, here and to fetch; counted behind the screen.

    Bytes are those of known or estimated sizes; `unknown_files` have neither.
    """

    files: int = 0
    size_bytes: int = 0
    on_disk_files: int = 0
    on_disk_bytes: int = 0
    to_fetch_files: int = 0
    to_fetch_bytes: int = 0
    estimated: bool = False
    unknown_files: int = 0
    free_bytes: int | None = None

    @property
    def fits(self) -> bool:
        """Whether what is to fetch fits on the file system, as far as sizes are known."""
        return self.free_bytes is None or self.to_fetch_bytes <= self.free_bytes

    @property
    def is_tight(self) -> bool:
        """Whether it fits only if the estimates are good."""
        uncertain = self.estimated or self.unknown_files > 0
        return (
            self.free_bytes is not None
            and uncertain
            and self.free_bytes - self.to_fetch_bytes < TIGHT * self.to_fetch_bytes
        )


def sum_label(size_bytes: int | None, estimated: bool, unknown: int) -> str:
    """A sum of sizes: `~21.4 GB`; `21.4 GB + ?` where some sizes are unknown; `?` where all are."""
    if unknown and not size_bytes:
        return "?"
    return human_size(size_bytes, estimated=estimated) + (" + ?" if unknown else "")


class Totals(Widget):
    """Selected, on disk, to fetch, free: always in sight while ticking."""

    DEFAULT_CSS = """
    Totals { height: 2; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._selected = SelectedTotals()
        self._disk: DiskTotals | None = None

    def show_selected(self, totals: SelectedTotals) -> None:
        """Show what is selected; the files are counted, `show_disk` follows."""
        self._selected = totals
        self.refresh()

    def show_disk(self, totals: DiskTotals | None) -> None:
        """Show what that means in files; None where nothing is known."""
        self._disk = totals
        if totals is not None:
            self._selected = replace(
                self._selected,
                files=totals.files,
                size_bytes=totals.size_bytes,
                estimated=totals.estimated,
                unknown_images=totals.unknown_files,
            )
        self.refresh()

    def render(self) -> Text:
        """Both lines at the widget's width."""
        width = self.size.width
        selected = Text(f"{selected_line(self._selected, width)}\n")
        return selected.append_text(disk_line(self._disk, width))


def selected_line(totals: SelectedTotals, width: int) -> str:
    """`selected  61 candidates  142 sessions  1,204 images  2,913 files       ~21.4 GB`."""
    size = sum_label(totals.size_bytes, totals.estimated, totals.unknown_images)
    files = plural(totals.files, "file") if totals.files is not None else "... files"
    images = plural(totals.images, "image")
    if totals.tables:
        images += f"  {plural(totals.tables, 'table')}"
    full = (plural(totals.candidates, "candidate"), plural(totals.sessions, "session"))
    short = (f"{totals.candidates:,} cand.", f"{totals.sessions:,} sess.")
    text = first_that_fits(
        (
            f" selected  {'  '.join((*full, images, files))}",
            f" selected  {' '.join((*full, images, files))}",
            f" selected {' '.join((*short, images, files))}",
            f" selected {' '.join((short[0], images, files))}",
            f" selected {' '.join((images, files))}",
            f" selected {' '.join((plural(totals.images, 'image'), files))}",
            f" {' '.join((images, files))}",
        ),
        width - len(size) - 2,
    )
    return fit(text, max(0, width - len(size) - 1)) + size + " "


def disk_line(totals: DiskTotals | None, width: int) -> Text:
    """`on disk  612 files  4.1 GB   to fetch  2,301 files  ~17.3 GB   free 812 GB here*`."""
    if totals is None:
        return Text(" looking at what is on disk ...")
    here = plural(totals.on_disk_files, "file"), human_size(totals.on_disk_bytes)
    fetch = (
        plural(totals.to_fetch_files, "file"),
        sum_label(totals.to_fetch_bytes, totals.estimated, totals.unknown_files),
    )
    free = free_long = "no folder yet"
    if not totals.fits:
        short = human_size(totals.to_fetch_bytes - (totals.free_bytes or 0))
        free = free_long = f"! {short} too little room"
    elif totals.is_tight:
        free = f"! free {human_size(totals.free_bytes)}: tight"
        free_long = f"! free {human_size(totals.free_bytes)}: it may not fit, sizes are estimated"
    elif totals.free_bytes is not None:
        free = f"free {human_size(totals.free_bytes)} here*"
        free_long = (
            f"free {human_size(totals.free_bytes)} on this file system (your quota may be less)"
        )
    wide = f" on disk  {'  '.join(here)}   to fetch  {'  '.join(fetch)}"
    if len(wide) + len(free_long) + 4 <= width:
        free = free_long
    text = first_that_fits(
        (
            wide,
            f" on disk {' '.join(here)}  to fetch {' '.join(fetch)}",
            f" on disk {here[1]}  to fetch {' '.join(fetch)}",
            f" on disk {here[1]}  to fetch {fetch[1]}",
            f" to fetch {fetch[1]}",
        ),
        width - len(free) - 2,
    )
    line = Text(fit(text, max(0, width - len(free) - 1)))
    return line.append(free, "bold" if free.startswith("!") else "")


def first_that_fits(texts: tuple[str, ...], width: int) -> str:
    """The first of these, the longest first, that needs no more cells; the last where none does."""
    return next((text for text in texts if len(text) <= width), texts[-1])
