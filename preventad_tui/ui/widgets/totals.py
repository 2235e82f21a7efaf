"""The two lines above the footer: what is selected, and what that means for the disk."""

from dataclasses import dataclass

from rich.text import Text
from textual.widget import Widget

from preventad_tui.core.text import human_size, plural
from preventad_tui.ui.widgets.row_list import fit


@dataclass(frozen=True, slots=True)
class SelectedTotals:
    """What is selected; known at once after every tick. `size_bytes` None: no size is known."""

    candidates: int = 0
    sessions: int = 0
    images: int = 0
    files: int = 0
    size_bytes: int | None = 0
    estimated: bool = False
    unknown_images: int = 0


@dataclass(frozen=True, slots=True)
class DiskTotals:
    """What the plan of this selection says of the disk; computed behind the screen."""

    on_disk_files: int = 0
    on_disk_bytes: int = 0
    to_fetch_files: int = 0
    to_fetch_bytes: int | None = 0
    estimated: bool = False
    unknown_files: int = 0
    free_bytes: int | None = None

    @property
    def fits(self) -> bool:
        """Whether what is to fetch fits on the file system, as far as sizes are known."""
        return self.free_bytes is None or (self.to_fetch_bytes or 0) <= self.free_bytes


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
        self._folder_known = False

    def show_selected(self, totals: SelectedTotals) -> None:
        """Show what is selected; the numbers of the disk follow."""
        self._selected = totals
        self.refresh()

    def show_disk(self, totals: DiskTotals | None, *, folder_known: bool) -> None:
        """Show what the plan says; None while it is computed."""
        self._disk = totals
        self._folder_known = folder_known
        self.refresh()

    def render(self) -> Text:
        """Both lines at the widget's width."""
        width = self.size.width
        return Text(f"{selected_line(self._selected, width)}\n").append_text(
            disk_line(self._disk, width, folder_known=self._folder_known)
        )


def selected_line(totals: SelectedTotals, width: int) -> str:
    """`selected  61 candidates  142 sessions  1,204 images  2,913 files       ~21.4 GB`."""
    parts = [
        plural(totals.candidates, "candidate"),
        plural(totals.sessions, "session"),
        plural(totals.images, "image"),
        plural(totals.files, "file"),
    ]
    size = sum_label(totals.size_bytes, totals.estimated, totals.unknown_images)
    text = f" selected  {'  '.join(parts)}"
    if len(text) + len(size) + 3 > width:
        text = f" selected  {'  '.join(parts[2:])}"
    return fit(text, max(0, width - len(size) - 1)) + size + " "


def disk_line(totals: DiskTotals | None, width: int, *, folder_known: bool) -> Text:
    """`on disk  612 files  4.1 GB   to fetch  2,301 files  ~17.3 GB   free 812 GB here*`."""
    if totals is None:
        return Text(" counting what is on disk ..." if folder_known else " ")
    fetch = sum_label(totals.to_fetch_bytes, totals.estimated, totals.unknown_files)
    here = (
        f" on disk  {plural(totals.on_disk_files, 'file')}  {human_size(totals.on_disk_bytes)}"
        f"   to fetch  {plural(totals.to_fetch_files, 'file')}  {fetch}"
    )
    if totals.free_bytes is None:
        free = "no folder yet"
    elif not totals.fits:
        missing = human_size((totals.to_fetch_bytes or 0) - totals.free_bytes)
        free = f"does not fit: {missing} more than is free"
    else:
        free = f"free {human_size(totals.free_bytes)} on this file system (your quota may be less)"
        if len(here) + len(free) + 3 > width:
            free = f"free {human_size(totals.free_bytes)} here*"
    room = max(len(here) + 2, width - len(free) - 1)
    line = Text(here.ljust(room))
    return line.append(free, "bold" if not totals.fits else "")
