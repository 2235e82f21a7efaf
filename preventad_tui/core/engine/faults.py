"""How one attempt at a file can end other than well, and how an answer's status decides that."""

from preventad_tui.core.states import FileState


class FileEnd(Exception):
    """The file's own end, which another attempt would not change."""

    def __init__(self, state: FileState, reason: str, message: str) -> None:
        super().__init__(message)
        self.state = state
        self.reason = reason
        self.message = message


class AttemptFailed(Exception):
    """This attempt came to nothing; how often it may be repeated is the engine's to decide.

    `counts` is False where the file cannot be to blame (the server was never reached).
    `is_outage` marks faults of the way or of the server as a whole, three of which in a row make
    the engine look whether the server is there at all; `is_doubtful` makes it look at once.
    `is_final` fails the file without another attempt once the server has been found in order.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        counts: bool = True,
        is_outage: bool = False,
        is_doubtful: bool = False,
        is_final: bool = False,
        is_dropped: bool = False,
        md5: str = "",
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.counts = counts
        self.is_outage = is_outage
        self.is_doubtful = is_doubtful
        self.is_final = is_final
        self.is_dropped = is_dropped
        self.md5 = md5


class TokenEnded(Exception):
    """401: the token is not accepted (any more); `is_old` when another has taken its place."""

    is_old = False


class Throttled(Exception):
    """429, or 503 with Retry-After: the server asks everyone to wait."""

    def __init__(self, retry_after_s: float | None, message: str) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.message = message


class RepeatPlain(Exception):
    """500 to a conditional request: on LORIS 22 to 28 that may really be a 401."""


def judge_refusal(
    status: int,
    words: str,
    *,
    link: str,
    retry_after_s: float | None,
    conditional: bool,
    earlier_attempts: int,
) -> Exception:
    """What an answer that brings no file means; `words` are the server's own, cleaned."""
    said = f": {words}" if words else ""
    if status == 401:
        return TokenEnded()
    if status == 403:
        return FileEnd(FileState.FORBIDDEN, "forbidden", f"the server forbids this file{said}")
    if status in (404, 410):
        return FileEnd(FileState.GONE, "gone", f"the server does not have this file{said}")
    if status == 429 or (status == 503 and retry_after_s is not None):
        return Throttled(retry_after_s, f"the server asks to wait ({status})")
    if 300 <= status < 400 and status != 304:
        return AttemptFailed(
            "redirect",
            "the server sends the request elsewhere; redirects are not followed",
            is_doubtful=True,
            is_final=True,
        )
    if status == 500 and conditional:
        return RepeatPlain()
    if status == 500 and earlier_attempts and _is_study_file(link):
        # LORIS 20.1 with the PREVENT-AD override answers so for study files it does not have.
        return FileEnd(FileState.GONE, "gone", "the server does not have this study file")
    if status >= 500:
        return AttemptFailed("server-error", f"the server answered {status}{said}", is_outage=True)
    return AttemptFailed(f"status-{status}", f"the server answered {status}{said}")


def _is_study_file(link: str) -> bool:
    parts = link.split("/")
    return len(parts) == 5 and parts[1] == "projects" and parts[3] == "bids"
