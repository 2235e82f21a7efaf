"""A quick download on a slow line: little is written, and yet the numbers move."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

LINE_LIMIT_BYTES_PER_S = 3000
WINDOW_S = 6.0
STILL_S = 2.5


@pytest.fixture
def downloading(start: Any, tmp_path: Path) -> Iterator[Any]:
    """The transfers of some 100 small files a second, in front for a while."""
    with DemoServer(candidates=40, body_scale=0.2) as server:
        terminal = start(
            *("--server", server.url, "--username", server.username, "--limit-rate", "1200k"),
            *("-o", str(tmp_path / "out"), "--all"),
        )
        terminal.log_in(server.password)
        terminal.wait_text("+ [x] ")
        terminal.start_download()
        read_for(terminal, 2.5)
        yield terminal
        assert "finished" not in terminal.text, "it was over before it was measured"


def read_for(terminal: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        terminal.read(0.02)


def files_done(terminal: Any) -> int:
    found = re.search(r"([\d,]+) of [\d,]+ files", terminal.text)
    return int(found[1].replace(",", "")) if found else 0


def longest_still(terminal: Any, keys: str) -> float:
    """For how long the number of files stayed the same at most, while keys are pressed."""
    end = time.monotonic() + WINDOW_S
    moved, longest, done = time.monotonic(), 0.0, files_done(terminal)
    while time.monotonic() < end:
        if keys:
            terminal.press(keys)
        read_for(terminal, 0.1)
        if files_done(terminal) != done:
            done, moved = files_done(terminal), time.monotonic()
        longest = max(longest, time.monotonic() - moved)
    return longest


def test_the_numbers_move_and_little_is_written(downloading: Any, record_property: Any) -> None:
    written = len(downloading.written)
    still_s = longest_still(downloading, "")
    bytes_per_s = (len(downloading.written) - written) / WINDOW_S
    beside_keys_s = longest_still(downloading, "\x1b[B")
    record_property(
        "figures",
        f"{bytes_per_s:.0f} B/s to the terminal; the numbers stood still for {still_s:.1f} s, "
        f"beside keys {beside_keys_s:.1f} s",
    )
    assert still_s < STILL_S
    assert beside_keys_s < STILL_S
    assert bytes_per_s < LINE_LIMIT_BYTES_PER_S


@pytest.mark.parametrize("keys", ["?", "1"])
def test_little_is_written_under_help_and_in_the_browser(
    downloading: Any, keys: str, record_property: Any
) -> None:
    downloading.press(keys)
    read_for(downloading, 2.5)
    written = len(downloading.written)
    read_for(downloading, WINDOW_S)
    bytes_per_s = (len(downloading.written) - written) / WINDOW_S
    record_property("figures", f"{bytes_per_s:.0f} B/s to the terminal")
    assert 0 < bytes_per_s < LINE_LIMIT_BYTES_PER_S


def cells_after(terminal: Any, keys: str) -> list[Any]:
    """Every cell with its style, once these keys have drawn something and then nothing more."""
    before = len(terminal.written)
    terminal.press(keys)
    if keys:
        terminal.wait_for(lambda: len(terminal.written) > before)
    terminal.wait_text(LATE.get(keys, ""))
    written = -1
    while written != len(terminal.written):
        written = len(terminal.written)
        read_for(terminal, QUIET_S)
    rows, columns = terminal.screen.lines, terminal.screen.columns
    return [terminal.screen.buffer[y][x] for y in range(rows) for x in range(columns)]


QUIET_S = 0.3
KEYS = (
    *("=", "j", "G", "g", " ", "?", "\x1b", "c", "\x1b", "S", "\x1b", "i", "\x1b", "f", "\x1b"),
    *("/bold\r", "v", "t", "\x1b", "d", "\x1b", "2", "1", ":", "\x1b", "o", "\x1b", "w"),
)
LATE = {"d": "at once", "i": "images by state"}  # what threads find
CTRL_L = "\x0c"
MOST_BYTES_PER_CELL = 3


def test_a_key_draws_little_and_all_that_it_must(
    start: Any, tmp_path: Path, record_property: Any
) -> None:
    """What stands there after each key is what stands there when all is drawn anew."""
    with DemoServer(candidates=12) as server:
        account = ("--server", server.url, "--username", server.username)
        terminal = start(*account, "-o", str(tmp_path / "out"))
        terminal.log_in(server.password)
        terminal.wait_text("+ [ ] ")
        cells_after(terminal, "")
        costs = {}
        for number, keys in enumerate(KEYS):
            written = len(terminal.written)
            shown = cells_after(terminal, keys)
            costs[f"{number} {keys!r}"] = len(terminal.written) - written
            assert cells_after(terminal, CTRL_L) == shown, f"after {keys!r}:\n{terminal.text}"
    most = max(costs, key=lambda key: costs[key])
    record_property("figures", f"at most {costs[most]:,} bytes, after {most}")
    assert costs[most] < MOST_BYTES_PER_CELL * 80 * 24, costs
