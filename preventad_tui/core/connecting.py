"""What a failed connection means, read from the exceptions below the transfer library's."""

import socket
import ssl
from collections.abc import Iterator

from preventad_tui.core.errors import ProxyFault, ServerError, Unreachable
from preventad_tui.core.proxy import ProxyAddress
from preventad_tui.core.text import clean
from preventad_tui.core.tls import tls_error

_TRY_LATER = "Check the network connection and try again."


def connect_error(error: BaseException, host: str, proxy: ProxyAddress | None) -> ServerError:
    """The sentence for a connection that was not made.

    With a proxy, everything below TLS is about the way to the proxy.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return tls_error(cause, host)
    if proxy:
        return ProxyFault(
            f"The proxy {proxy.label} cannot be reached.",
            "Check HTTPS_PROXY, or ask your network's people.",
            "proxy-dead",
        )
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return Unreachable(f"Cannot find {host} (name lookup).", _TRY_LATER, "dns")
        if isinstance(cause, ConnectionRefusedError):
            return Unreachable(
                f"{host} refuses connections.",
                "The server may be down: try again later, or check the address.",
                "refused",
            )
    reason = next(
        (cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), ""
    )
    detail = f" ({clean(reason)})" if reason else ""
    return Unreachable(f"{host} cannot be reached{detail}.", _TRY_LATER, "no-route")


def connect_timeout(host: str, seconds: float, proxy: ProxyAddress | None) -> ServerError:
    """The sentence for a connection that hung."""
    if proxy:
        return ProxyFault(
            f"The proxy {proxy.label} did not answer within {seconds:g} s.",
            "Check HTTPS_PROXY, or ask your network's people.",
            "proxy-dead",
        )
    return Unreachable(
        f"{host} did not answer within {seconds:g} s (connecting).", _TRY_LATER, "connect-timeout"
    )


def proxy_refusal(answer: str, proxy: ProxyAddress | None) -> ProxyFault:
    """The sentence for a proxy that answered CONNECT with anything but success."""
    label = proxy.label if proxy else "between"
    if answer.startswith("407"):
        return ProxyFault(
            f"The proxy {label} wants a user and a password.",
            "Put them into HTTPS_PROXY (http://user:password@host:port).",
            "proxy-auth",
        )
    return ProxyFault(
        f"The proxy {label} refuses: {clean(answer)}.",
        "Check HTTPS_PROXY, or ask your network's people.",
        "proxy",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all that lie under it, groups opened, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        waiting += [current.__cause__, current.__context__]
        waiting += [inner for inner in current.args if isinstance(inner, BaseException)]
