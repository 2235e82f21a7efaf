"""The rows of the transfers' log: what one event of the engine looks like."""

import re
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len

from preventad_tui.core.events import (
    AuthNeeded,
    Event,
    FileEnded,
    FileRetried,
    Finished,
    Notice,
    Paused,
    Resumed,
)
from preventad_tui.core.text import clean, human_duration, human_size
from preventad_tui.ui.failures import FailureGroup
from preventad_tui.ui.widgets.row_list import Cell, fit
from preventad_tui.ui.widgets.signs import state_style

_TIME_WIDTH = 9
_WORD_WIDTH = 10
_SIZE_WIDTH = 9
_SECONDS_WIDTH = 8
WIDEST_SENTENCE = 100
INDENT = 1 + _TIME_WIDTH
LEAST_SENTENCE = 20
_MOST_LINES = 4
_NARROW = 72  # columns below which a name needs what the seconds took
_KEYS = re.compile(r"(?<![^_/])[a-z]+-")  # `sub-`, `ses-`, `task-`, `run-`
_WHOSE = re.compile(r"[^_/]+[_/][^_/]+")  # candidate and visit
_WHOLE_NAME = 60  # nearly all names of the study fit
LONGEST_NAME = 100
"""Cells of a file's name: on a very wide terminal its numbers stay near it."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row of the log; an event with something to say has more of them for its sentence.

    `text`: a line of that sentence; among the failures also the heading of a group, or what to do
    about it.
    """

    event: Event | None
    is_sentence: bool = False
    text: str = ""
    style: str = ""


def words_of(event: Event) -> str:
    """What a search looks at."""
    if isinstance(event, FileEnded):
        return f"{event.path} {event.state.label} {event.reason} {event.message}".casefold()
    if isinstance(event, FileRetried):
        return f"{event.path} retry {event.reason} {event.message}".casefold()
    if isinstance(event, Paused | AuthNeeded | Notice):
        return event.sentence.casefold()
    return ""


def group_rows(group: FailureGroup, width: int) -> Iterator[LogRow]:
    """A heading, what to do, the files, newest first; each with its own sentence only once."""
    said = {_sentence(event) for event in group.files.values()}
    yield LogRow(None, text=group.heading, style="row--bad")
    for sentence in (*(said if len(said) == 1 else ()), group.advice):
        for part in textwrap.wrap(sentence, width):
            yield LogRow(None, text=f"  {part}", style="row--muted")
    for event in reversed(group.files.values()):
        yield LogRow(event)
        if len(said) > 1:
            yield from _sentence_rows(event, width)


def shown_name(path: str) -> str:
    """A file's name; its path where the name does not say whose it is (`candidate.json`)."""
    head, _, name = path.rpartition("/")
    first = head.partition("/")[0]
    return clean(name if first in name else path)


def fit_name(path: str, width: int) -> str:
    """A file's name in exactly `width` cells.

    Where many would not fit all go without the keys of BIDS names, and without what stands before
    the candidate; what still does not fit is cut in the middle, after candidate and visit.
    """
    name = shown_name(path)
    if width >= _WHOLE_NAME and cell_len(name) <= width:
        return fit(name, width)
    first = path.partition("/")[0]
    name = _KEYS.sub("", name[max(name.find(first), 0) :])
    whose = _WHOSE.match(name)
    return fit(name, width, head=whose.end() if whose else 0)


def rows_of(event: Event, width: int) -> list[LogRow]:
    """The event's row, the last of the list, and before it those of its sentence, bottom up.

    `width`: the cells that a sentence has.
    """
    return [*reversed(_sentence_rows(event, width)), LogRow(event)]


def _sentence_rows(event: Event, width: int) -> list[LogRow]:
    parts = textwrap.wrap(_sentence(event), width, max_lines=_MOST_LINES, placeholder=" …")
    return [LogRow(event, is_sentence=True, text=part) for part in parts]


def _sentence(event: Event) -> str:
    match event:
        case FileEnded():
            return clean(event.message)
        case FileRetried():
            again = f"again in {human_duration(event.wait_s)} ({event.attempt} of {event.of})"
            message = clean(event.message).rstrip(".")
            return f"{message}; {again}" if message else again
        case _:
            return ""


def cells_of(event: Event, width: int) -> list[Cell]:
    """Time, state, name, size, duration in `width` cells; less of them on a narrow terminal."""
    is_narrow = width < _NARROW
    clock = time.strftime("%H:%M" if is_narrow else "%H:%M:%S", time.localtime(event.at))
    match event:
        case FileEnded():
            word, style, text = event.state.label, state_style(event.state), event.path
            tail = _numbers(_size(event), shown_seconds(event.seconds), is_narrow=is_narrow)
        case FileRetried():
            word, style, text = "retry", "row--bad", event.path
            tail = _numbers("", "", is_narrow=is_narrow)
        case Paused():
            word, style, text, tail = "paused", "row--bad", clean(event.sentence), ""
        case Resumed():
            word, style, text, tail = "resumed", "row--busy", "transfers go on", ""
        case AuthNeeded():
            word, style, text, tail = "login", "row--bad", clean(event.sentence), ""
        case Notice():
            word, style, text, tail = "note", "row--busy", clean(event.sentence), ""
        case Finished():
            word, style, text, tail = "finished", "row--good", clean(event.summary.sentence), ""
    room = max(width - len(clock) - 1 - _WORD_WIDTH - len(tail), 0)
    if tail:
        room = min(room, LONGEST_NAME)
    is_file = isinstance(event, FileEnded | FileRetried)
    return [
        Cell(f"{clock} "),
        Cell(fit(word, _WORD_WIDTH), style),
        Cell(fit_name(text, room) if is_file else fit(text, room)),
        Cell(tail, "row--muted"),
    ]


def _numbers(size: str, seconds: str, *, is_narrow: bool) -> str:
    """Always as wide, so that all names have the same room."""
    took = "" if is_narrow else fit(seconds, _SECONDS_WIDTH, right=True)
    return f"{fit(size, _SIZE_WIDTH, right=True)}{took} "


def _size(event: FileEnded) -> str:
    return "" if event.size_bytes is None else human_size(event.size_bytes)


def shown_seconds(seconds: float) -> str:
    """What a file took: `12.4 s`, `17 min`; nothing where it is not known."""
    if seconds <= 0:
        return ""
    return f"{seconds:.1f} s" if seconds < 60 else human_duration(seconds)
