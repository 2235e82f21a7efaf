"""JSON from a server, read by content, never by Content-Type; and the server's words in errors.

LORIS 20 labels its JSON `text/html`; some answers of every version are HTML pages, empty, or null.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from preventad_tui.core.errors import NotLoris
from preventad_tui.core.json_pieces import PIECE_BYTES, Pairs, load_in_pieces
from preventad_tui.core.text import Clean, clean

_TAGS = re.compile(r"<(script|style|head)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.DOTALL | re.I)
_LOOKED_AT = 4_000

Shrink = Callable[[dict[str, Any]], Any]
"""Makes something smaller of an object as soon as it is parsed, or gives it back as it is."""


def read_json(body: bytes, host: str, shrink: Shrink = lambda found: found) -> Any:
    """The value of a JSON answer.

    With `shrink` the objects of a long list never stand in memory together as dictionaries. However
    long it is, other threads have their turn every few milliseconds.

    Raises:
        NotLoris: `html`, `empty` or `not-json`: also for too deep nesting, numbers of thousands of
            digits, NaN and repeated keys, which no LORIS sends.
    """
    start = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise NotLoris(f"{host} sent an empty answer.", "Try again later.", "empty")
    if start.startswith(b"<"):
        words = read_error_text(body)
        raise NotLoris(
            f"{host} answers with a web page instead of data" + (f": {words}." if words else "."),
            "A sign-in page of the network, or not a LORIS API: open the address in a browser.",
            "html",
        )

    def make(pairs: Pairs) -> Any:
        return shrink(_object(pairs))

    decoder = json.JSONDecoder(object_pairs_hook=make, parse_constant=_no_constant)
    try:
        if len(body) > PIECE_BYTES:
            return load_in_pieces(body, decoder, make)
        return decoder.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotLoris(
            f"{host} sent an answer that is not JSON.", "Try again later.", "not-json"
        ) from error


def _object(pairs: Pairs) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def read_error_text(body: bytes) -> Clean:
    """The server's own words in an error body, fit to show; `""` where it has none.

    `error` may be a string, an object with `error`, or missing; the body may be `null`, empty,
    plain text or a page, of which the first line of text is taken.
    """
    text = body[: _LOOKED_AT * 4].decode("utf-8", "replace").strip().lstrip("\ufeff")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        from html import unescape  # seldom needed, slow to load

        shown = unescape(_TAGS.sub("\n", text[:_LOOKED_AT]))
        lines = (line.strip() for line in shown.splitlines())
        return clean(next((line for line in lines if line), ""))
    for _ in range(2):
        value = value.get("error") if isinstance(value, dict) else value
    return clean(value.strip()) if isinstance(value, str) else Clean("")
