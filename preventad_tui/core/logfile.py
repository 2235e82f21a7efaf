"""The log file: rotated, for the user alone, without secrets whatever is logged.

No record with a header or a body is ever made by the program. What libraries log at DEBUG is a
different matter (httpcore writes headers, session cookies among them), so only loggers named here
write to the file, and every line is scrubbed of what looks like a credential besides.
"""

import logging
import logging.handlers
import os
import re
import traceback
from io import TextIOWrapper
from pathlib import Path

from preventad_tui.core.errors import NotWritable
from preventad_tui.core.paths import ensure_private_dir
from preventad_tui.core.text import clean

LOGGER = "preventad_tui"
_LIBRARIES = ("asyncio", "httpx")
_FILE_BYTES = 5_000_000
_OLD_FILES = 2
_LINE_LIMIT = 2000

_CREDENTIALS = (
    (re.compile(r"eyJ[\w-]{5,}(?:\.[\w-]*){1,2}"), "***"),
    (re.compile(r"(?i)(bearer|basic)\s+[^\s'\",)]+"), r"\1 ***"),
    (re.compile(r"(?i)(PHPSESSID=)[^;\s'\"]+"), r"\1***"),
    (re.compile(r"(?i)(['\"]?(?:password|token|authorization)['\"]?\s*[:=]\s*)['\"]?[^\s'\",}]+"),
     r"\1***"),
    (re.compile(r"(//)[^/\s@]+@"), r"\1***@"),
)  # fmt: skip


def scrub(text: str) -> str:
    """Text without what looks like a credential: tokens, cookies, passwords in URLs."""
    for pattern, replacement in _CREDENTIALS:
        text = pattern.sub(replacement, text)
    return text


class _ScrubbedFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(
            clean(scrub(line), _LINE_LIMIT) for line in super().format(record).split("\n")
        )


class _PrivateRotatingFile(logging.handlers.RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self.baseFilename, flags, 0o600)
        os.fchmod(descriptor, 0o600)
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk must not end a download over its log: the line is lost, nothing else."""


def open_log(path: Path, *, own_folder: bool, debug: bool = False) -> logging.Logger:
    """Start logging to `path`; `own_folder` makes its folder (the user's log folder) first.

    Raises:
        NotWritable: the file cannot be opened.
    """
    logger = logging.getLogger(LOGGER)
    close_log()
    try:
        if own_folder:
            ensure_private_dir(path.parent)
        handler = _PrivateRotatingFile(
            path, maxBytes=_FILE_BYTES, backupCount=_OLD_FILES, encoding="utf-8"
        )
    except OSError as error:
        raise NotWritable(
            f"The log file {clean(str(path))} cannot be opened ({clean(error.strerror or '')}).",
            "Name another one with --log-file.",
        ) from error
    handler.setFormatter(
        _ScrubbedFormatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    )
    logger.setLevel(logging.DEBUG if debug else logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    for name in _LIBRARIES:
        library = logging.getLogger(name)
        library.setLevel(logging.INFO if debug else logging.WARNING)
        library.propagate = False
        library.addHandler(handler)
    return logger


def close_log() -> None:
    """Stop logging and close the file."""
    for name in (LOGGER, *_LIBRARIES):
        logger = logging.getLogger(name)
        for handler in list(logger.handlers):
            if isinstance(handler, _PrivateRotatingFile):
                logger.removeHandler(handler)
                handler.close()


def log_crash(error: BaseException) -> None:
    """Write a traceback to the log: source lines, no local variables, scrubbed."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    logging.getLogger(LOGGER).error("internal error\n%s", "".join(lines).rstrip())


def crash_sentence(error: BaseException) -> str:
    """What a person reads when the program itself is at fault."""
    return (
        f"preventad-tui: internal error ({type(error).__name__}); all state is kept. "
        "The details are in the log file; please report them."
    )
