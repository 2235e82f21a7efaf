"""Fixtures for runs of the engine against the demo server."""

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from preventad_tui.demo.server import DemoServer


def _load(name: str) -> ModuleType:
    path = Path(__file__).parents[2] / "fakes" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"fakes_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def downloads() -> ModuleType:
    return _load("downloads")


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(candidates=1) as server:
        yield server


@pytest.fixture
def site(downloads: ModuleType, server: DemoServer, tmp_path: Path):
    return downloads.Site(server, tmp_path / "out")


@pytest.fixture
def new_site(downloads: ModuleType, tmp_path: Path) -> Iterator[Callable]:
    """A site on a demo server with other options."""
    servers = []

    def make(*, data_type=None, limits=None, **server_options):
        server = DemoServer(**{"candidates": 1, **server_options}).start()
        servers.append(server)
        options = {"limits": limits or downloads.QUICK}
        if data_type is not None:
            options["data_type"] = data_type
        return downloads.Site(server, tmp_path / "out", **options)

    yield make
    for server in servers:
        server.stop()
