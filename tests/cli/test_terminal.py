"""On a terminal: questions without echo, one line redrawn, and terminals that are refused."""

import os
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest

from preventad_tui.demo.server import DemoServer


def spawn(program: Any, *arguments: str, **more: str) -> pexpect.spawn:
    return pexpect.spawn(
        sys.executable,
        ["-m", "preventad_tui", *arguments],
        env=program.env(**more),
        cwd=str(program.cwd),
        encoding="utf-8",
        timeout=30,
        dimensions=(24, 80),
    )


NOBODY = {"PREVENTAD_USERNAME": "", "PREVENTAD_PASSWORD": ""}


def test_user_and_password_are_asked_for_and_the_password_is_not_shown(
    program: Any, server: DemoServer, isolated: Path
) -> None:
    child = spawn(
        program,
        *("get", "--server", program.server, "-o", "out", "-m", "t1w", "-v", "PREEN00"),
        **NOBODY,
    )
    child.expect("LORIS user at")
    child.sendline("demo")
    child.expect("Password of demo:")
    child.sendline("demo")
    child.expect("Selected: ")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "demo" not in (child.before or "").replace("demo server", "")


def test_a_wrong_answer_is_asked_once(program: Any, server: DemoServer) -> None:
    child = spawn(program, "list", "visits", "--server", program.server, **NOBODY)
    child.expect("LORIS user")
    child.sendline("demo")
    child.expect("Password")
    child.sendline("wrong")
    child.expect("Incorrect username or password")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 4
    assert len([one for one in server.requests if one.path.endswith("/login")]) == 1


def test_ctrl_c_at_the_question_ends_it_with_the_echo_back(program: Any) -> None:
    child = spawn(program, "list", "visits", "--server", program.server, **NOBODY)
    child.expect("LORIS user")
    child.sendline("demo")
    child.expect("Password")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert "Traceback" not in (child.before or "")


@pytest.mark.parametrize(
    "more",
    [{"TERM": "dumb"}, {"TERM": ""}, {"LC_ALL": "en_US.ISO-8859-1"}],
    ids=["dumb", "none", "latin"],
)
def test_a_terminal_that_cannot_show_a_screen_is_refused(
    offline_program: Any, more: dict[str, str]
) -> None:
    if "LC_ALL" in more:
        import locale

        before = locale.setlocale(locale.LC_CTYPE)
        try:
            locale.setlocale(locale.LC_CTYPE, more["LC_ALL"])
        except locale.Error:
            pytest.skip("this machine has no 8-bit locale")
        finally:
            locale.setlocale(locale.LC_CTYPE, before)
    child = spawn(offline_program, **more)
    child.expect("preventad-tui get")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 2


def test_the_progress_line_is_redrawn_on_a_terminal(program: Any) -> None:
    child = spawn(
        program,
        *("get", "--server", program.server, "-o", "out", "-v", "PREEN00", "-m", "t1w,dwi65"),
        *("--limit-rate", "4M"),
    )
    child.expect("of 63 files")
    child.expect("files on disk")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert os.path.isdir(program.cwd / "out")
