"""What the command line refuses, with which code and which sentence."""

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COMMANDS = ("get", "plan", "list", "verify", "status", "login", "logout", "selections", "demo")


def one_sentence(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line]
    assert "Traceback" not in stderr
    return lines[-1]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(offline_program: Any, command: str) -> None:
    done = offline_program(command, "--help")
    assert done.returncode == 0
    assert command in done.stdout
    assert "exit codes:" in done.stdout


def test_version_and_help_name_the_program(offline_program: Any) -> None:
    assert offline_program("--version").stdout.startswith("preventad-tui ")
    listed = offline_program("--help").stdout
    assert all(command in listed for command in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("get",), "-o DIR"),
        (("get", "-o", "out"), "Nothing is selected"),
        (("plan", "-o", "out"), "--all"),
        (("get", "-o", "out", "--all", "--jobs", "17"), "1 to 16"),
        (("get", "-o", "out", "--all", "--limit-rate", "fast"), "--limit-rate"),
        (("get", "-o", "out", "--all", "--shard", "3/2"), "2/8"),
        (("get", "-o", "out", "--all", "--give-up-after", "soon"), "30m"),
        (("get", "-o", "out", "--all", "--server", "ftp://x"), "not a server"),
        (("get", "-o", "out", "--all", "--server", "http://example.org"), "https"),
        (("get", "--outputd", "out"), "unrecognized"),
        (("get", "--nonsense"), "unrecognized"),
        (("nonsense",), "invalid choice"),
        (("list",), "what"),
        (("--plain",), "preventad-tui get"),
        (("get", "-o", "out", "--all", "--password-stdin"), "no password on stdin"),
    ],
)
def test_wrong_usage_is_code_2_and_one_sentence(
    offline_program: Any, arguments: tuple[str, ...], said: str
) -> None:
    done = offline_program(*arguments)
    assert done.returncode == 2, done.stderr
    assert said in one_sentence(done.stderr)
    assert done.stdout == ""
    assert not (offline_program.cwd / "out").exists()


def test_without_a_terminal_the_interface_refuses_within_a_second(offline_program: Any) -> None:
    def used_s() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before, start = used_s(), time.monotonic()
    done = offline_program()
    assert done.returncode == 2
    assert "preventad-tui get" in done.stderr
    assert "--plain" in done.stderr
    # The second is the program's own: other tests use the same processors meanwhile.
    assert used_s() - before < 1.0
    assert time.monotonic() - start < 5.0


def test_an_unknown_config_key_is_named_and_not_fatal(offline_program: Any, isolated: Path) -> None:
    config = isolated / ".config" / "preventad-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('jobbs = 3\n[keys]\nquit = "q"\n')
    done = offline_program("selections", "list")
    assert done.returncode == 0
    assert "jobbs" in done.stderr
    assert "quit" not in done.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"jobs = \n", "line 1"),
        (b"a = " + b"[\n" * 20_000, "nested too deep"),
        (b"jobs = " + b"9" * 1900, "too large"),
        (b"\xff\0", "not valid TOML"),
        (b"x" * 200_000, "too large"),
        (b"a." * 2000 + b"b = 1", "a line that is too long"),
    ],
    ids=["no value", "deep", "endless number", "no text", "long", "long line"],
)
def test_a_broken_config_is_named_with_its_place(
    offline_program: Any, isolated: Path, content: bytes, said: str
) -> None:
    config = isolated / ".config" / "preventad-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_bytes(content)
    done = offline_program("selections", "list")
    assert done.returncode == 2
    assert "config.toml" in one_sentence(done.stderr)
    assert said in done.stderr


def test_the_output_folder_comes_from_the_environment_too(program: Any, server: Any) -> None:
    done = program.here("get", "-m", "t1w", "-v", "PREEN00", PREVENTAD_OUTPUTDIR="there")
    assert done.returncode == 0, done.stderr
    assert (program.cwd / "there" / "participants.tsv").is_file()


def test_demo_serves_and_prints_one_line(offline_program: Any) -> None:
    child = offline_program.start("demo", "--serve")
    try:
        line = child.stdout.readline()
        assert line.startswith("demo server: http://127.0.0.1:")
        assert line.endswith("user: demo  password: demo\n")
    finally:
        child.terminate()
        child.communicate(timeout=10)


def test_reading_only_the_first_lines_is_no_error(
    program: Any, records: Callable[[str], list[dict[str, Any]]]
) -> None:
    child = program.start("list", "images", "--server", program.server, "--json")
    first = child.stdout.readline()
    child.stdout.close()
    assert child.wait(30) in (0, None)
    assert records(first)[0]["type"] == "image"
    child.stderr.close()
