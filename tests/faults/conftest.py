"""Fixtures for everything that dies or breaks on the local side."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer


@pytest.fixture(scope="session")
def downloads(load_fake: Callable[[str], ModuleType]) -> ModuleType:
    return load_fake("downloads")


@pytest.fixture(scope="module")
def module_server() -> Iterator[DemoServer]:
    """One server for a file of tests: one candidate, 109 files, 3.6 MB."""
    with DemoServer(candidates=1) as server:
        yield server


@pytest.fixture
def server(module_server: DemoServer) -> DemoServer:
    """The server as new."""
    module_server.faults.clear()
    module_server.forgive()
    module_server.forget_requests()
    return module_server


@pytest.fixture(scope="module")
def module_forks(load_fake: Callable[[str], ModuleType], module_server: DemoServer) -> Iterator:
    with load_fake("forks").Forks(module_server) as forks:
        yield forks


@pytest.fixture
def forks(module_forks: Any, server: DemoServer) -> Any:
    """Downloads in processes of their own."""
    return module_forks


@pytest.fixture
def site(downloads: ModuleType, server: DemoServer, tmp_path: Path) -> Any:
    return downloads.Site(server, tmp_path / "out")


@pytest.fixture
def seed() -> int:
    """A fresh seed, printed."""
    import random

    value = random.randrange(10**6)
    print("seed", value)
    return value


@pytest.fixture
def new_site(downloads: ModuleType, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Make a site on a demo server of its own; words that `Site` does not know go to the server."""
    servers: list[DemoServer] = []

    def make(
        folder: str = "out", *, data_type: Any = None, limits: Any = None, **words: Any
    ) -> Any:
        servers.append(DemoServer(**{"candidates": 1, **words}).start())
        options = {"limits": limits or downloads.QUICK}
        if data_type is not None:
            options["data_type"] = data_type
        return downloads.Site(servers[-1], tmp_path / folder, **options)

    yield make
    for one in servers:
        one.stop()


@pytest.fixture
def figures(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Callable[[str], None]:
    """Print a line of figures at the end of the whole run, also from a worker process."""

    def tell(line: str) -> None:
        record_property("figures", f"{request.node.name}: {line}")

    return tell


@pytest.fixture(scope="session")
def disks(load_fake: Callable[[str], ModuleType]) -> ModuleType:
    return load_fake("disks")


@pytest.fixture
def lossy(disks: Any, tmp_path: Path) -> Iterator[Any]:
    """A FUSE disk that forgets what was not synced, and fails where it is told to."""
    with disks.lossy_disk(tmp_path / "lossy") as disk:
        yield disk
