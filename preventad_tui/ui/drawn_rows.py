"""What stands on the terminal's rows, so that a slow line carries only what has changed.

Textual 8 draws a new screen three to five times over until all of its parts have their places and
their data, and draws whole rows and widgets where a word has changed. What it writes is, for each
piece of a row: `CSI row ; column H`, runs of text with their style, perhaps a line feed
(`textual._compositor`, `Strip.render`).
"""

import re
from collections.abc import Iterator
from itertools import groupby, zip_longest
from operator import itemgetter

from rich.cells import get_character_cell_size

Cell = tuple[str, str]
"""A character and the numbers of its style (SGR)."""

_MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_RUN = re.compile(r"\x1b\[([\d;]*)m([^\x1b\n]*)\x1b\[0m|([^\x1b\n]+)")
_LEAST_GAP = 12
"""So many equal cells cost more bytes than to move over them and say the style again."""


class DrawnRows:
    """The cells of each row as they were written last.

    Rows whose characters are not all one cell wide are not known: terminals do not agree on the
    width of such characters, so those rows are always written whole.
    """

    def __init__(self) -> None:
        self._rows: dict[int, list[Cell]] = {}

    def forget(self) -> None:
        """Something else has written there: draw all that comes."""
        self._rows.clear()

    def changes(self, written: str) -> str:
        """What of one write is still to be sent; all of it where it draws nothing."""
        head, *pieces = _MOVE.split(written)
        if not pieces:
            return written
        sent = [head]
        for row, column, body in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
            sent.append(self._piece(int(row), int(column) - 1, body.removesuffix("\n")))
        if not pieces[-1]:  # where the cursor goes when all is drawn
            sent.append(_move(int(pieces[-3]), int(pieces[-2]) - 1))
        return "".join(sent)

    def _piece(self, row: int, column: int, body: str) -> str:
        new, old = _cells(body), self._rows.get(row, [])
        if new is None or len(old) < column:
            self._rows.pop(row, None)
            return _move(row, column) + body
        end = column + len(new)
        self._rows[row] = old[:column] + new + old[end:]
        return "".join(
            _move(row, column + start) + _text(new[start:stop])
            for start, stop in _differences(old[column:end], new)
        )


def _move(row: int, column: int) -> str:
    return f"\x1b[{row};{column + 1}H"


def _cells(body: str) -> list[Cell] | None:
    """The cells of a piece; None where it holds more than text of single cells and its style."""
    cells: list[Cell] = []
    at = 0
    for run in _RUN.finditer(body):
        if run.start() != at:
            return None
        at = run.end()
        style, styled, plain = run.groups()
        text = styled if plain is None else plain
        if not text.isascii() and any(get_character_cell_size(one) != 1 for one in text):
            return None
        cells.extend([(one, style or "") for one in text])
    return cells if at == len(body) else None


def _differences(old: list[Cell], new: list[Cell]) -> Iterator[tuple[int, int]]:
    """From where to where they differ; what lies close together is one."""
    if old == new:
        return
    start = stop = -_LEAST_GAP
    for at, (before, now) in enumerate(zip_longest(old, new)):
        if before == now:
            continue
        if at - stop >= _LEAST_GAP:
            if stop > 0:
                yield start, stop
            start = at
        stop = at + 1
    yield start, stop


def _text(cells: list[Cell]) -> str:
    runs = []
    for style, run in groupby(cells, key=itemgetter(1)):
        text = "".join(map(itemgetter(0), run))
        runs.append(f"\x1b[{style}m{text}\x1b[0m" if style else text)
    return "".join(runs)
