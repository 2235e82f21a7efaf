"""The log: private, rotated, without secrets whatever is logged."""

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from preventad_tui.core import logfile
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
    assert secret not in log.read_text()


def test_ordinary_lines_stay_as_they_are(log: Path) -> None:
    line = "sub-1024138/ses-PREBL00/anat/x_T1w.nii.gz: failed (truncated), attempt 2 of 5"
    logging.getLogger("preventad_tui").info("%s", line)
    assert line in log.read_text()


def test_httpcore_writes_nothing_even_at_debug(log: Path) -> None:
    """S8."""
    before = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        logging.getLogger("httpcore").debug("Set-Cookie canary")
        logging.getLogger("httpcore.http11").debug("Set-Cookie canary")
    finally:
        logging.getLogger().setLevel(before)
    assert "canary" not in log.read_text()


def test_a_crash_leaves_types_and_places_and_no_message(log: Path) -> None:
    text_of = "canary-{}".format

    def fail(kind: type[Exception], name: str) -> None:
        raise kind(text_of(name))

    try:
        try:
            fail(KeyError, "first")
        except KeyError as error:
            group = ExceptionGroup(text_of("group"), [ValueError(text_of("inner"))])
            raise group from error
    except ExceptionGroup as error:
        logfile.log_crash(error)
    try:
        fail(OSError, "library")
    except OSError:
        logging.getLogger("asyncio").exception("a task failed")
    text = log.read_text()
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
    text = log.read_text()
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
    text = log.read_text()
    assert "ValueError" in text
    assert "in fail" in text
    assert "hunter2-local" not in text.replace('password = "hunter2-local"', "")
    assert JWT not in text


def test_escape_sequences_do_not_reach_whoever_reads_the_log(log: Path) -> None:
    logging.getLogger("preventad_tui").info("name \x1b]0;owned\x07 \u202e")
    assert "\x1b" not in log.read_text()
    assert "\u202e" not in log.read_text()


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
    assert "after" in log.read_text()
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
    assert "Is a directory" in logfile.log_trouble.tell_once()
    assert logfile.log_trouble.tell_once() == ""
    assert logfile.log_trouble.sentence
    log.rmdir()
    ours.error("well again")
    assert logfile.log_trouble.sentence == ""
    assert "well again" in log.read_text()
    log.unlink()
    log.mkdir()
    ours.error("and again")
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
