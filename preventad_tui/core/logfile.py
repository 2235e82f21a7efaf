"""The log file: rotated, for the user alone, without secrets whatever is logged.

No record with a header or a body is ever made by the program. What libraries log at DEBUG is a
different matter (httpcore writes headers, session cookies among them), so only loggers named here
write to the file, and every line is scrubbed of what looks like a credential besides.
"""

import logging
import re
import traceback
from pathlib import Path
from typing import Any

from preventad_tui.core.errors import NotWritable, PreventADError
from preventad_tui.core.log_writer import LogFile, LogTrouble, LogWriter
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


log_trouble = LogTrouble()
"""Of this process's one log."""


class _Nowhere(logging.NullHandler):
    """Stands in for a log that cannot be opened: Python would print warnings to the terminal."""


def open_log(path: Path, *, own_folder: bool, debug: bool = False) -> logging.Logger:
    """Start logging to `path`; `own_folder` makes its folder (the user's log folder) first.

    Raises:
        NotWritable: the file cannot be opened; nothing is logged anywhere then.
    """
    logger = logging.getLogger(LOGGER)
    close_log()
    handler = LogWriter(LogFile(path, max_bytes=_FILE_BYTES, old_files=_OLD_FILES), log_trouble)

    def prepare() -> None:
        if own_folder:
            ensure_private_dir(path.parent)

    try:
        handler.start(prepare)
    except OSError as error:
        log_trouble.begin(error)
        _install(_Nowhere(), debug=debug)
        raise NotWritable(
            f"The log file {clean(str(path))} cannot be opened ({clean(error.strerror or '')}).",
            "Name another one with --log-file.",
        ) from error
    handler.setFormatter(
        _ScrubbedFormatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    )
    _install(handler, debug=debug)
    return logger


def _install(handler: logging.Handler, *, debug: bool) -> None:
    for name in (LOGGER, *_LIBRARIES):
        logger = logging.getLogger(name)
        most, least = logging.DEBUG, logging.INFO
        if name in _LIBRARIES:
            most, least = logging.INFO, logging.WARNING
        logger.setLevel(most if debug else least)
        logger.propagate = False
        logger.addHandler(handler)


def flush_log() -> None:
    """Wait until what was logged is written; a disk that hangs is not waited for."""
    for handler in logging.getLogger(LOGGER).handlers:
        handler.flush()


def close_log() -> None:
    """Stop logging and close the file; whatever its trouble was ends with it."""
    for name in (LOGGER, *_LIBRARIES):
        logger = logging.getLogger(name)
        for handler in list(logger.handlers):
            if isinstance(handler, LogWriter | _Nowhere):
                logger.removeHandler(handler)
                handler.close()
    log_trouble.sentence = ""


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
