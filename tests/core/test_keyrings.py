"""K1 to K9: whatever the keyring does, the program goes on, and no token reaches a file."""

import asyncio
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keyring
import pytest
from keyring.errors import InitError, KeyringLocked, NoKeyringError, PasswordDeleteError

from preventad_tui.core.keyrings import KeyringState, off_loop, open_keyring
from preventad_tui.core.secret import Secret

TOKEN = Secret("eyJhbGciOi.eyJpYXQiOjF9.c2lnbmF0dXJl")
LIMIT_S = 0.3


def backend(
    module: str = "keyring.backends.SecretService", priority: float = 5, **methods: Any
) -> Any:
    """A fake store that keeps tokens in a dict; `methods` replace its own."""
    entries: dict[tuple[str, str], str] = {}

    def get_credential(_self: Any, service: str, username: str | None) -> Any:
        for (kept_service, user), value in entries.items():
            if kept_service == service and username in (None, user):
                return SimpleNamespace(username=user, password=value)
        return None

    def delete_password(_self: Any, service: str, username: str) -> None:
        if entries.pop((service, username), None) is None:
            raise PasswordDeleteError("no such entry")

    own = {
        "get_password": lambda _self, service, user: entries.get((service, user)),
        "set_password": lambda _self, service, user, value: entries.update(
            {(service, user): value}
        ),
        "get_credential": get_credential,
        "delete_password": delete_password,
        "priority": priority,
        "entries": entries,
        "__module__": module,
    }
    return type("Keyring", (), own | methods)()


def use(monkeypatch: pytest.MonkeyPatch, found: Any) -> None:
    monkeypatch.setattr(keyring, "get_keyring", lambda: found)


def raising(error: BaseException) -> Any:
    def method(*_arguments: Any) -> Any:
        raise error

    return method


def test_a_working_store_keeps_finds_and_deletes(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = backend()
    use(monkeypatch, fake)
    store = open_keyring(LIMIT_S)
    assert store.state.usable
    assert "Secret Service" in store.state.label
    assert store.find("preventad-tui https://a.example") is None
    assert store.store("preventad-tui https://a.example", "someone", TOKEN)
    found = store.find("preventad-tui https://a.example")
    assert found is not None
    assert (found.username, found.token) == ("someone", TOKEN)
    assert store.find("preventad-tui https://b.example") is None
    assert store.find("preventad-tui https://a.example", "other") is None
    assert store.delete("preventad-tui https://a.example") == 1
    assert store.delete("preventad-tui https://a.example") == 0
    assert fake.entries == {}
    assert store.state.usable


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoKeyringError("none"), "no keyring"),
        (KeyringLocked("locked"), "locked"),
        (InitError("Prompt dismissed.."), "locked"),
        (ModuleNotFoundError("no.such.backend"), "failed"),
        (RuntimeError("\x1b]0;boo\x07"), "failed"),
        (SystemExit(3), "failed"),
    ],
)
def test_k1_k2_k3_k6_every_error_is_a_reason(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str
) -> None:
    use(monkeypatch, backend(get_password=raising(error)))
    store = open_keyring(LIMIT_S)
    assert not store.state.usable
    assert said in store.state.reason
    assert "\x1b" not in store.state.reason
    assert store.find("x") is None
    assert not store.store("x", "y", TOKEN)
    assert store.delete("x") == 0


def test_k6_a_bad_backend_name_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_keyring", raising(ModuleNotFoundError("nonsense")))
    assert not open_keyring(LIMIT_S).state.usable


def test_k4_a_store_that_never_answers_costs_the_limit_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    never = threading.Event()
    use(monkeypatch, backend(get_password=lambda *_: never.wait()))
    start = time.monotonic()
    store = open_keyring(LIMIT_S)
    assert not store.state.usable
    assert "did not answer" in store.state.reason
    assert not store.store("x", "y", TOKEN)
    assert store.find("x") is None
    assert time.monotonic() - start < LIMIT_S * 2
    assert all(one.daemon for one in threading.enumerate() if one.name == "keyring")
    never.set()


def test_k4_a_store_that_stops_answering_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    never = threading.Event()
    calls = []

    def set_password(*_: Any) -> None:
        calls.append(1)
        never.wait()

    use(monkeypatch, backend(set_password=set_password))
    store = open_keyring(LIMIT_S)
    assert store.state.usable
    assert not store.store("x", "y", TOKEN)
    assert not store.store("x", "y", TOKEN)
    assert len(calls) == 1
    never.set()


def test_k5_a_store_that_forgets_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, backend(set_password=lambda *_: None))
    store = open_keyring(LIMIT_S)
    assert not store.store("x", "y", TOKEN)
    assert "did not keep" in store.state.reason


@pytest.mark.parametrize(
    ("module", "priority"),
    [
        ("keyrings.alt.file", 5),
        ("keyring.backends.null", 5),
        ("keyring.backends.fail", 0),
        ("keyring.backends.SecretService", 0.5),
    ],
)
def test_k7_only_known_stores_are_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: str, priority: float
) -> None:
    fake = backend(module, priority)
    use(monkeypatch, fake)
    store = open_keyring(LIMIT_S)
    assert store.state == KeyringState(usable=False, reason="this machine has no keyring")
    assert not store.store("x", "y", TOKEN)
    assert fake.entries == {}


def test_k7_of_a_chain_only_the_known_member_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, good = backend("keyrings.alt.file", 10), backend()
    chain = backend("keyring.backends.chainer", 10, backends=[plain, good])
    use(monkeypatch, chain)
    store = open_keyring(LIMIT_S)
    assert store.store("x", "y", TOKEN)
    assert good.entries
    assert not plain.entries
    use(monkeypatch, backend("keyring.backends.chainer", 10, backends=[plain]))
    assert not open_keyring(LIMIT_S).state.usable


def test_k8_deleting_what_is_gone_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = backend(delete_password=raising(PasswordDeleteError("gone")))
    use(monkeypatch, fake)
    store = open_keyring(LIMIT_S)
    assert store.store("x", "y", TOKEN)
    assert store.delete("x") == 0
    assert store.state.usable


@pytest.mark.parametrize("value", ["", "garbage", "a b c", "eyJ\n.x.y", "x" * 9000, "\x1b[2J.a.b"])
def test_k9_garbage_is_no_token(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    fake = backend()
    fake.entries[("x", "y")] = value
    use(monkeypatch, fake)
    assert open_keyring(LIMIT_S).find("x") is None


async def test_a_hanging_call_holds_up_neither_the_loop_nor_its_end() -> None:
    never = threading.Event()
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(off_loop(never.wait), LIMIT_S)
    assert time.monotonic() - start < LIMIT_S * 2
    never.set()


def test_the_real_fail_backend_is_no_keyring() -> None:
    assert open_keyring(5).state == KeyringState(usable=False, reason="this machine has no keyring")
