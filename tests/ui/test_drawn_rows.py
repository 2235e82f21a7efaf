"""Only what changes is written, and what then stands there is the same."""

import random
import time

import pyte
import pytest

from preventad_tui.ui.drawn_rows import DrawnRows

COLUMNS, ROWS, FRAMES = 40, 8, 60
STYLES = ("", "1", "7", "31", "38;2;1;2;3;48;2;200;100;50", "2;90")
LETTERS = "ab c─▸█é"
ODD = "漢👩\u0301"  # two cells wide, or none


class Screen:
    """What a terminal shows that is sent these frames."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self.screen)

    def feed(self, data: str) -> None:
        self._stream.feed(data)

    @property
    def cells(self) -> list[list[object]]:
        buffer = self.screen.buffer
        return [[buffer[y][x] for x in range(COLUMNS)] for y in range(ROWS)]


def piece(dice: random.Random, row: int, column: int, width: int, letters: str) -> str:
    """What Textual writes for a part of a row."""
    runs, left = [], width
    while left > 0:
        text = "".join(dice.choices(letters, k=dice.randint(1, left)))
        left -= len(text)
        style = dice.choice(STYLES)
        runs.append(f"\x1b[{style}m{text}\x1b[0m" if style else text)
    feed = dice.choice(("", "\n")) if row < ROWS else ""
    return f"\x1b[{row};{column}H" + "".join(runs) + feed


def frame(dice: random.Random) -> str:
    """Whole rows, or parts of some, and last where the cursor goes."""
    pieces = []
    for row in range(1, ROWS + 1):
        if dice.random() < 0.5:
            column = 1 if dice.random() < 0.5 else dice.randint(2, COLUMNS)
            width = COLUMNS + 1 - column if dice.random() < 0.7 else 1
            # Few letters, so that much of a row stays as it was.
            letters = dice.choice((LETTERS, "a", "ab", "─"))
            pieces.append(piece(dice, row, column, width, letters))
    return "".join(pieces) + f"\x1b[{dice.randint(1, ROWS)};{dice.randint(1, COLUMNS)}H"


@pytest.mark.parametrize("_run", range(20))
def test_what_stands_there_is_the_same(_run: int) -> None:
    seed = time.time_ns() % 1_000_000
    print(f"seed {seed}")
    dice = random.Random(seed)
    drawn, thrifty, plain = DrawnRows(), Screen(), Screen()
    for _ in range(FRAMES):
        new = frame(dice)
        if dice.random() < 0.05:  # another program, or the terminal itself
            other = "\x1b[2J" + piece(dice, dice.randint(1, ROWS), 1, 9, "xyz")
            for screen in (thrifty, plain):
                screen.feed(other)
            drawn.forget()
        thrifty.feed(drawn.changes(new))
        plain.feed(new)
        assert thrifty.cells == plain.cells
        seen, meant = thrifty.screen.cursor, plain.screen.cursor
        assert (seen.x, seen.y) == (meant.x, meant.y)


def test_nothing_is_sent_for_what_stands_there() -> None:
    drawn = DrawnRows()
    first = "\x1b[1;1H\x1b[1mname\x1b[0m of 12\n\x1b[2;1Hmore\x1b[2;3H"
    drawn.changes(first)
    assert drawn.changes(first) == "\x1b[2;3H"
    changed = first.replace("12", "13")
    assert drawn.changes(changed) == "\x1b[1;10H3\x1b[2;3H"


def test_a_row_with_characters_of_other_widths_is_sent_whole() -> None:
    drawn = DrawnRows()
    for odd in ODD:
        row = f"\x1b[1;1Ha{odd}b\x1b[1;1H"
        drawn.changes("\x1b[1;1Hold text\x1b[1;1H")
        assert drawn.changes(row) == drawn.changes(row) == row
    after = "\x1b[1;1Hold text\x1b[1;1H"
    assert drawn.changes(after) == after


def test_what_is_no_drawing_goes_through() -> None:
    drawn = DrawnRows()
    for data in ("\x1b[?1049h\x1b[?25l", "\x1b[?2026h", "\a", ""):
        assert drawn.changes(data) == data
