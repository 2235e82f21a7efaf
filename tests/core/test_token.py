"""What a token says about itself."""

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preventad_tui.core.http import TokenBox
from preventad_tui.core.secret import Secret
from preventad_tui.core.token import is_token, token_expiry


def token(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJh.{payload}.c2ln"


@pytest.mark.parametrize(
    ("ahead_s", "kept_s"), [(0, 86_400), (7200, 79_200), (-7200, 86_400), (90_000, 0)]
)
def test_how_long_a_login_lasts_is_counted_from_its_arrival(
    monkeypatch: pytest.MonkeyPatch, ahead_s: float, kept_s: float
) -> None:
    """By the server's lifetime for a token that has just come, by this clock for a kept one."""
    now = 1_000_000.0
    monkeypatch.setattr(time, "time", lambda: now + ahead_s)
    fresh = Secret(token({"iat": now, "exp": now + 86_400}))
    tokens = TokenBox()
    assert tokens.left_s(time.time()) is None
    tokens.take_new(fresh)
    assert tokens.left_s(time.time()) == 86_400
    assert tokens.left_s(time.time() + 3600) == 82_800
    assert tokens.left_s(time.time() + 100_000) == 0
    assert TokenBox(fresh).left_s(time.time()) == kept_s
    tokens.token = Secret("opaque")
    assert tokens.left_s(time.time()) is None


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
