"""S9, S10, S20 to S23, Q9: hostile names and links: nothing outside, nobody else is asked."""

import asyncio
import contextlib
import csv
import gzip
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.errors import ExitCode, NotLoris
from preventad_tui.core.model import Catalogue, DataType
from preventad_tui.core.names import is_safe_component, safe_link
from preventad_tui.core.states import FileState
from preventad_tui.core.text import clean
from preventad_tui.demo.effects import Redirect, WithHeader
from preventad_tui.demo.faults import Fault

SHAPE = Path(os.environ.get("PREVENTAD_SHAPE", "/work/shared/data"))
NO_QC = "the server's list of images, with the QC, cannot be read"
NAME = re.compile(r"\.bids-validator-config\.json|[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")


@pytest.fixture
def hostile(load_fake: Callable[[str], ModuleType]) -> ModuleType:
    return load_fake("hostile")


@contextmanager
def listening() -> Iterator[tuple[int, list[bytes]]]:
    """Somebody else's server; what anybody said to it."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hear() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65_536))

        thread = threading.Thread(target=hear, daemon=True)
        thread.start()
        yield listener.getsockname()[1], heard
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def everything(base: Path) -> dict[str, bytes | None]:
    """All below a folder, our own folders' changing parts included."""
    return {
        str(path.relative_to(base)): None if path.is_dir() else path.read_bytes()
        for path in base.rglob("*")
    }


@pytest.mark.parametrize("data_type", list(DataType), ids=str)
def test_s20_s9_hostile_rows_in_every_listing(
    new_site: Callable[..., Any],
    hostile: ModuleType,
    figures: Callable[[str], None],
    tmp_path: Path,
    isolated: Path,
    data_type: DataType,
) -> None:
    """S9, S20, Q9: 0 bytes outside the output folder, 0 requests elsewhere, real rows all there."""
    site = new_site("deep/down/out", data_type=data_type, deflate=False)
    real = {image.key for image in site.index.images}
    (tmp_path / "deep/down").mkdir(parents=True)
    (tmp_path / "deep/neighbour.txt").write_text("mine")
    before, home = everything(tmp_path), everything(isolated)
    with listening() as (port, heard):
        rows = hostile.HostileRows(hostile.NAMES, hostile.links(port))
        for path in ("/projects/*", "/candidates"):
            site.server.faults.add(Fault(rows, path=path))
        catalogue = asyncio.run(site.loris.read_catalogue(data_type, project=site.server.project))
        site.server.faults.clear()
        site.index = CatalogueIndex(catalogue)
        site.server.forget_requests()
        run = site.start(jobs=8).join(100)
    assert heard == []
    assert rows.added >= 200
    assert catalogue.rows_skipped >= 200
    assert real <= {image.key for image in catalogue.images}
    found = set(site.files())
    assert all(NAME.fullmatch(part) for path in found for part in path.split("/")), found
    outside = {
        path: data
        for path, data in everything(tmp_path).items()
        if not path.startswith("deep/down/out")
    }
    assert outside == before
    assert everything(isolated) == home
    asked = [request.path for request in site.server.requests]
    assert all(re.fullmatch(r"/api/[\w.-]+/(candidates|projects)[\w./+-]*", path) for path in asked)
    assert not any(".." in path for path in asked)
    assert run.summary.failed == 0, run.ended(FileState.FAILED)
    figures(
        f"{rows.added} hostile rows ({len(hostile.NAMES)} names, {len(hostile.links(1))} links), "
        f"{catalogue.rows_skipped} refused; 0 files outside, {len(heard)} requests elsewhere, "
        f"{len(real)} of {len(real)} real images"
    )


def test_s20_each_classic_is_refused(hostile: ModuleType) -> None:
    """S20: no hostile name is a component of a path, no hostile link is asked for."""
    assert len(hostile.NAMES) + len(hostile.links(1)) >= 200
    accepted = [name for name in hostile.NAMES if is_safe_component(name)]
    assert accepted == []
    followed = [link for link in hostile.links(1) if safe_link(link) is not None]
    assert [
        link for link in followed if not re.fullmatch(r"/(candidates|projects)/[\w./+-]+", link)
    ] == []
    assert not any(part in ("", ".", "..") for link in followed for part in link.split("/")[1:])


def test_s20_all_real_names_are_accepted(figures: Callable[[str], None]) -> None:
    """S20: 100 % of the published names, as components and at the end of links."""
    table = SHAPE / "preventad-catalogue.tsv.gz"
    if not table.exists():
        pytest.skip(f"the real names are not here: {table}")
    with gzip.open(table, "rt") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    names, refused = 0, []
    for row in rows:
        stem, minc = row["bids_stem"], row["minc_file"]
        parts = [row["candidate"], row["visit"], *([row["subfolder"]] if row["subfolder"] else [])]
        parts += [minc, f"{minc}.qc.json"] if minc else []
        if stem:
            parts += [f"{stem}.nii.gz", f"{stem}.json", f"{stem}.bval", f"{stem}.bvec"]
        place = f"candidates/{row['candidate']}/{row['visit']}/images/{minc or 'x.mnc'}"
        names += len(parts)
        refused += [part for part in parts if not is_safe_component(part)]
        refused += [place for part in parts if not safe_link(f"/{place}/bids/{part}")]
    assert refused == []
    figures(f"{names - len(refused)} of {names} real names accepted")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_s10_h8_nobody_is_led_elsewhere(new_site: Callable[..., Any], code: int) -> None:
    """S10, H8: seven kinds of redirect: 0 requests, so 0 tokens, to the other server."""
    site = new_site()
    with listening() as (port, heard):
        for number, target in enumerate(
            (
                f"http://127.0.0.1:{port}/x",
                f"//127.0.0.1:{port}/x",
                f"http://demo:demo@127.0.0.1:{port}/x",
                f"https://127.0.0.1:{port}/x",
                f"http://localhost:{port}/x",
                f"{site.server.url}.evil.example/x",
                "/api/v0.0.3-dev/projects",
            )
        ):
            site.server.faults.add(Fault(Redirect(target, code), path="*.nii.gz", nth=number + 1))
        run = site.download(("t1w", "bold", "dwi65", "MP2RAGE"))
    assert {end.reason for end in run.ended(FileState.FAILED).values()} == {"redirect"}
    assert len(run.ended(FileState.FAILED)) >= 6  # one target is no URL: broken HTTP, asked again
    assert heard == []


def targets(port: int) -> tuple[str, ...]:
    """Redirects that can be read: to another host by every way to write it, and to this one."""
    return (
        f"http://127.0.0.1:{port}/way/SECRET",
        f"//127.0.0.1:{port}/way/SECRET",
        f"http://demo:SECRET@127.0.0.1:{port}/way",
        f"https://127.0.0.1:{port}/way?token=SECRET",
        f"http://localhost:{port}/way#SECRET",
        f"ftp://127.0.0.1:{port}/way",
        "/api/v0.0.3-dev/SECRET",
    )


@pytest.mark.parametrize(
    ("listing", "data_type", "is_needed"),
    [
        ("bids", DataType.BIDS, True),
        ("images", DataType.BIDS, False),
        ("data_releases", DataType.BIDS, False),
        ("images", DataType.MINC, True),
        ("candidates", DataType.MINC, False),
        ("data_releases", DataType.MINC, False),
    ],
)
def test_h8_lists_that_answer_with_a_redirect(
    new_site: Callable[..., Any], listing: str, data_type: DataType, is_needed: bool
) -> None:
    """H8: never followed; a needed list is refused by the host's name, the others are missed."""
    site = new_site(data_type=data_type)

    def read() -> Catalogue:
        return asyncio.run(site.loris.read_catalogue(data_type, project=site.server.project))

    known = read()
    with listening() as (port, heard):
        for number, target in enumerate(targets(port)):
            site.server.faults.clear()
            fault = Fault(Redirect(target, (301, 302, 303, 307, 308)[number % 5]), f"*/{listing}")
            site.server.faults.add(fault)
            if is_needed:
                with pytest.raises(NotLoris) as refused:
                    read()
                assert refused.value.reason == "redirect"
                said = refused.value.message
            else:
                found = read()
                assert [one.key for one in found.images] == [one.key for one in known.images]
                (said,) = set(found.notes) - set(known.notes) - {NO_QC}
            assert site.server.faults.hits(fault) == 1
            assert "redirects to" in said
            assert (f"{port}, which" if number < 6 else "another page, which") in said
            assert "way" not in said
            assert "SECRET" not in said
            assert clean(said) == said
    assert heard == []


def test_s21_content_disposition_names_nothing(
    new_site: Callable[..., Any], tmp_path: Path
) -> None:
    """S21: a header that names the file, and a cookie that is a credential: neither is heeded."""
    site = new_site("deep/out")
    for name, value in (
        ("Content-Disposition", 'attachment; filename="../../escaped"'),
        ("Set-Cookie", "PHPSESSID=canary; path=/"),  # S13
        ("Content-Location", "/etc/passwd"),
        ("Refresh", "0; url=http://127.0.0.1:9/"),
    ):
        site.server.faults.add(Fault(WithHeader(name, value), path="*"))
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK
    assert set(site.files()) == {item.file.path for item in run.plan.items}
    assert not list(tmp_path.rglob("escaped"))
    headers = [dict((k.lower(), v) for k, v in one.headers) for one in site.server.requests]
    assert not any("cookie" in one for one in headers)


@pytest.mark.parametrize(
    "wanted", [300, pytest.param(100_000, marks=[pytest.mark.long, pytest.mark.timeout(900)])]
)
def test_s23_folders_that_turn_into_links(
    new_site: Callable[..., Any],
    load_fake: Callable[[str], ModuleType],
    tmp_path: Path,
    wanted: int,
    figures: Callable[[str], None],
) -> None:
    """S23: another process swaps folders of the tree for links in mid-run: 0 files there."""
    site = new_site()
    victim = tmp_path / "victim"
    victim.mkdir()
    site.download(("t1w",))
    first = next(path for path in site.path.iterdir() if path.name.startswith("sub-"))
    sessions = [path for path in first.iterdir() if path.is_dir()]
    folders = [*sessions, *(one / "anat" for one in sessions)]
    images = list(site.path.rglob("*.nii.gz"))
    runs, put, refused, swaps_in_runs = 0, 0, 0, 0
    with load_fake("swapper").swapping(tmp_path, victim, folders) as swaps:
        while swaps_in_runs < wanted:
            for image in images:
                with contextlib.suppress(OSError):
                    image.unlink()
            before = swaps()
            run = site.start(("t1w", "MP2RAGE"), jobs=4, wait_for_storage=False)
            assert run.thread.join(60)
            run.folder.close()
            swaps_in_runs += swaps() - before
            runs += 1
            put += len(run.ended(FileState.ON_DISK)) + len(run.ended(FileState.VERIFIED))
            refused += len(run.ended(FileState.FAILED))
            assert list(victim.iterdir()) == []
    assert list(victim.iterdir()) == []
    figures(
        f"{swaps_in_runs} swaps of folders for links within {runs} runs ({put} files put, "
        f"{refused} refused): 0 files in the other tree"
    )
