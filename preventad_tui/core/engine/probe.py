"""Whether the server is there, and what it is called when something is not."""

from preventad_tui.core.errors import (
    AuthError,
    DiskFull,
    FolderGone,
    NoPermission,
    NotLoris,
    PreventADError,
    ProxyFault,
    ServerError,
    StorageError,
    TlsFault,
)
from preventad_tui.core.events import PauseReason
from preventad_tui.core.limits import Limits
from preventad_tui.core.loris import Loris


async def probe(loris: Loris, limits: Limits) -> PreventADError | None:
    """Whether the server answers as a LORIS API: None, or what is wrong.

    An answer of 401 or 403 is one of a living server. A page with status 200 is a network's
    sign-in page, or LORIS asking for a second factor.
    """
    try:
        async with loris.worker_client() as client:
            answer = await client.get(
                "/projects", max_bytes=limits.json_max_bytes, timeout_s=limits.header_timeout_s
            )
        if answer.status >= 500:
            host = loris.info.server.origin.host
            return ServerError(f"{host} answers with errors ({answer.status}).", "Waiting for it.")
        is_json = answer.body.lstrip()[:1] in (b"{", b"[")
        if 300 <= answer.status < 400 or (answer.status == 200 and not is_json):
            return await loris.explain_page()
    except ServerError as error:
        return error
    except AuthError:  # no token at all: the next file's 401 will say so
        pass
    return None


def network_reason(error: PreventADError) -> PauseReason:
    """What a fault of the network is called."""
    match error:
        case TlsFault():
            return PauseReason.TLS
        case ProxyFault():
            return PauseReason.PROXY
        case NotLoris():
            return PauseReason.SIGN_IN_PAGE
        case NoPermission():
            return PauseReason.NO_PERMISSION
        case _:
            return PauseReason.OFFLINE


def storage_reason(error: StorageError) -> PauseReason:
    """What a fault of the disk is called."""
    match error:
        case DiskFull():
            return PauseReason.DISK_FULL
        case FolderGone():
            return PauseReason.FOLDER_GONE
        case _:
            return PauseReason.STORAGE
