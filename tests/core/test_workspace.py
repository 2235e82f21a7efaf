"""A connection's rules: one login at a time, never after a refusal, nothing sent elsewhere."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keyring
import pytest

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.config import Settings, Shard
from preventad_tui.core.credentials import Credentials, CredentialSource, UserPassword
from preventad_tui.core.errors import LoginRefused, TokenRejected, UsageError
from preventad_tui.core.limits import Limits
from preventad_tui.core.model import DataType
from preventad_tui.core.secret import Secret
from preventad_tui.core.workspace import Workspace
from preventad_tui.demo.server import DemoServer

GOOD = UserPassword("demo", Secret("demo"))


@pytest.fixture(scope="module")
def module_server() -> Iterator[DemoServer]:
    with DemoServer(candidates=2) as server:
        yield server


@pytest.fixture
def server(module_server: DemoServer) -> DemoServer:
    module_server.forgive()
    module_server.forget_requests()
    return module_server


def workspace(server: DemoServer, tmp_path: Path, **more: Any) -> Workspace:
    settings = Settings(log_file=tmp_path / "log", server=server.url, outputdir=tmp_path / "out")
    limits = Limits(keyring_timeout_s=0.5)
    credentials = Credentials(limits=limits, given=more.pop("given", None))
    return Workspace(replace(settings, **more), credentials, limits=limits)


def logins(server: DemoServer) -> int:
    return len([one for one in server.requests if one.path.endswith("/login")])


async def test_a_login_is_one_request_and_a_renewal_one_more(
    server: DemoServer, tmp_path: Path
) -> None:
    work = workspace(server, tmp_path)
    info = await work.connect()
    assert (info.generation, info.server.api_version) == ("A", "v0.0.3-dev")
    assert logins(server) == 0
    await work.login("demo", Secret("demo"), keep_password=True)
    assert logins(server) == 1
    before = work.tokens.token
    server.expire_tokens()
    assert await work.renew() is not None
    assert logins(server) == 2
    assert work.tokens.token != before
    assert await work.settle_project() == "loris"


async def test_without_leave_the_password_is_not_kept(server: DemoServer, tmp_path: Path) -> None:
    work = workspace(server, tmp_path)
    await work.connect()
    await work.login("demo", Secret("demo"))
    assert not work.can_renew
    assert await work.renew() is None
    assert logins(server) == 1


async def test_after_a_refusal_nothing_is_tried_again_by_itself(
    server: DemoServer, tmp_path: Path
) -> None:
    work = workspace(server, tmp_path)
    await work.connect()
    await work.login("demo", Secret("demo"), keep_password=True)
    server.lock_out("demo")
    assert await work.renew() is None
    assert await work.renew() is None
    assert logins(server) == 2
    assert not work.can_renew


async def test_a_refused_login_marks_the_open_folder(server: DemoServer, tmp_path: Path) -> None:
    work = workspace(server, tmp_path, given=UserPassword("demo", Secret("wrong")))
    await work.connect()
    work.open_folder(tmp_path / "out", DataType.BIDS)
    with pytest.raises(LoginRefused, match="Incorrect"):
        await work.try_stored_tokens()
    assert logins(server) == 1
    with pytest.raises(LoginRefused, match="a moment ago"):
        await work.try_stored_tokens()
    assert logins(server) == 1
    await work.login("demo", Secret("demo"))
    work.heed_refused_login()
    await work.aclose()


async def test_another_server_gets_neither_token_nor_password(
    server: DemoServer, tmp_path: Path
) -> None:
    work = workspace(server, tmp_path)
    await work.connect()
    await work.login("demo", Secret("demo"), keep_password=True)
    with DemoServer(candidates=1) as other:
        await work.connect(other.url)
        assert work.tokens.token is None
        assert await work.renew() is None
        assert logins(other) == 0


class _Store:
    """A store in memory that passes for the Secret Service."""

    priority = 5
    kept: dict[tuple[str, str], str]

    def __init__(self) -> None:
        self.kept = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]

    def get_credential(self, service: str, username: str | None) -> Any:
        for (kept_for, user), value in self.kept.items():
            if kept_for == service and username in (None, user):
                return type("Credential", (), {"username": user, "password": value})
        return None


_Store.__module__ = "keyring.backends.SecretService"


async def test_a_remembered_token_is_used_next_time_and_removed_when_dead(
    server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = _Store()
    monkeypatch.setattr(keyring, "get_keyring", lambda: store)
    first = workspace(server, tmp_path)
    await first.connect()
    state = await first.login("demo", Secret("demo"), remember=True)
    assert state is not None
    assert state.usable
    assert list(store.kept) == [(f"preventad-tui {server.url}", "demo")]
    assert "demo" not in store.kept.values()

    second = workspace(server, tmp_path)
    await second.connect()
    assert await second.try_stored_tokens()
    assert second.source is CredentialSource.KEYRING
    assert second.tokens.user == "demo"
    assert logins(server) == 1

    server.expire_tokens()
    third = workspace(server, tmp_path)
    await third.connect()
    assert not await third.try_stored_tokens()
    assert store.kept == {}


async def test_forgetting_empties_memory_and_keyring(
    server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = _Store()
    monkeypatch.setattr(keyring, "get_keyring", lambda: store)
    work = workspace(server, tmp_path)
    await work.connect()
    await work.login("demo", Secret("demo"), remember=True, keep_password=True)
    work.forget_login()
    assert store.kept == {}
    assert work.tokens.token is None
    assert not work.can_renew


async def test_the_catalogue_is_kept_for_the_next_start(server: DemoServer, tmp_path: Path) -> None:
    work = workspace(server, tmp_path, given=GOOD)
    await work.connect()
    assert await work.try_stored_tokens()
    assert work.cached_catalogue(DataType.BIDS) is None
    catalogue = await work.read_catalogue(DataType.BIDS)
    assert work.cached_catalogue(DataType.BIDS) == catalogue
    assert work.cached_catalogue(DataType.MINC) is None
    server.expire_tokens()
    with pytest.raises(TokenRejected):
        await work.read_catalogue(DataType.BIDS)


async def test_each_study_of_the_demo_has_its_own_kept_catalogue(
    server: DemoServer, tmp_path: Path
) -> None:
    work = workspace(server, tmp_path, given=GOOD)
    try:
        await work.connect("demo")
        assert await work.try_stored_tokens()
        await work.settle_project()
        await work.read_catalogue(DataType.BIDS)
        assert work.cached_catalogue(DataType.BIDS) is not None
        for other in ({"demo_size": "full"}, {"demo_generation": "b28"}):
            work.settings = replace(work.settings, **other)
            assert work.cached_catalogue(DataType.BIDS) is None
    finally:
        await work.aclose()


async def test_a_plan_without_a_folder_and_by_parts(server: DemoServer, tmp_path: Path) -> None:
    work = workspace(server, tmp_path, given=GOOD)
    await work.connect()
    await work.try_stored_tokens()
    index = CatalogueIndex(await work.read_catalogue(DataType.BIDS))
    everything = range(len(index.images))
    whole = work.plan(index, everything, None)
    assert whole.totals.to_fetch_files == whole.totals.files > 0
    free_bytes = shutil.disk_usage(tmp_path).free
    assert whole.totals.free_bytes == pytest.approx(free_bytes, rel=0.1)  # where it would be made
    parts = []
    for part in (1, 2):
        work.settings = replace(work.settings, shard=Shard(part, 2))
        parts += [item.file.path for item in work.plan(index, everything, None).items]
    assert set(parts) == {item.file.path for item in whole.items}


async def test_an_unknown_project_is_named(server: DemoServer, tmp_path: Path) -> None:
    work = workspace(server, tmp_path, given=GOOD, project="lorris")
    await work.connect()
    await work.try_stored_tokens()
    with pytest.raises(UsageError, match="Did you mean loris"):
        await work.settle_project()


async def test_the_projects_name_is_told_to_a_folder_opened_before(
    server: DemoServer, tmp_path: Path
) -> None:
    work = workspace(server, tmp_path, given=GOOD)
    await work.connect()
    folder = work.open_folder(tmp_path / "out", DataType.BIDS)
    assert folder.identity is not None
    assert folder.identity.project == ""
    await work.try_stored_tokens()
    await work.settle_project()
    assert folder.identity is not None
    assert folder.identity.project == "loris"
    assert '"loris"' in (tmp_path / "out/.preventad-tui/folder.json").read_text()
    await work.aclose()


async def test_the_demo_child_lives_as_long_as_the_workspace(tmp_path: Path) -> None:
    settings = Settings(log_file=tmp_path / "log", server="demo")
    work = Workspace(settings, Credentials(limits=Limits()))
    await work.connect()
    assert work.identity == "demo"
    assert await work.try_stored_tokens()
    assert work.source is CredentialSource.DEMO
    await work.aclose()
