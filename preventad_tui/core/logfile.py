"""The log file: rotated, for the user alone, without secrets whatever is logged.

No record with a header or a body is ever made by the program. What libraries log at DEBUG is a
different matter (httpcore writes headers, session cookies among them), so only loggers named here
write to the file, and every line is scrubbed of what looks like a credential besides.
"""

import logging
import logging.handlers
import os
import re
import sys
import traceback
from dataclasses import dataclass
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


@dataclass
class LogTrouble:
    """Why the log cannot be written at the moment; `sentence` is "" while it can."""

    sentence: str = ""
    is_told: bool = False

    def begin(self, error: BaseException | None) -> None:
        """A line could not be written; `is_told` is about the whole trouble, not each line."""
        why = clean(getattr(error, "strerror", "") or type(error).__name__)
        self.is_told = self.is_told and bool(self.sentence)
        self.sentence = f"The log cannot be written ({why}); everything else goes on without it."

    def tell_once(self) -> str:
        """The sentence, the first time that it is asked for; "" afterwards."""
        if self.is_told:
            return ""
        self.is_told = bool(self.sentence)
        return self.sentence


log_trouble = LogTrouble()
"""Of this process's one log."""


class _Nowhere(logging.NullHandler):
    """Stands in for a log that cannot be opened: Python would print warnings to the terminal."""


class _PrivateRotatingFile(logging.handlers.RotatingFileHandler):
    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; a file that was removed or replaced is made anew."""
        self._failed = False
        if not self._is_in_place():
            self._let_go()
        super().emit(record)
        if not self._failed:
            log_trouble.sentence = ""

    def _is_in_place(self) -> bool:
        if self.stream is None:
            return True
        try:
            return os.path.samestat(os.stat(self.baseFilename), os.fstat(self.stream.fileno()))
        except OSError:
            return False

    def _let_go(self) -> None:
        stream, self.stream = self.stream, None
        try:
            if stream is not None:
                stream.close()
        except OSError:  # what it still held is lost
            pass

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self.baseFilename, flags, 0o600)
        os.fchmod(descriptor, 0o600)
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk must not end a download over its log: the line is lost, nothing else."""
        self._failed = True
        log_trouble.begin(sys.exc_info()[1])
        self._let_go()


def open_log(path: Path, *, own_folder: bool, debug: bool = False) -> logging.Logger:
    """Start logging to `path`; `own_folder` makes its folder (the user's log folder) first.

    Raises:
        NotWritable: the file cannot be opened; nothing is logged anywhere then.
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


def close_log() -> None:
    """Stop logging and close the file; whatever its trouble was ends with it."""
    log_trouble.sentence = ""
    for name in (LOGGER, *_LIBRARIES):
        logger = logging.getLogger(name)
        for handler in list(logger.handlers):
            if isinstance(handler, _PrivateRotatingFile | _Nowhere):
                logger.removeHandler(handler)
                try:
                    handler.close()
                except OSError:  # a full disk: what it still held is lost
                    pass


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
