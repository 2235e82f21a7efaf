"""The cheap refresh: one request while nothing is new, the whole list when something is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from preventad_tui.core.catalogue import diff, digest_of
from preventad_tui.core.config import Settings
from preventad_tui.core.credentials import Credentials
from preventad_tui.core.limits import Limits
from preventad_tui.core.model import Catalogue, DataType
from preventad_tui.core.secret import Secret
from preventad_tui.core.workspace import Workspace
from preventad_tui.demo.documents_a import insert_time
from preventad_tui.demo.server import DemoServer


@pytest.fixture(params=["a", "b24", "b28"])
async def found(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[DemoServer, Workspace]]:
    with DemoServer(generation=request.param, candidates=2) as server:
        limits = Limits(keyring_timeout_s=0.5)
        settings = Settings(log_file=tmp_path / "log", server=server.url)
        work = Workspace(settings, Credentials(limits=limits), limits=limits)
        await work.connect()
        await work.login("demo", Secret("demo"))
        yield server, work
        await work.aclose()


def without(catalogue: Catalogue, index: int) -> Catalogue:
    images = catalogue.images[:index] + catalogue.images[index + 1 :]
    return replace(catalogue, images=images, digest=digest_of(images))


def lists(server: DemoServer) -> list[str]:
    return [one.path.rpartition("/")[2] for one in server.requests]


@pytest.mark.parametrize("data_type", list(DataType))
async def test_nothing_new_is_one_small_question(
    found: tuple[DemoServer, Workspace], data_type: DataType
) -> None:
    server, work = found
    known = await work.read_catalogue(data_type)
    assert datetime.fromisoformat(known.newest) == max(map(insert_time, server.study.images))
    server.forget_requests()
    assert await work.refresh_catalogue(known) is known
    (asked,) = lists(server)
    # A second earlier: the server's comparison is strict, and its seconds are whole.
    since = (datetime.fromisoformat(known.newest) - timedelta(seconds=1)).isoformat()
    assert asked == f"images?since={since.replace(':', '%3A').replace('+', '%2B')}"
    assert server.requests[-1].sent_bytes < 2_000


@pytest.mark.parametrize("data_type", list(DataType))
async def test_a_new_image_brings_the_whole_list_and_what_is_gone(
    found: tuple[DemoServer, Workspace], data_type: DataType
) -> None:
    server, work = found
    now = await work.read_catalogue(data_type)
    times = {
        f"{one.candidate}/{one.visit}/{one.minc_name}": insert_time(one)
        for one in server.study.images
    }
    newest = max(now.images, key=lambda image: times[image.key])
    before = without(now, now.images.index(newest))
    last = max(times[image.key] for image in before.images)
    before = replace(before, newest=last.isoformat())
    lost = before.images[0]._replace(minc_name="preventad_gone.mnc")
    before = replace(before, images=(lost, *before.images[1:]))
    server.forget_requests()
    after = await work.refresh_catalogue(before)
    assert len(lists(server)) > 3
    assert after.images == now.images
    changes = diff(before, after)
    assert newest.key in changes.added
    assert changes.gone == (lost.key,)
    assert "2 images were added" in changes.sentence
    assert "1 image is gone" in changes.sentence


async def test_after_a_day_the_whole_list_is_read(found: tuple[DemoServer, Workspace]) -> None:
    server, work = found
    known = await work.read_catalogue(DataType.MINC)
    old = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    server.forget_requests()
    await work.refresh_catalogue(replace(known, date=old))
    assert "images" in lists(server)
