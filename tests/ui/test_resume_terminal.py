"""A download cut off in a real terminal, and the next start that goes on with it by one key."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.disk_view import META
from preventad_tui.demo.accounts import ACCOUNTS
from preventad_tui.demo.server import DemoServer


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


def files_in(folder: Path) -> dict[Path, int]:
    """The finished files and when each was written."""
    return {
        path: path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and META not in path.parts
    }


def test_killed_in_mid_download_one_key_goes_on(
    start: Any, server: DemoServer, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    options = ("--server", server.url, "--username", ACCOUNTS[0].name)
    terminal = start(*options, "--limit-rate", "500k", "-o", str(folder))
    terminal.log_in(server.password)
    terminal.wait_text("sub-1447289")
    terminal.press(" ")
    terminal.wait_text("84/84")
    terminal.press("d")
    terminal.wait_text("4 at once")
    terminal.press("\r")
    terminal.wait_text("p Pause")
    terminal.wait_for(lambda: len(files_in(folder)) >= 15)
    session = Path.home() / ".local/state/preventad-tui/session.json"
    terminal.wait_for(lambda: session.exists() and '"screen":"transfers"' in session.read_text())
    terminal.child.kill(9)
    terminal.child.wait()
    before = files_in(folder)

    again = start(*options)
    again.log_in(server.password)
    again.wait_text("Go on where you left?")
    again.wait_text("it goes on at once")
    again.press("\r")
    again.wait_text("Transfers")  # the same screen, and the download is under way
    again.wait_text("finished")
    assert " were here before" in again.text or "files on disk" in again.text
    after = files_in(folder)
    assert set(before) < set(after)
    kept = [path for path in before if after[path] == before[path]]
    assert len(kept) == len(before), "what was whole came again"
    assert not list((folder / META / "partial").iterdir())
    again.press("1")
    again.wait_text("84/84")
    again.press("q")
    assert again.end() == 0
