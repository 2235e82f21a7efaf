"""Which server is meant, and which addresses are refused."""

import pytest

from preventad_tui.core.errors import UsageError
from preventad_tui.core.server import Origin, demo_server, parse_server


@pytest.mark.parametrize(
    ("text", "url", "version"),
    [
        ("https://loris.example.org", "https://loris.example.org", ""),
        ("https://loris.example.org/", "https://loris.example.org", ""),
        ("HTTPS://Loris.Example.org:443/api/", "https://loris.example.org", ""),
        ("https://loris.example.org:8443/api/v0.0.3/", "https://loris.example.org:8443", "v0.0.3"),
        ("https://h/api/v0.0.3-dev//", "https://h", "v0.0.3-dev"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", ""),
        ("http://127.9.9.9", "http://127.9.9.9", ""),
        ("http://localhost:1", "http://localhost:1", ""),
        ("http://[::1]:8000", "http://[::1]:8000", ""),
        ("https://bücher.example", "https://xn--bcher-kva.example", ""),
    ],
)
def test_a_url_is_reduced_to_its_origin(text: str, url: str, version: str) -> None:
    server = parse_server(text)
    assert server.origin.url == url
    assert server.identity == server.name == url
    assert server.api_version == version
    assert not server.has_known_sizes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "openx",
        "loris.example.org",
        "ftp://h",
        "https://",
        "https:///api",
        "https://user@h",
        "https://user:secret@h",
        "http://loris.example.org",
        "http://127.0.0.1.evil.example",
        "https://h:99999",
        "https://h:x",
        "https://h/other/path",
        "https://h/api/v0.0.3/projects",
        "https://h/api/v..%2f",
        "https://a b",
        "https://[::1",
        "https://..",
    ],
)
def test_other_addresses_are_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_server(text)
    assert refused.value.hint
    assert "secret" not in str(refused.value)


def test_the_study_s_servers_have_short_names_and_known_sizes() -> None:
    opened = parse_server("open")
    assert opened.origin == Origin("https", "openpreventad.loris.ca", 443)
    assert parse_server("https://openpreventad.loris.ca/api/v0.0.3-dev").name == "open"
    registered = parse_server("registered")
    assert registered.origin.host == "registeredpreventad-new.loris.ca"
    assert registered.fallback is not None
    assert registered.fallback.host == "registeredpreventad.loris.ca"
    assert opened.has_known_sizes
    assert registered.has_known_sizes


def test_the_demo_is_called_demo_whatever_its_port() -> None:
    server = demo_server("http://127.0.0.1:40123")
    assert (server.name, server.identity, server.origin.port) == ("demo", "demo", 40123)
    assert not server.has_known_sizes
