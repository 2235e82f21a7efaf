"""What a run writes into the log: what went wrong, what it waited for; nothing that went well."""

import logging

from preventad_tui.core.events import Event, FileEnded, FileRetried, Finished, Paused, Resumed

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
