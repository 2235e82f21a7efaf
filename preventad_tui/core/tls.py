"""Whom to believe: the certificate authorities, and what a failed TLS handshake means.

Checks are always on and TLS is at least 1.2; there is no switch to turn that off.
"""

import os
import ssl
from pathlib import Path

from preventad_tui.core.errors import NotLoris, ServerError, TlsFault, Unreachable, UsageError
from preventad_tui.core.server import Origin
from preventad_tui.core.text import clean

_CA_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def context_for(origin: Origin, ca_file: Path | None = None) -> ssl.SSLContext:
    """The context for a server: for http (loopback only) one without authorities, made at once."""
    if origin.scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return new_ssl_context(ca_file)


def new_ssl_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """A context for all connections of a run; about 20 ms, so make one and share it.

    Authorities: those of the first variable set of `SSL_CERT_FILE`, `SSL_CERT_DIR`,
    `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`, else certifi's; `ca_file` in addition.

    Raises:
        UsageError: a file or folder of certificates is missing or holds none; it is named.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    variable = next((name for name in _CA_VARIABLES if os.environ.get(name)), None)
    if variable:
        _load(context, Path(os.environ[variable]), variable)
    else:
        import certifi

        _load(context, Path(certifi.where()), "certifi")
    if ca_file is not None:
        _load(context, ca_file, "--ca-file")
    return context


def _load(context: ssl.SSLContext, path: Path, source: str) -> None:
    hint = "Give a file of PEM certificates."
    try:
        if path.is_dir():
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except ssl.SSLError as error:
        raise UsageError(
            f"{clean(str(path))} ({source}) holds no readable certificate.", hint, "ca-file"
        ) from error
    except OSError as error:
        raise UsageError(
            f"The certificates {clean(str(path))} ({source}) cannot be read: {error.strerror}.",
            hint,
            "ca-file",
        ) from error


_EXPIRED, _NOT_YET_VALID = 10, 9
_WRONG_HOST = frozenset({62, 64})
_UNKNOWN_CA = frozenset({2, 18, 19, 20, 21})
"""X509_V_ERR_* numbers of OpenSSL, stable since 1.1."""
_PLAIN_HTTP = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})
_OLD_PROTOCOL = frozenset(
    {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"}
)


def tls_error(error: ssl.SSLError, host: str) -> ServerError:
    """The sentence for a failed handshake with `host`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate_fault(error, host)
    if error.reason in _PLAIN_HTTP:
        return NotLoris(
            f"{host} does not speak TLS: this network may show a sign-in page.",
            "Open any page in a browser and sign in to the network, or check the address.",
            "sign-in-page",
        )
    if error.reason == "UNEXPECTED_EOF_WHILE_READING":
        return Unreachable(
            f"{host} closed the connection during the TLS handshake.",
            "Check the network connection and try again.",
            "reset",
        )
    if error.reason in _OLD_PROTOCOL:
        return TlsFault(
            f"{host} offers no TLS version that is safe today (1.2 or newer).",
            "The server's people must update it.",
            "tls-version",
        )
    return TlsFault(
        f"The TLS connection to {host} failed: {clean(error.reason or str(error))}.",
        "Try again; if it stays, ask your network's people.",
        "tls",
    )


def _certificate_fault(error: ssl.SSLCertVerificationError, host: str) -> TlsFault:
    code = error.verify_code
    if code == _EXPIRED:
        return TlsFault(
            f"The certificate of {host} has expired.",
            "Check this machine's clock; if it is right, the server's people must renew it.",
            "tls-expired",
        )
    if code == _NOT_YET_VALID:
        return TlsFault(
            f"The certificate of {host} is not valid yet.",
            "Check this machine's clock.",
            "tls-not-yet-valid",
        )
    if code in _WRONG_HOST:
        return TlsFault(
            f"The certificate shown for {host} is for another name.",
            "Check the address; a network's sign-in page does this too.",
            "tls-wrong-host",
        )
    if code in _UNKNOWN_CA:
        return TlsFault(
            f"The certificate of {host} is signed by an authority unknown here.",
            "Give your institution's certificates with --ca-file or SSL_CERT_FILE.",
            "tls-unknown-ca",
        )
    return TlsFault(
        f"The certificate of {host} was refused: {clean(error.verify_message)}.",
        "Give your institution's certificates with --ca-file or SSL_CERT_FILE.",
        "tls",
    )
