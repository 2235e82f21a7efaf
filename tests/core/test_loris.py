"""Asking a LORIS of each generation: who it is, logging in, reading what it offers."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from preventad_tui.core.errors import (
    LoginRefused,
    NoBidsEndpoint,
    NoPermission,
    NotLoris,
    PreventADError,
    ServerError,
    TokenRejected,
    Unreachable,
    UsageError,
)
from preventad_tui.core.http import TokenBox
from preventad_tui.core.layout import files_of_images
from preventad_tui.core.limits import Limits
from preventad_tui.core.loris import Loris, find_server, token_expiry
from preventad_tui.core.model import Catalogue, DataType, FileRole
from preventad_tui.core.secret import Secret
from preventad_tui.core.server import ServerInfo, demo_server, parse_server
from preventad_tui.demo.accounts import Standing
from preventad_tui.demo.documents_a import rating
from preventad_tui.demo.effects import (
    Delay,
    Drop,
    Effect,
    EmptyBody,
    EmptyList,
    GarbledList,
    HtmlPage,
    RawBytes,
    Redirect,
    ReplaceBody,
    Status,
)
from preventad_tui.demo.faults import Fault
from preventad_tui.demo.server import DemoServer

LIMITS = Limits(connect_timeout_s=2, header_timeout_s=2, idle_timeout_s=2, catalogue_timeout_s=5)
GENERATIONS = ("a", "b24", "b26", "b28")


@pytest.fixture
def start() -> Iterator[Callable[..., DemoServer]]:
    running: list[DemoServer] = []

    def start(generation: str = "a", **options: Any) -> DemoServer:
        options = {"candidates": 3, "deflate": False} | options
        server = DemoServer("small", generation, **options)  # type: ignore[arg-type]
        running.append(server)
        return server.start()

    yield start
    for server in running:
        server.stop()


async def info_of(server: DemoServer) -> ServerInfo:
    return await find_server(demo_server(server.url), limits=LIMITS)


async def loris_of(server: DemoServer, *, login: bool = True, limits: Limits = LIMITS) -> Loris:
    loris = Loris(await info_of(server), TokenBox(), limits=limits)
    if login:
        await loris.login(server.username, Secret(server.password))
    server.forget_requests()
    return loris


def paths(server: DemoServer) -> list[tuple[str, str]]:
    return [
        (request.method, request.path.partition("/api/")[2].partition("/")[2])
        for request in server.requests
    ]


@pytest.mark.parametrize(
    ("generation", "found", "base", "asked"),
    [
        ("a", "A", "/api/v0.0.3-dev", 1),
        ("b24", "B", "/api/v0.0.3", 2),
        ("b26", "B", "/api/v0.0.3", 2),
        ("b28", "B", "/api/v0.0.3", 2),
    ],
)
async def test_a_server_is_known_without_credentials(
    start: Callable[..., DemoServer], generation: str, found: str, base: str, asked: int
) -> None:
    server = start(generation)
    info = await info_of(server)
    assert (info.generation, info.base_path) == (found, base)
    assert info.server.api_version == base.removeprefix("/api/")
    assert info.server.identity == "demo"
    assert len(info.probes) == asked == len(server.requests)
    for request in server.requests:
        assert request.method == "GET"
        assert "authorization" not in {name.lower() for name, _ in request.headers}


async def test_a_version_that_is_named_is_the_only_one_asked_for(
    start: Callable[..., DemoServer],
) -> None:
    server = start("a")
    wanted = parse_server(f"{server.url}/api/v0.0.9")
    with pytest.raises(NotLoris, match=r"v0\.0\.9"):
        await find_server(wanted, limits=LIMITS)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("effect", "error", "reason"),
    [
        (HtmlPage(), NotLoris, "sign-in-page"),
        (Redirect("https://user:secret@portal.example/login?token=1"), NotLoris, "redirect"),
        (Status(401, body=b""), NotLoris, "http-401"),
        (Status(401, body=b"<html>Basic</html>"), NotLoris, "http-401"),
        (Status(403, body=b"<html>Forbidden</html>"), NotLoris, "http-403"),
        (Status(500), ServerError, "http-500"),
        (Status(502), ServerError, "http-502"),
        (Status(503), ServerError, "http-503"),
        (Status(404, body=b"<html>Not Found</html>"), NotLoris, "not-loris"),
        (RawBytes(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), Unreachable, "bad-http"),
        (Drop(), Unreachable, "reset"),
        (Delay(4), Unreachable, "header-timeout"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Effect) else None,
)
async def test_what_is_no_loris_gets_a_sentence(
    start: Callable[..., DemoServer], effect: Effect, error: type[PreventADError], reason: str
) -> None:
    server = start("a")
    server.faults.add(Fault(effect))
    with pytest.raises(ServerError) as failed:
        await info_of(server)
    assert (type(failed.value), failed.value.reason) == (error, reason)
    assert f"127.0.0.1:{server.port}" in failed.value.message
    assert "secret" not in str(failed.value)


async def test_registered_falls_back_to_its_older_host(start: Callable[..., DemoServer]) -> None:
    import dataclasses

    new, old = start("a"), start("a")
    new.faults.add(Fault(Status(404, body=b"<html>Not Found</html>")))
    wanted = dataclasses.replace(
        parse_server("registered"),
        origin=parse_server(new.url).origin,
        fallback=parse_server(old.url).origin,
    )
    info = await find_server(wanted, limits=LIMITS)
    assert (info.server.name, info.server.identity) == ("registered", old.url)
    new.faults.clear()
    info = await find_server(wanted, limits=LIMITS)
    assert info.server.origin.url == new.url


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_a_login_is_one_post_and_its_token_is_used(
    start: Callable[..., DemoServer], generation: str
) -> None:
    server = start(generation)
    loris = await loris_of(server, login=False)
    token = await loris.login(server.username, Secret(server.password))
    assert loris.tokens.token == token
    assert loris.tokens.user == server.username
    assert paths(server) == [("POST", "login")]
    times = token_expiry(token)
    assert times is not None
    assert times[1] - times[0] == 86_400
    await loris.check_token()
    server.expire_tokens()
    with pytest.raises(TokenRejected):
        await loris.check_token()


@pytest.mark.parametrize("generation", ["a", "b28"])
@pytest.mark.parametrize(
    ("standing", "reason", "said"),
    [
        (Standing.NOT_APPROVED, "inactive", "not yet been activated"),
        (Standing.DEACTIVATED, "inactive", "deactivated"),
        (Standing.EXPIRED, "expired", "expired"),
        (Standing.MUST_CHANGE_PASSWORD, "new-password", ""),
    ],
)
async def test_each_state_of_an_account_has_its_hint(
    start: Callable[..., DemoServer], generation: str, standing: Standing, reason: str, said: str
) -> None:
    server = start(generation)
    loris = await loris_of(server, login=False)
    server.set_standing(standing)
    with pytest.raises(LoginRefused) as refused:
        await loris.login(server.username, Secret(server.password))
    assert refused.value.reason == reason
    assert said in refused.value.message
    assert refused.value.hint
    assert paths(server) == [("POST", "login")]
    assert loris.tokens.token is None


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_a_wrong_password_and_a_locked_account_cost_one_post_each(
    start: Callable[..., DemoServer], generation: str
) -> None:
    """A1."""
    server = start(generation)
    loris = await loris_of(server)
    with pytest.raises(LoginRefused, match="Incorrect username or password") as refused:
        await loris.login(server.username, Secret("wrong"))
    assert refused.value.reason == "password"
    assert "wrong" not in str(refused.value)
    server.lock_out()
    with pytest.raises(LoginRefused) as locked:
        await loris.login(server.username, Secret(server.password))
    assert locked.value.reason == "suspended"
    assert "15 minutes" in locked.value.hint
    assert paths(server) == [("POST", "login")] * 2
    with pytest.raises(TokenRejected):
        await loris.check_token()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"<html>MFA</html>", NotLoris),
        (200, b"", NotLoris),
        (200, b"{}", NotLoris),
        (200, b"null", NotLoris),
        (200, b'{"token":""}', NotLoris),
        (200, b'{"token":7}', NotLoris),
        (200, b'{"token":"not a token"}', NotLoris),
        (200, b'{"token":"a.b.c\\r\\nX: y"}', NotLoris),
        (200, json.dumps({"token": f"a.{'b' * 9_000}.c"}).encode(), NotLoris),
        (200, b'{"token":"' + b"a" * 10_000_000 + b'"}', Unreachable),
        (200, b"[" * 50_000, NotLoris),
        (400, b'{"error":"Missing username or password"}', LoginRefused),
        (401, b"null", LoginRefused),
        (401, b'{"error":"\\u001b[2J"}', LoginRefused),
        (403, b"", LoginRefused),
        (302, b"", NotLoris),
        (404, b"<html>Not Found</html>", NotLoris),
        (405, b"", NotLoris),
        (429, b"", ServerError),
        (500, b'{"error":"Unacceptable JWT key."}', ServerError),
        (503, b"<html>down</html>", ServerError),
    ],
    ids=lambda value: value[:30] if isinstance(value, bytes) else None,
)
async def test_any_answer_to_a_login_ends_in_one_sentence(
    start: Callable[..., DemoServer], status: int, body: bytes, error: type[PreventADError]
) -> None:
    """A3."""
    server = start("a")
    loris = await loris_of(server, login=False)
    server.faults.add(Fault(Status(status, body=body), path="/login"))
    with pytest.raises(error) as refused:
        await loris.login(server.username, Secret("hunter2"))
    assert type(refused.value) is error
    assert str(refused.value).isprintable()
    assert "hunter2" not in str(refused.value)
    assert paths(server) == [("POST", "login")]
    assert loris.tokens.token is None


async def test_a_login_that_is_cut_is_not_sent_again(start: Callable[..., DemoServer]) -> None:
    """A1, S16."""
    server = start("a")
    loris = await loris_of(server, login=False)
    server.faults.add(Fault(Drop(), path="/login"))
    with pytest.raises(Unreachable):
        await loris.login(server.username, Secret(server.password))
    assert paths(server) == [("POST", "login")]


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("integer_ids", [False, True])
async def test_minc_is_read_from_every_generation_in_three_requests(
    start: Callable[..., DemoServer], generation: str, integer_ids: bool
) -> None:
    server = start(generation, integer_ids=integer_ids)
    loris = await loris_of(server)
    assert await loris.projects() == (server.project,)
    server.forget_requests()
    seen: list[tuple[str, int]] = []
    read = await loris.read_catalogue(
        DataType.MINC, project=server.project, on_progress=lambda *told: seen.append(told)
    )
    assert paths(server) == [
        ("GET", f"projects/{server.project}/images"),
        ("GET", "candidates"),
        ("GET", f"projects/{server.project}/data_releases"),
    ]
    assert {what for what, _ in seen} == {"bytes"}
    assert {image.key for image in read.images} == {
        f"{image.candidate}/{image.visit}/{image.minc_name}" for image in server.study.images
    }
    assert {one.candidate for one in read.candidates} == set(server.study.by_id)
    assert all(json.loads(one.entry)["PSCID"] == one.pscid for one in read.candidates)
    assert (read.server, read.project, read.rows_skipped) == ("demo", server.project, 0)
    assert_links_are_served(server, read)


def assert_links_are_served(server: DemoServer, read: Catalogue) -> None:
    plan = list(files_of_images(read, range(len(read.images))))
    own = (FileRole.IMAGE, FileRole.STUDY, FileRole.SCANS)
    for file in plan:
        if file.role in own or read.type is DataType.BIDS:
            stored = server.archive.by_output(file.path)
            assert stored is not None, file.path
            linked = server.archive.by_link(file.link)
            assert linked is not None, file.link
            assert linked.name == stored.name


async def test_bids_is_read_in_three_requests_with_the_qc_of_the_minc_list(
    start: Callable[..., DemoServer],
) -> None:
    server = start("a")
    loris = await loris_of(server)
    read = await loris.read_catalogue(DataType.BIDS, project="loris")
    parts = ("bids", "images", "data_releases")
    assert paths(server) == [("GET", f"projects/loris/{part}") for part in parts]
    ratings = {image.minc_name: rating(image) for image in server.study.images}
    for image in read.images:
        assert (image.qc_status or None, image.qc_selected or None) == (
            ratings[image.minc_name][0],
            ratings[image.minc_name][1] or None,
        )
    made = [image for session in server.study.sessions for image in session.bids_images]
    assert len(read.images) == len(made)
    assert {image.key for image in read.images} == {
        f"{image.candidate}/{image.visit}/{image.minc_name}" for image in made
    }
    assert len(read.study_links) == 5
    assert all(len(session.links) == 2 for session in read.sessions)
    assert sum(len(image.links) for image in read.images) == sum(
        len(image.bids_names) for image in made
    )
    assert_links_are_served(server, read)


async def test_lists_come_packed_where_the_server_packs(start: Callable[..., DemoServer]) -> None:
    server = start("a", deflate=True)
    loris = await loris_of(server)
    packed: list[int] = []
    await loris.read_catalogue(
        DataType.BIDS, project="loris", on_progress=lambda _what, count: packed.append(count)
    )
    plain_server = start("a", deflate=False)
    plain_loris = await loris_of(plain_server)
    plain: list[int] = []
    await plain_loris.read_catalogue(
        DataType.BIDS, project="loris", on_progress=lambda _what, count: plain.append(count)
    )
    assert packed[-1] * 5 < plain[-1]


@pytest.mark.parametrize("generation", ["b24", "b26", "b28"])
async def test_a_loris_that_does_not_convert_has_no_bids_and_says_so(
    start: Callable[..., DemoServer], generation: str
) -> None:
    server = start(generation)
    server.faults.add(Fault(Status(404), path="*/format/*"))  # LORIS 22 to 24.0
    loris = await loris_of(server)
    with pytest.raises(NoBidsEndpoint, match="-t minc"):
        await loris.read_catalogue(DataType.BIDS, project=server.project)


@pytest.mark.parametrize("generation", ["a", "b28"])
@pytest.mark.parametrize("data_type", list(DataType))
async def test_an_unknown_project_is_refused_with_those_there_are(
    start: Callable[..., DemoServer], generation: str, data_type: DataType
) -> None:
    server = start(generation)
    loris = await loris_of(server)
    with pytest.raises(UsageError, match=server.project):
        await loris.read_catalogue(data_type, project="nonsense")
    with pytest.raises(UsageError):
        await loris.read_catalogue(data_type, project="../evil")


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("status", [403, 404, 500])
async def test_without_the_listing_the_walk_finds_the_same(
    start: Callable[..., DemoServer], generation: str, status: int
) -> None:
    server = start(generation)
    loris = await loris_of(server)
    listed = await loris.read_catalogue(DataType.MINC, project=server.project)
    server.faults.add(Fault(Status(status), path="/projects/*/images"))
    visits: list[int] = []
    walked = await loris.read_catalogue(
        DataType.MINC,
        project=server.project,
        on_progress=lambda what, count: visits.append(count) if what == "visits" else None,
    )
    assert [image.key for image in walked.images] == [image.key for image in listed.images]
    assert [image.links for image in walked.images] == [image.links for image in listed.images]
    assert walked.digest == listed.digest
    assert [one.entry for one in walked.candidates] == [one.entry for one in listed.candidates]
    assert visits == list(range(1, len(list(server.study.sessions)) + 1))
    assert walked.notes == ()


@pytest.mark.parametrize(
    "effect", [Status(500, body=b"<html>boom</html>"), Status(403), Status(404), EmptyBody()]
)
async def test_one_bad_branch_of_the_walk_is_noted_and_the_rest_loads(
    start: Callable[..., DemoServer], effect: Effect
) -> None:
    """Q8."""
    server = start("b28")
    loris = await loris_of(server)
    first, second = list(server.study.by_id)[:2]
    visit = server.study.by_id[second].sessions[0].visit
    server.faults.add(
        Fault(Status(404), path="/projects/*/images"),
        Fault(effect, path=f"/candidates/{first}"),
        Fault(effect, path=f"/candidates/{second}/{visit}/images"),
    )
    walked = await loris.read_catalogue(DataType.MINC, project=server.project)
    assert first not in {image.candidate for image in walked.images}
    assert (second, visit) not in {(image.candidate, image.visit) for image in walked.images}
    lost = [
        image
        for image in server.study.images
        if image.candidate == first or (image.candidate, image.visit) == (second, visit)
    ]
    assert len(walked.images) == len(list(server.study.images)) - len(lost)
    (note,) = walked.notes
    assert "2 branches" in note
    assert first in note
    assert f"{second}/{visit}" in note


async def test_a_token_that_ends_stops_the_walk(start: Callable[..., DemoServer]) -> None:
    server = start("b28")
    loris = await loris_of(server)
    server.faults.add(
        Fault(Status(404), path="/projects/*/images"),
        Fault(Status(401), path="/candidates/*/images", nth=3),
    )
    with pytest.raises(TokenRejected):
        await loris.read_catalogue(DataType.MINC, project=server.project)


async def test_candidates_that_cannot_be_read_leave_the_images(
    start: Callable[..., DemoServer],
) -> None:
    server = start("b28")
    loris = await loris_of(server)
    for effect in (Status(403), Status(500), ReplaceBody(b"{}"), ReplaceBody(b"[1")):
        server.faults.clear()
        server.faults.add(Fault(effect, path="/candidates"))
        read = await loris.read_catalogue(DataType.MINC, project=server.project)
        assert len(read.images) == len(list(server.study.images))
        assert all(one.pscid and not one.entry for one in read.candidates)
        assert "entries cannot be read" in read.notes[0]


@pytest.mark.parametrize("data_type", list(DataType))
async def test_rows_that_are_none_are_skipped_and_counted(
    start: Callable[..., DemoServer], data_type: DataType
) -> None:
    """Q3."""
    server = start("a")
    loris = await loris_of(server)
    whole = await loris.read_catalogue(data_type, project="loris")
    server.faults.add(Fault(GarbledList(every=10), path="/projects/*"))
    garbled = await loris.read_catalogue(data_type, project="loris")
    assert garbled.rows_skipped >= len(whole.images) // 10
    assert len(garbled.images) < len(whole.images)
    assert {image.key for image in garbled.images} < {image.key for image in whole.images}
    server.faults.add(Fault(GarbledList(every=1), path="/projects/*"))
    with pytest.raises(NotLoris) as refused:
        await loris.read_catalogue(data_type, project="loris")
    assert refused.value.reason == "rows"


@pytest.mark.parametrize("data_type", list(DataType))
async def test_an_empty_list_means_no_rights(
    start: Callable[..., DemoServer], data_type: DataType
) -> None:
    """Q6."""
    server = start("a")
    loris = await loris_of(server)
    server.faults.add(Fault(EmptyList(), path="/projects/loris/*"))
    with pytest.raises(NoPermission) as refused:
        await loris.read_catalogue(data_type, project="loris")
    assert refused.value.reason == "no-images"


async def test_an_mfa_page_and_a_sign_in_page_are_told_apart(
    start: Callable[..., DemoServer],
) -> None:
    server = start("b28")
    loris = await loris_of(server)
    server.set_standing(Standing.MFA)
    with pytest.raises(NoPermission) as mfa:
        await loris.read_catalogue(DataType.MINC, project=server.project)
    assert mfa.value.reason == "mfa"
    server.faults.add(Fault(HtmlPage()))
    with pytest.raises(NotLoris) as page:
        await loris.read_catalogue(DataType.MINC, project=server.project)
    assert page.value.reason == "sign-in-page"


@pytest.mark.parametrize(
    ("effect", "error", "reason"),
    [
        (Status(401), TokenRejected, "http-401"),
        (Status(503), ServerError, "http-503"),
        (Status(429), ServerError, "http-429"),
        (Redirect("https://other.example/x"), NotLoris, "redirect"),
        (EmptyBody(), NotLoris, "empty"),
        (ReplaceBody(b'{"Images": ['), NotLoris, "not-json"),
        (ReplaceBody(b'{"Other": []}'), NotLoris, "not-loris"),
        (ReplaceBody(b"\xff\xfe\x00"), NotLoris, "not-json"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("data_type", list(DataType))
async def test_a_spoilt_listing_is_a_sentence(
    start: Callable[..., DemoServer],
    data_type: DataType,
    effect: Effect,
    error: type[PreventADError],
    reason: str,
) -> None:
    """Q1."""
    server = start("a")
    loris = await loris_of(server)
    server.faults.add(Fault(effect, path="/projects/loris/*"))
    with pytest.raises(error) as failed:
        await loris.read_catalogue(data_type, project="loris")
    assert (type(failed.value), failed.value.reason) == (error, reason)


async def test_no_cookie_no_condition_no_head_no_range_is_ever_sent(
    start: Callable[..., DemoServer],
) -> None:
    """Q7, S13."""
    server = start("a")
    loris = await loris_of(server, login=False)
    await loris.login(server.username, Secret(server.password))
    await loris.check_token()
    for data_type in DataType:
        await loris.read_catalogue(data_type, project="loris")
    server.faults.add(Fault(Status(404), path="/projects/*/images"))
    await loris.read_catalogue(DataType.MINC, project="loris")
    for request in server.requests:
        names = [name for name, _ in request.headers]
        lower = {name.lower() for name in names}
        assert lower.isdisjoint({"cookie", "range", "if-none-match", "if-modified-since"})
        assert request.method == ("POST" if request.path.endswith("/login") else "GET")
        if not request.path.endswith("/login"):
            assert "Authorization" in names


@pytest.fixture
async def ticks() -> AsyncIterator[list[float]]:
    """The gaps between wake-ups of the event loop, but for the time that others had the machine."""
    gaps: list[float] = []

    async def tick() -> None:
        last, last_busy = time.monotonic(), time.process_time()
        while True:
            await asyncio.sleep(0.005)
            now, busy = time.monotonic(), time.process_time()
            gaps.append(min(now - last, busy - last_busy))
            last, last_busy = now, busy

    task = asyncio.create_task(tick())
    yield gaps
    task.cancel()


ROW = {"Candidate": "1234567", "Visit": "NAPEN00", "LorisScanType": "x"}
LONG_LISTS = {
    "5 MB of rows": (json.dumps(ROW), 60_000),
    "182 MB of rows": (json.dumps(ROW | {"Comment": "\u00e9" * 9_000}, ensure_ascii=False), 10_050),
    "182 MB without an object": (json.dumps([["x" * 500] * 40]), 9_050),
}


@pytest.mark.parametrize("name", LONG_LISTS)
async def test_the_event_loop_runs_on_while_a_long_list_is_read(
    start: Callable[..., DemoServer], ticks: list[float], name: str
) -> None:
    """Q2: the best of a few tries."""
    server = start("a", candidates=None)
    row, count = LONG_LISTS[name]
    body = f'{{"Images":[{",".join([row] * count)}]}}'.encode()
    assert "182" not in name or len(body) > 181_000_000
    server.faults.add(Fault(ReplaceBody(body), path="/projects/loris/bids"))
    loris = await loris_of(server, limits=Limits())
    longest = []
    while len(longest) < 3 and min(longest, default=1.0) >= 0.1:
        ticks.clear()
        with pytest.raises(NotLoris):
            await loris.read_catalogue(DataType.BIDS, project="loris")
        longest.append(max(ticks))
    assert min(longest) < 0.1
