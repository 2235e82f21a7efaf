"""The filter's line: the words typed, how each was read, how many images match."""

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static

from preventad_tui.core.text import middle_cut
from preventad_tui.ui.actions import Place, bindings_of

_FIELD = 18  # cells: room for what is said while nothing is typed
PAUSE_S = 0.15
"""How long typing must rest before the tree follows: a slow line shows the last word only."""


class FilterInput(Input):
    """The text field; its keys are those of the filter."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.FILTER)

    @dataclass
    class ToTree(Message):
        """Keep the filter, go to the tree."""

    def action_to_tree(self) -> None:
        """Keep the filter, go to the tree."""
        self.post_message(self.ToTree())

    def action_leave(self) -> None:
        """The first time empty the filter, the second time leave it."""
        if self.value:
            self.value = ""
        else:
            self.post_message(self.ToTree())


class Reading(Widget):
    """How the words were read, cut to the room there is."""

    text = reactive("")

    def render(self) -> Text:
        """Cut in the middle, since the end is what was typed last."""
        return Text(middle_cut(self.text, self.content_size.width))


class FilterBar(Horizontal):
    """`/ t1w bold prefu   modalities t1w, bold; visits PREFU12 24     571 images`."""

    DEFAULT_CSS = """
    FilterBar {
        height: 1;
        & > #filter-sign { width: 3; }
        & > FilterInput {
            width: 18; max-width: 50%; height: 1; border: none; padding: 0;
            background: transparent;
            &:focus { border: none; text-style: underline; }
        }
        & > #filter-read { width: 1fr; height: 1; padding: 0 1; color: $text-muted; }
        & > #filter-count { width: auto; height: 1; text-align: right; }
    }
    """

    @dataclass
    class Changed(Message):
        """The filter is another; sent after a short rest."""

        widget: "FilterBar"
        text: str

    @dataclass
    class Left(Message):
        """To the tree, please."""

        widget: "FilterBar"

    def compose(self) -> ComposeResult:
        """The sign, the field, what was read, the count."""
        yield Static(" / ", id="filter-sign", markup=False)
        yield FilterInput(placeholder="press / to filter", select_on_focus=False, id="filter-text")
        yield Reading(id="filter-read")
        yield Static("", id="filter-count", markup=False)

    def on_mount(self) -> None:
        """Nothing was typed yet."""
        self._rest = self.set_timer(PAUSE_S, self._announce, pause=True)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.query_one(FilterInput).value

    def put_text(self, text: str) -> None:
        """Put words into the field without a word about it."""
        field = self.query_one(FilterInput)
        if field.value != text:
            with self.prevent(Input.Changed):
                field.value = text
            field.cursor_position = len(text)

    def set_text(self, text: str) -> None:
        """Put words into the field; announced like typed ones, at once."""
        field = self.query_one(FilterInput)
        field.value = text
        field.cursor_position = len(text)
        self._announce()

    def focus_field(self) -> None:
        """Type here."""
        self.query_one(FilterInput).focus()

    def show_result(self, read: str, found: str) -> None:
        """Show how the words were read and what matches, counted; the words take what they need."""
        self.query_one(Reading).text = read
        self.query_one(FilterInput).styles.width = max(_FIELD, cell_len(self.text) + 1)
        self.query_one("#filter-count", Static).update(Text(f"{found} "))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Wait for the typing to rest."""
        event.stop()
        self._rest.stop()
        self._rest = self.set_timer(PAUSE_S, self._announce)

    def on_filter_input_to_tree(self, event: FilterInput.ToTree) -> None:
        """Announce what was typed before leaving."""
        event.stop()
        self._announce()
        self.post_message(self.Left(self))

    def _announce(self) -> None:
        self._rest.stop()
        self.post_message(self.Changed(self, self.text))
