"""Which proxy stands between this machine and a server, as the environment says."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from preventad_tui.core.errors import ProxyFault
from preventad_tui.core.server import Origin
from preventad_tui.core.text import clean


@dataclass(frozen=True, slots=True, repr=False)
class ProxyAddress:
    """A proxy: `url` may hold its password and is only for connecting; `label` may be shown."""

    url: str
    label: str

    def __repr__(self) -> str:
        return f"ProxyAddress({self.label})"


def proxy_for(origin: Origin) -> ProxyAddress | None:
    """The proxy of `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` (macOS: the system's too), or None.

    Loopback is never reached through a proxy, so a plain-http token never leaves the machine.

    Raises:
        ProxyFault: the address is unreadable, or of a kind that is not supported (SOCKS).
    """
    if origin.is_loopback:
        return None
    from urllib.request import getproxies, proxy_bypass  # seldom needed, slow to load

    if proxy_bypass(f"{origin.host}:{origin.port}"):
        return None
    proxies = getproxies()
    url = proxies.get(origin.scheme) or proxies.get("all")
    if not url:
        return None
    url = url if "://" in url else f"http://{url}"
    hint = "Check HTTPS_PROXY, ALL_PROXY and NO_PROXY."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ProxyFault("The proxy's address cannot be read.", hint, "proxy") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ProxyFault(
            f"The proxy's address is not an http one ({clean(parts.scheme)}).", hint, "proxy"
        )
    label = f"{parts.hostname}:{port}" if port else parts.hostname
    return ProxyAddress(url, clean(label))
