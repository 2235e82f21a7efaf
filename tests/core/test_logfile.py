"""The log: private, rotated, without secrets whatever is logged."""

import contextlib
import fcntl
import logging
import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from preventad_tui.core import log_writer, logfile
from preventad_tui.core.errors import NotWritable

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiZGVtbyJ9.c2lnbmF0dXJlLWNhbmFyeQ"


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """The log and its trouble are the process's: no other test must see them."""
    yield
    logfile.close_log()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "logs" / "preventad-tui.log"
    logfile.open_log(path, own_folder=True, debug=True)
    return path


def text_of(log: Path) -> str:
    logfile.flush_log()
    return log.read_text()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Authorization: Bearer {JWT}", JWT),
        (f"headers {{'authorization': 'Bearer {JWT}'}}", JWT),
        (f"token={JWT} end", JWT),
        ("Set-Cookie: PHPSESSID=abc123canary; path=/", "abc123canary"),
        ("{'password': 'hunter2 canary'}", "hunter2"),
        ('{"username":"x","password":"hunter2"}', "hunter2"),
        ("proxy http://someone:hunter2@proxy.example:3128", "hunter2"),
        (f"{JWT[:30]}", "NiJ9"),
    ],
)
def test_what_looks_like_a_credential_is_scrubbed(text: str, secret: str, log: Path) -> None:
    """S8."""
    logging.getLogger("preventad_tui.core").error("%s", text)
    assert secret not in logfile.scrub(text)
    assert secret not in text_of(log)


def test_ordinary_lines_stay_as_they_are(log: Path) -> None:
    line = "sub-1024138/ses-PREBL00/anat/x_T1w.nii.gz: failed (truncated), attempt 2 of 5"
    logging.getLogger("preventad_tui").info("%s", line)
    assert line in text_of(log)


def test_httpcore_writes_nothing_even_at_debug(log: Path) -> None:
    """S8."""
    before = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        logging.getLogger("httpcore").debug("Set-Cookie canary")
        logging.getLogger("httpcore.http11").debug("Set-Cookie canary")
    finally:
        logging.getLogger().setLevel(before)
    assert "canary" not in text_of(log)


def test_a_crash_leaves_types_and_places_and_no_message(log: Path) -> None:
    message_of = "canary-{}".format

    def fail(kind: type[Exception], name: str) -> None:
        raise kind(message_of(name))

    try:
        try:
            fail(KeyError, "first")
        except KeyError as error:
            group = ExceptionGroup(message_of("group"), [ValueError(message_of("inner"))])
            raise group from error
    except ExceptionGroup as error:
        logfile.log_crash(error)
    try:
        fail(OSError, "library")
    except OSError:
        logging.getLogger("asyncio").exception("a task failed")
    text = text_of(log)
    for found in (
        "KeyError",
        "ExceptionGroup",
        "ValueError",
        "OSError",
        "in fail",
        "a task failed",
    ):
        assert found in text
    assert "canary-" not in text.replace('"canary-{}"', "")


def test_a_crash_of_ours_keeps_its_sentence(log: Path) -> None:
    try:
        raise NotWritable(f"The folder cannot be written to, token={JWT}.")
    except NotWritable as error:
        logfile.log_crash(error)
    text = text_of(log)
    assert "The folder cannot be written to" in text
    assert JWT not in text


def test_a_crash_leaves_source_lines_and_no_values(log: Path) -> None:
    password = "hunter2-local"

    def fail(secret: str) -> None:
        raise ValueError(f"cannot use {JWT}")

    try:
        fail(password)
    except ValueError as error:
        logfile.log_crash(error)
    text = text_of(log)
    assert "ValueError" in text
    assert "in fail" in text
    assert "hunter2-local" not in text.replace('password = "hunter2-local"', "")
    assert JWT not in text


def test_escape_sequences_do_not_reach_whoever_reads_the_log(log: Path) -> None:
    logging.getLogger("preventad_tui").info("name \x1b]0;owned\x07 \u202e")
    assert "\x1b" not in text_of(log)
    assert "\u202e" not in text_of(log)


def test_the_log_is_0600_and_three_files_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logfile, "_FILE_BYTES", 2000)
    path = tmp_path / "logs" / "preventad-tui.log"
    logger = logfile.open_log(path, own_folder=True)
    for number in range(200):
        logger.info("line %d %s", number, "x" * 50)
    logfile.close_log()
    files = sorted(path.parent.iterdir())
    assert len(files) == 3
    assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in files)
    assert sum(one.stat().st_size for one in files) < 8000


def test_a_log_that_cannot_be_opened_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotWritable, match="--log-file"):
        logfile.open_log(tmp_path, own_folder=False)


def test_a_log_that_is_removed_is_made_anew(log: Path) -> None:
    logging.getLogger("preventad_tui").info("before")
    log.unlink()
    logging.getLogger("preventad_tui").info("after")
    assert "after" in text_of(log)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert logfile.log_trouble.sentence == ""


def test_a_trouble_is_told_once_and_ends_with_its_cause(
    log: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ours = logging.getLogger("preventad_tui")
    log.unlink()
    log.mkdir()
    for number in range(3):
        ours.error("line %d", number)
    logfile.flush_log()
    assert "Is a directory" in logfile.log_trouble.tell_once()
    assert logfile.log_trouble.tell_once() == ""
    assert logfile.log_trouble.sentence
    log.rmdir()
    ours.error("well again")
    logfile.flush_log()
    assert logfile.log_trouble.sentence == ""
    assert "well again" in text_of(log)
    log.unlink()
    log.mkdir()
    ours.error("and again")
    logfile.flush_log()
    assert logfile.log_trouble.tell_once()
    assert capfd.readouterr() == ("", "")


def test_without_a_log_python_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotWritable):
        logfile.open_log(tmp_path, own_folder=False)
    for name in ("preventad_tui.core", "asyncio", "httpx"):
        logging.getLogger(name).error("nobody hears this")
    logfile.close_log()
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def slow_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A log that takes 4 KiB and then hangs until somebody reads the descriptor given."""
    monkeypatch.setattr(log_writer, "_FLUSH_S", 0.05)
    monkeypatch.setattr(log_writer, "_PATIENCE_S", 0.3)
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    logfile.open_log(path, own_folder=False)
    yield reader
    os.close(reader)


def drained(reader: int) -> str:
    """All that is written, until nothing waits any more."""
    data = b""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        logfile.flush_log()
        is_all = not logfile.log_trouble.sentence
        with contextlib.suppress(BlockingIOError):
            data += os.read(reader, 1 << 16)
        if is_all:
            return data.decode()
    raise AssertionError(logfile.log_trouble)


def test_a_log_that_hangs_holds_nobody_up_and_loses_nothing(slow_log: int) -> None:
    ours = logging.getLogger("preventad_tui")
    began = time.monotonic()
    for number in range(600):
        ours.info("line %d %s", number, "x" * 50)
    assert time.monotonic() - began < 1.0
    logfile.flush_log()
    assert "does not answer" in logfile.log_trouble.tell_once()
    ended = time.monotonic()
    logfile.flush_log()
    assert time.monotonic() - ended < 0.1
    lines = drained(slow_log).splitlines()
    assert [int(line.split(" line ")[1].split()[0]) for line in lines] == list(range(600))
    assert logfile.log_trouble.sentence == ""


def test_lines_without_room_are_counted_where_they_would_stand(
    slow_log: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_writer, "_MOST_WAITING", 100)
    ours = logging.getLogger("preventad_tui")
    for number in range(1000):
        ours.info("line %d %s", number, "x" * 50)
    text = drained(slow_log)
    ours.info("after")
    logfile.flush_log()
    text += drained(slow_log)
    written = [line for line in text.splitlines() if " line " in line]
    gaps = re.findall(r"\((\d+) lines? could not be written here\)", text)
    assert sum(map(int, gaps)) == 1000 - len(written)
    assert 100 <= len(written) < 300
    assert text.rindex("could not be") < text.index("after")


def test_the_end_does_not_wait_for_a_log_that_hangs(slow_log: int) -> None:
    for number in range(500):
        logging.getLogger("preventad_tui").info("line %d %s", number, "x" * 50)
    began = time.monotonic()
    logfile.close_log()
    assert time.monotonic() - began < 0.5


def test_a_log_that_does_not_even_open_is_said_and_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_writer, "_OPEN_S", 0.2)
    path = tmp_path / "pipe"
    os.mkfifo(path)
    logfile.open_log(path, own_folder=False)
    assert "does not answer" in logfile.log_trouble.sentence
    logging.getLogger("preventad_tui").info("kept meanwhile")
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    assert "kept meanwhile" in drained(reader)
    os.close(reader)
