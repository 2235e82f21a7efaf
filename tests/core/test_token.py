"""What a token says about itself."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preventad_tui.core.secret import Secret
from preventad_tui.core.token import is_token, token_expiry


def token(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJh.{payload}.c2ln"


def test_issue_and_end_are_read_without_a_clock() -> None:
    assert token_expiry(Secret(token({"iat": 10, "exp": 86410}))) == (10.0, 86410.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a.b.c",
        "a..c",
        token([]),
        token({}),
        token({"iat": "x", "exp": 1}),
        token({"iat": 5, "exp": 5}),
        token({"iat": None, "exp": 5}),
        token({"iat": 1, "exp": 10**400}),
    ],
)
def test_other_tokens_say_nothing(text: str) -> None:
    assert token_expiry(Secret(text)) is None


@given(st.text(max_size=60))
def test_any_text_is_survived(text: str) -> None:
    token_expiry(Secret(text))
    token_expiry(Secret(f"a.{text}.b"))


@pytest.mark.parametrize("text", ["", "abc", "a.b", "a b.c.d", "a.b.c\r\nX: y", "a.b.é", "a.b.c.d"])
def test_what_is_no_token_never_reaches_a_header(text: str) -> None:
    assert not is_token(text, 8192)


def test_a_token_has_a_size_limit() -> None:
    assert is_token("a.b.c", 5)
    assert not is_token("a.b.cd", 5)
