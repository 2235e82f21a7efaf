"""A download cut off in a real terminal, and the next start that goes on with it by one key."""

import re
import signal
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


@pytest.mark.parametrize("in_front", ["transfers", "browser"])
@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGHUP])
def test_ended_in_mid_download_one_key_goes_on(
    start: Any, server: DemoServer, tmp_path: Path, in_front: str, ended_by: signal.Signals
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
    terminal.wait_for(lambda: re.search(r"of [\d,]+ files", terminal.text))
    of_files = int(re.findall(r"of ([\d,]+) files", terminal.text)[0].replace(",", ""))
    if in_front == "browser":
        terminal.press("1")
        terminal.wait_text("candidate  visit")
    terminal.wait_for(lambda: len(files_in(folder)) >= 15)
    session = Path.home() / ".local/state/preventad-tui/session.json"
    kept = f'"screen":"{in_front}"'
    terminal.wait_for(lambda: session.exists() and kept in session.read_text())
    terminal.child.kill(ended_by)
    terminal.child.wait()
    before = files_in(folder)

    again = start(*options)
    again.log_in(server.password)
    again.wait_text("Go on where you left?")
    again.wait_text("it goes on at once")
    if ended_by is signal.SIGHUP:  # it had the time to count to the very end
        assert f"to fetch    {of_files - len(before)} files" in again.text
    again.press("\r")  # the same screen, and the download is under way
    if in_front == "browser":
        again.wait_text("The download goes on")
        again.wait_text("candidate  visit")
        again.press("2")
    again.wait_text("Transfers")
    again.wait_text("finished")
    assert " were here before" in again.text or "files on disk" in again.text
    after = files_in(folder)
    assert set(before) < set(after)
    untouched = [path for path in before if after[path] == before[path]]
    assert len(untouched) == len(before), "what was whole came again"
    assert not list((folder / META / "partial").iterdir())
    again.press("1")
    again.wait_text("84/84")
    again.press("q")
    assert again.end() == 0


def test_stopped_by_x_nothing_goes_on_unasked(
    start: Any, server: DemoServer, tmp_path: Path
) -> None:
    options = ("--server", server.url, "--username", ACCOUNTS[0].name)
    terminal = start(*options, "--limit-rate", "300k", "-o", str(tmp_path / "out"))
    terminal.log_in(server.password)
    terminal.wait_text("sub-1447289")
    terminal.press(" ")
    terminal.press("d")
    terminal.wait_text("4 at once")
    terminal.press("\r")
    terminal.wait_text("p Pause")
    session = Path.home() / ".local/state/preventad-tui/session.json"
    terminal.wait_for(lambda: session.exists() and '"was_downloading":true' in session.read_text())
    terminal.press("X")
    terminal.wait_text("Stop the whole download?")
    terminal.press("y")
    terminal.wait_text("finished")
    terminal.wait_for(lambda: '"was_downloading":false' in session.read_text())
    terminal.child.kill(signal.SIGKILL)
    terminal.child.wait()

    again = start(*options)
    again.log_in(server.password)
    again.wait_text("Go on where you left?")
    again.wait_for(lambda: re.search(r"to fetch +[1-9]", again.text))
    again.wait_text("enter Go on")
    assert "it goes on at once" not in again.text
