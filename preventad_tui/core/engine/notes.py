"""What a run writes into the log: what went wrong, what it waited for; nothing that went well."""

import logging
import traceback

from preventad_tui.core.engine.jobs import Job
from preventad_tui.core.events import Event, FileEnded, FileRetried, Finished, Paused, Resumed
from preventad_tui.core.text import clean

log = logging.getLogger(__name__)


def note(event: Event) -> None:
    """Write an event into the log, if it is of those that somebody may look for there.

    Its sentences are clean and cut (a server's own words to 200 characters); the log scrubs them.
    """
    match event:
        case FileRetried():
            log.info(
                "%s: %s (%s); attempt %d of %d in %.1f s",
                *(event.path, event.message, event.reason, event.attempt, event.of, event.wait_s),
            )
        case FileEnded() if not event.state.is_good:
            log.warning(
                "%s: %s (%s) %s", event.path, event.state.label, event.reason, event.message
            )
        case Paused():
            log.warning("waiting (%s): %s", event.reason.value, event.sentence)
        case Resumed():
            log.info("going on")
        case Finished():
            log.info("code %d: %s", event.summary.exit_code, event.summary.sentence)


def log_fault(doing: str, job: Job, error: BaseException) -> None:
    """Write down where the program itself failed at a file.

    Frames without their locals and no message: neither may hold a secret.
    """
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s while %s %s\n%s", type(error).__name__, doing, clean(job.path), where)
