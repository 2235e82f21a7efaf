"""`--plain`: from login to the last file by questions and appended lines, no screen control."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from preventad_tui.core.last_rate import save_rate
from preventad_tui.core.paths import state_dir
from preventad_tui.demo.server import DemoServer
from preventad_tui.headless.signals import Signals

NOBODY = {"PREVENTAD_USERNAME": "", "PREVENTAD_PASSWORD": ""}


class Talk:
    """A conversation with the program on a small, dumb terminal, and all that was written."""

    def __init__(self, program: Any, *arguments: str, **more: str) -> None:
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "preventad_tui", *arguments],
            env=program.env(**({"TERM": "dumb"} | more)),
            cwd=str(program.cwd),
            encoding="utf-8",
            timeout=30,
            dimensions=(12, 40),
        )
        self._record = ""
        self.child.logfile_read = self

    def write(self, data: str) -> None:
        self._record += data

    def flush(self) -> None:
        pass

    @property
    def text(self) -> str:
        return self._record.replace("\r\n", "\n")

    def wait_for(self, question: str) -> None:
        # Long lines are folded between words.
        self.child.expect(r"\s+".join(map(re.escape, question.split())))
        # The rest of the prompt has come when the terminal has nothing more.
        self.child.expect(r":\s*$")

    def answer(self, question: str, answer: str) -> None:
        self.wait_for(question)
        self.child.sendline(answer)

    def end(self) -> int:
        self.child.expect(pexpect.EOF)
        self.child.close()
        status = self.child.exitstatus
        return 128 + self.child.signalstatus if status is None else status


Start = Callable[..., Talk]


@pytest.fixture
def talk(program: Any) -> Iterator[Start]:
    talks: list[Talk] = []

    def start(*arguments: str, **more: str) -> Talk:
        talks.append(Talk(program, *arguments, **more))
        return talks[-1]

    yield start
    for one in talks:
        one.child.close(force=True)


def numbers(text: str, *names: str) -> str:
    """The numbers that the last list gives these names."""
    found = []
    for name in names:
        matches = re.findall(rf"^ *(\d+) {re.escape(name)}\b", text, re.MULTILINE)
        assert matches, f"{name} is not offered:\n{text}"
        found.append(matches[-1])
    return ",".join(found)


def log_in(one: Talk) -> None:
    one.answer("Log in again by itself", "n")
    one.answer("LORIS user at", "demo")
    one.answer("Password of demo", "demo")


def files_of(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and ".preventad-tui" not in path.parts
    )


def test_from_login_to_the_last_file_without_an_escape_sequence(
    talk: Start, program: Any, server: DemoServer
) -> None:
    one = talk("--plain", "--server", program.server, **NOBODY)
    one.answer("Log in again by itself", "n")
    one.answer("LORIS user at", "demo")
    one.answer("Password of demo", "wrong")
    one.answer("Try again with another user", "y")
    log_in(one)
    one.answer("Choose by:", "1")
    one.answer("Type:", "")
    one.answer("Numbers such as 1,3-5", "0,99")
    one.child.expect_exact("“0” is not from 1")
    one.answer("Numbers such as", numbers(one.text, "t1w"))
    one.wait_for("Numbers such as")
    one.child.sendline(numbers(one.text, "PREEN00"))
    one.answer("Candidates:", "")
    one.answer("data releases too", "")
    one.answer("Save the selection", "my cohort")
    one.answer("Output folder", "out")
    one.answer("Start the download?", "y")
    assert one.end() == 0
    assert "\x1b" not in one.text
    assert "\r" not in one.text
    assert "wrong" not in one.text.lower().replace("wrong user", "")
    assert "Selected: " in one.text
    assert "files on disk" in one.text
    by_get = program.here("get", "-o", "other", "-m", "t1w", "-v", "PREEN00")
    assert by_get.returncode == 0
    assert files_of(program.cwd / "out") == files_of(program.cwd / "other")
    kept = json.loads((state_dir() / "session.json").read_text())
    assert kept["view"]["screen"] == "transfers"
    assert kept["left_files"] == 0
    shown = program("selections", "show", "my cohort")
    assert "modalities: t1w" in shown.stdout


def test_the_study_design_falls_step_by_step(talk: Start, program: Any) -> None:
    one = talk("--server", program.server, ACCESSIBLE="1")
    one.answer("Choose by:", "2")
    one.answer("Type:", "1")
    one.wait_for("Numbers such as")
    wanted = numbers(one.text, "t1w", "bold", "dwi65")
    one.child.sendline(wanted)
    one.answer("What is one time point?", "1")
    one.answer("at least how many", "x")
    one.answer("at least how many", "")
    one.answer("a baseline and a follow-up?", "y")
    one.answer("of the same arm?", "n")
    one.answer("Arm:", "")
    one.child.expect_exact("Fetch which modalities")
    one.answer(f"[{wanted}]", numbers(one.text, "t1w"))
    one.answer("data releases too", "n")
    one.answer("Save the selection", "q")
    assert one.end() == 0
    assert "\x1b" not in one.text
    steps = program.here(
        "plan",
        *("-o", "out", "-m", "t1w", "--has-all", "t1w,rest,dwi", "--baseline-and-follow-up"),
    )
    said = [line for line in steps.stderr.splitlines() if "time point" in line]
    assert said
    words = " ".join(one.text.split())
    assert all(" ".join(line.split()) in words for line in said)
    assert "Only candidates with a baseline and a\nfollow-up?" in one.text


def test_ctrl_c_keeps_all_state_and_the_next_start_goes_on(talk: Start, program: Any) -> None:
    begun = ("--plain", "--server", program.server, "-m", "t1w,dwi65", "-v", "PREEN00")
    one = talk(*begun, "--limit-rate", "1M")
    one.answer("Save the selection", "")
    one.answer("Output folder", "out")
    assert f"[{program.cwd}/preventad]" in "".join(one.text.split())
    one.answer("Start the download?", "")
    one.child.expect_exact("ctrl+c stops")
    out = program.cwd / "out"
    end = time.monotonic() + 20
    while not list(out.glob("sub-*/**/*.json")):
        assert time.monotonic() < end, one.text
        time.sleep(0.05)
    one.child.sendintr()
    assert one.end() == 130
    assert "\x1b" not in one.text
    (left,) = re.findall(r"^Stopped; (\d+ files?)\sleft", one.text, re.MULTILINE)
    done = {path: (out / path).stat().st_mtime_ns for path in files_of(out)}

    two = talk("--plain", "--server", program.server)
    two.child.expect_exact("Last session")
    two.answer("Go on with it?", "")
    # What is left is what the stop said, and nothing that was answered before is asked again.
    assert f"{left} to fetch" in " ".join(two.text.split())
    two.answer("Output folder", "")
    assert f"[{out}]" in "".join(two.text.split())
    two.answer("Start the download?", "")
    assert two.end() == 0
    whole = files_of(out)
    assert len(whole) > len(done)
    assert all((out / path).stat().st_mtime_ns == then for path, then in done.items())


def test_a_signal_just_before_a_question_is_not_lost() -> None:
    async def command() -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        with signals.given_back():
            raise AssertionError("the question was asked")

    signals = Signals()
    assert asyncio.run(signals.run(command)) == 143


def test_hanging_up_at_a_question_keeps_what_was_chosen(talk: Start, program: Any) -> None:
    one = talk("--plain", "--server", program.server, "-m", "t1w", "-v", "PREEN00")
    one.child.expect_exact("Save the selection")
    one.child.kill(signal.SIGHUP)
    assert one.end() in (129, 128 + signal.SIGHUP)
    kept = json.loads((state_dir() / "session.json").read_text())
    assert kept["selection"]["rules"]["filters"]["modalities"] == ["t1w"]


def test_what_goes_wrong_is_said_at_once_and_offered_again(
    talk: Start, program: Any, server: DemoServer
) -> None:
    (program.cwd / "blocked").write_text("a file")
    one = talk("--plain", "--server", program.server, "-m", "t1w", "-v", "PREEN00")
    one.answer("Save the selection", "")
    one.answer("Output folder", "blocked")
    one.answer("Output folder", "out")
    one.answer("Start the download?", "n")
    assert one.end() == 0
    assert not files_of(program.cwd / "out")
    assert os.path.isdir(program.cwd / "out")


def test_the_published_list_stands_in_for_an_account(
    talk: Start, program: Any, load_fake: Callable[[str], Any]
) -> None:
    with DemoServer(candidates=1, body_scale=0.1) as other:
        clone = load_fake("clones").make_clone(other, program.cwd / "clone")
        one = talk(
            *("--plain", "--server", other.url, "--catalogue", str(clone), "-m", "t1w"), **NOBODY
        )
        one.answer("without an account?", "y")
        one.answer("Save the selection", "")
        one.answer("Output folder", str(program.cwd / "out"))
        assert one.end() == 4
        assert other.requests == []
    assert "known" in one.text
    assert "A download needs an account" in " ".join(one.text.split())
    assert not (program.cwd / "out").exists()


def test_what_may_cost_days_is_said_before_the_start(talk: Start, program: Any) -> None:
    """The same sentences as in the plan of the interface (core/advice.py)."""
    before = program.here("get", "-o", "out", "-m", "t1w", "-v", "PREEN00")
    assert before.returncode == 0
    save_rate(program.server, 1, state_dir())  # a byte a second: days, and the login lasts one
    choice = ("-m", "t1w", "-v", "PREEN00,PREFU12", "--plain", "--server", program.server)
    one = talk(*choice, TMUX="", STY="", **NOBODY)
    log_in(one)
    one.answer("Save the selection", "")
    one.answer("Output folder", "out")
    one.answer("Type it now", "y")
    one.answer("LORIS user at", "demo")
    one.answer("Password of demo", "demo")
    one.answer("Start the download?", "n")
    assert one.end() == 0
    said = " ".join(one.text.split())
    assert "a BIDS folder of this program" in said
    assert re.search(r"About [^.]* at the last rate \(1 B/s\)", said)
    assert "Not inside tmux or screen" in said
    assert "The download outlasts the login." in said
    assert "\x1b" not in one.text
    two = talk(*choice, TMUX="there")
    two.answer("Save the selection", "")
    two.answer("Output folder", "~/out2")
    two.answer("Start the download?", "n")
    assert two.end() == 0
    assert "Not inside tmux" not in two.text
    assert "In your home folder" in two.text
