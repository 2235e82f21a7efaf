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
from typing import Any

from preventad_tui.core.errors import NotWritable, PreventADError
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
    def formatException(self, ei: Any) -> str:
        return trace_of(ei[1]) if ei[1] is not None else ""

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


def trace_of(error: BaseException) -> str:
    """An exception's types and places, with what led to it; no values.

    Its message may hold anything, a password as well as a URL, so only the sentences of our own
    errors are kept.
    """
    parts = []
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        kind = f"{type(found).__module__}.{type(found).__qualname__}"
        said = f": {found}" if isinstance(found, PreventADError) else ""
        frames = "".join(traceback.format_tb(found.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{kind}{said}")
        if isinstance(found, BaseExceptionGroup):
            parts.extend(trace_of(one) for one in found.exceptions)
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return "\nafter\n".join(reversed(parts))


def log_crash(error: BaseException) -> None:
    """Write to the log where the program failed: source lines, no local variables, no message."""
    logging.getLogger(LOGGER).error("internal error\n%s", trace_of(error))


def crash_sentence(error: BaseException) -> str:
    """What a person reads when the program itself is at fault."""
    return (
        f"preventad-tui: internal error ({type(error).__name__}); all state is kept. "
        "The details are in the log file; please report them."
    )
