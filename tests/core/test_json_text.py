"""JSON by content, and the server's words, whatever comes."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preventad_tui.core import json_pieces, json_text
from preventad_tui.core.errors import NotLoris
from preventad_tui.core.json_text import read_error_text, read_json


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"<html><title>Sign in</title></html>", "html"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html>", "html"),
        (b'{"a":', "not-json"),
        (b'{"a": "\xff"}', "not-json"),
        (b'{"a": "x\x00y"}', "not-json"),
        (b'{"a": NaN}', "not-json"),
        (b'{"a": -Infinity}', "not-json"),
        (b'{"a": 1, "a": 2}', "not-json"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "not-json"),
        (b"[" * 100_000 + b"]" * 100_000, "not-json"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "not-json"),
        (b"hello", "not-json"),
        ('{"a": 1}'.encode("utf-16"), "not-json"),
    ],
)
def test_what_is_no_json_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    """Q1, Q4."""
    with pytest.raises(NotLoris) as refused:
        read_json(body, "h")
    assert refused.value.reason == reason
    assert refused.value.message.startswith("h ")


def test_json_is_read_whatever_its_type_and_mark() -> None:
    assert read_json(b'\xef\xbb\xbf {"a": "\\/x\\u00e9"} \n', "h") == {"a": "/xé"}


@given(st.data())
def test_json_read_in_pieces_is_what_python_makes_of_it(data: st.DataObject) -> None:
    """Values of every shape, written in any way, cut into pieces anywhere, damaged or not."""
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
    indent, ascii_only = data.draw(st.sampled_from([None, 0, 1])), data.draw(st.booleans())
    text = json.dumps(data.draw(values), indent=indent, ensure_ascii=ascii_only)
    body = data.draw(st.sampled_from([b"", b"\xef\xbb\xbf", b" \n"])) + text.encode(
        errors="replace"
    )
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(body)))
        body = body[:at] + data.draw(st.binary(max_size=2)) + body[at + 1 :]

    def read(piece_bytes: int) -> str:
        with pytest.MonkeyPatch.context() as patch:
            for module in (json_text, json_pieces):
                patch.setattr(module, "PIECE_BYTES", piece_bytes)
            try:
                return repr(read_json(body, "h"))
            except NotLoris as error:
                return error.reason

    assert read(data.draw(st.integers(1, 9))) == read(1 << 20)


def test_a_value_longer_than_any_row_is_refused() -> None:
    """Q4: it would be parsed in one go."""
    with pytest.raises(NotLoris) as refused:
        read_json(b'{"Images":["' + b"x" * 30_000_000 + b'"]}', "h")
    assert refused.value.reason == "not-json"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error":"User not authenticated"}', "User not authenticated"),
        (b'{"error":{"error":"Invalid project"}}', "Invalid project"),
        (b'{"error":{"other":1}}', ""),
        (b'{"error":null}', ""),
        (b'{"error":""}', ""),
        (b'{"message":"x"}', ""),
        (b"null", ""),
        (b"[]", ""),
        (b"", ""),
        (b"Service unavailable\nmore", "Service unavailable"),
        (
            b"<html><head><style>p{}</style><title>T</title></head><body>\n"
            b"<h1>Not &amp; found</h1><p>x</p></body></html>",
            "Not & found",
        ),
        (b"<script>alert(1)</script>", ""),
        (b'{"error":"\\u001b]0;owned\\u0007"}', "\\u{1b}]0;owned\\u{7}"),
        (b"\xff\xfe\x00bad", "\ufffd\ufffd\\u{0}bad"),
    ],
)
def test_the_server_s_words_are_found_and_cleaned(body: bytes, words: str) -> None:
    assert read_error_text(body) == words


def test_words_are_cut_at_200_characters() -> None:
    assert len(read_error_text(json.dumps({"error": "x" * 10_000}).encode())) == 200
    assert len(read_error_text(b"<" * 1_000_000)) <= 200


@given(st.binary(max_size=300))
def test_any_bytes_give_printable_words(body: bytes) -> None:
    words = read_error_text(body)
    assert len(words) <= 200
    assert words.isprintable() or words == ""


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_refusal(body: bytes) -> None:
    """Q4."""
    with contextlib.suppress(NotLoris):
        read_json(body, "h")
