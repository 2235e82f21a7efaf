"""C1 to C10, H2, H8 to H10, N12: bodies that are cut, changed, coded, replaced by pages."""

import gzip
import random
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import FileRetried
from preventad_tui.core.model import DataType, FileKind
from preventad_tui.core.states import FileState
from preventad_tui.demo.effects import (
    CloseAfter,
    DoubleRows,
    Effect,
    EmptyBody,
    ExtraBytes,
    FlipByte,
    GzipEncoded,
    HtmlPage,
    JsonError,
    NewVersion,
    NotModified,
    Partial,
    ReplaceBody,
    Status,
    WrongLength,
)
from preventad_tui.demo.faults import Fault

BOTH = pytest.mark.parametrize("data_type", list(DataType), ids=str)
FILES = "/[cp]*/*/*"
SELF_CONTAINED = {FileKind.NIFTI, FileKind.MINC}


def kinds(run: Any) -> dict[str, FileKind]:
    return {item.file.path: item.file.kind for item in run.plan.items}


def no_lengths(server: Any) -> None:
    """Send everything in chunks, without a length."""

    class Unsized(Effect):
        def answer(self, call: Any, answer: Any) -> Any:
            return replace(answer, sized=False)

    server.faults.add(Fault(Unsized(), path=FILES))


def cut_everything(site: Any, cuts: ModuleType, seed: int) -> tuple[Any, Any]:
    cut = cuts.RandomCut(seed)
    site.server.faults.add(Fault(cut, path=FILES))
    run = site.start(jobs=4).join(200)
    by_kind = kinds(run)
    assert {path: by_kind[path] for path in site.differences()} == {}, f"seed {seed}"
    assert run.summary.verified == 0
    assert site.partials() == []
    return cut, run


@BOTH
def test_c2_bodies_cut_cleanly_without_a_length(
    new_site: Callable[..., Any],
    load_fake: Callable[[str], ModuleType],
    figures: Callable[[str], None],
    data_type: DataType,
) -> None:
    """C2: every body of every kind is cut at a random place: not one is taken for whole.

    Of a text or JSON two equal answers are needed; each of these is cut at another place.
    """
    site = new_site(data_type=data_type)
    cut, run = cut_everything(site, load_fake("cuts"), seed=2)
    made = sum(cut.made.values())
    assert made >= 500
    figures(f"{made} bodies cut cleanly ({dict(cut.made)}): 0 accepted")
    site.server.faults.clear()
    no_lengths(site.server)
    site.server.forget_requests()
    again = site.download()
    assert again.summary.exit_code is ExitCode.OK
    assert site.differences() == []
    twice = Counter(site.asked(200))
    text = {path for path, kind in kinds(again).items() if kind not in SELF_CONTAINED}
    expected = {
        item.file.link: 2 if item.file.path in text else 1
        for item in again.plan.items
        if item.file.link
        and not item.file.extract
        and item.file.path not in set(run.ended(FileState.ON_DISK))
    }
    for link, count in expected.items():
        asked = sum(number for path, number in twice.items() if path.endswith(link))
        assert asked == count, link


@pytest.mark.long
@BOTH
def test_c2_thousands_of_bodies_cut(
    new_site: Callable[..., Any],
    load_fake: Callable[[str], ModuleType],
    figures: Callable[[str], None],
    data_type: DataType,
) -> None:
    """C2: the same with ten candidates."""
    site = new_site(data_type=data_type, candidates=10)
    cut, _ = cut_everything(site, load_fake("cuts"), seed=22)
    figures(f"{sum(cut.made.values())} bodies cut cleanly ({dict(cut.made)}): 0 accepted")


def test_c1_bodies_shorter_than_their_length(new_site: Callable[..., Any]) -> None:
    """C1: cut at each of 200 places, with the true length: 0 under a final name, then all."""
    site, rng = new_site(), random.Random(1)
    cuts = [
        Fault(CloseAfter(rng.randrange(20_000)), path="*.nii.gz", nth=number + 1)
        for number in range(200)
    ]
    site.server.faults.add(*cuts)
    run = site.download()
    assert {event.reason for event in run.of(FileRetried)} <= {"cut", "dropped", "reset"}
    assert sum(site.server.faults.hits(cut) for cut in cuts) == 200
    assert site.differences() == []
    assert site.partials() == []
    site.server.faults.clear()
    assert site.download().summary.exit_code is ExitCode.OK
    assert site.differences() == []


def test_c3_more_bytes_than_announced(new_site: Callable[..., Any]) -> None:
    """C3: what follows the announced length is not the file's; what is cut by it is no file."""
    site = new_site()
    site.server.faults.add(Fault(ExtraBytes(), path="*.json"))
    site.server.faults.add(Fault(WrongLength(700), path="*T1w.nii.gz"))
    run = site.download(("t1w",))
    failed = run.ended(FileState.FAILED)
    assert failed
    assert all(path.endswith("T1w.nii.gz") for path in failed)
    assert site.differences() == []


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "br", "identity", "GZIP"])
def test_c4_content_codings(new_site: Callable[..., Any], coding: str) -> None:
    """C4: bytes equal to the source, or `failed (encoding)`: never decoded into a file."""
    site = new_site()

    class Labelled(GzipEncoded):
        def answer(self, call: Any, answer: Any) -> Any:
            return answer.with_headers(("Content-Encoding", self.coding))

    site.server.faults.add(Fault(Labelled(coding), path="*T1w.nii.gz"))
    site.server.faults.add(Fault(GzipEncoded(coding), path="*T1w.json"))
    run = site.download(("t1w",))
    failed = run.ended(FileState.FAILED)
    assert all(path.endswith(".json") for path in failed), failed
    reason = "corrupt-at-source" if coding == "identity" else "encoding"
    assert {end.reason for end in failed.values()} == {reason}
    assert site.differences() == []


@cache
def bomb() -> bytes:
    """A NIfTI header that says little, then 100 MB of nothing: 100 kB on the wire."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, 10, 10, 10, 1, 1, 1, 1)
    struct.pack_into("<hh", header, 70, 4, 16)
    struct.pack_into("<f", header, 108, 352.0)
    header[344:348] = b"n+1\0"
    return gzip.compress(bytes(header) + bytes(100_000_000), 9)


@pytest.mark.parametrize("sized", [True, False])
def test_c5_a_bomb_is_refused_in_little_memory(new_site: Callable[..., Any], sized: bool) -> None:
    """C5: 100 MB of zeros in 100 kB, as an image and as JSON: refused, memory stays small."""
    import resource

    site = new_site()
    if not sized:
        no_lengths(site.server)
    packed = bomb()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    site.server.faults.add(Fault(ReplaceBody(packed), path="*T1w.nii.gz"))
    site.server.faults.add(Fault(ReplaceBody(packed), path="*T1w.json"))
    run = site.start(("t1w",)).join(60)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    failed = run.ended(FileState.FAILED)
    assert {path.rpartition("_")[2] for path in failed} == {"T1w.nii.gz", "T1w.json"}
    assert after - before < 60_000, f"{after - before} kB more"
    assert site.differences() == []


def test_c6_c7_what_comes_wrong_once_is_fetched_again(new_site: Callable[..., Any]) -> None:
    """C6, C7: no bytes at all, or a wrong byte that shows, once: fetched again, then whole."""
    site = new_site()
    for number, effect in enumerate((EmptyBody(), FlipByte(0), FlipByte(-1), FlipByte(-2))):
        site.server.faults.add(Fault(effect, path="*.nii.gz", nth=3 * number + 1))
        site.server.faults.add(Fault(effect, path="*.json", nth=3 * number + 1))
    run = site.download()
    assert run.summary.exit_code is ExitCode.OK, run.ended(FileState.FAILED)
    assert site.differences() == []


def flips_on_disk(site: Any, count: int) -> list[str]:
    """Flip a byte anywhere in so many images without a length; those that were taken so."""
    rng = random.Random(6)
    no_lengths(site.server)
    flips = [
        Fault(FlipByte(rng.randrange(400, 10**6)), path="*.nii.gz", nth=number + 1)
        for number in range(count)
    ]
    site.server.faults.add(*flips)
    site.download()
    assert sum(site.server.faults.hits(flip) for flip in flips) == count
    site.server.faults.clear()
    no_lengths(site.server)
    run = site.download()
    assert run.summary.exit_code is ExitCode.OK
    assert run.breaches(deep=True) == []
    return [path for path in site.differences() if path.endswith(".nii.gz")]


@pytest.mark.parametrize("count", [50, pytest.param(200, marks=pytest.mark.long)])
def test_c6_flipped_bytes_are_found_without_a_length(
    new_site: Callable[..., Any], figures: Callable[[str], None], count: int
) -> None:
    """C6: without a length every CRC is checked on the way: 200 flips anywhere, 200 found."""
    wrong = flips_on_disk(new_site(), count)
    assert wrong == [], "seed 6"
    figures(f"{count} flips in images without a length: {len(wrong)} on disk")


def test_c6_with_a_length_the_deep_check_finds_it(new_site: Callable[..., Any]) -> None:
    """C6: with a length the middle of the stream is checked by `verify --deep` only."""
    site = new_site()
    site.server.faults.add(Fault(FlipByte(30_000), path="*run-001_T1w.nii.gz", times=1))
    run = site.start(("t1w",))
    assert run.thread.join(20)
    run.folder.close()
    assert len([line for line in run.breaches(deep=True) if "damaged" in line]) == 1
    assert run.summary.verified == 0


def test_c8_the_server_changes_a_file_in_mid_run(new_site: Callable[..., Any]) -> None:
    """C8: a new version at any moment: each file on disk is one whole version."""
    site = new_site()
    for seed in range(3):
        change = Fault(NewVersion(seed + 1), path="*.nii.gz", probability=0.5, seed=seed)
        site.server.faults.add(change)
        site.download(("t1w", "bold"), options={"check_updates": True}, check_updates=True)
        site.server.faults.clear()
    run = site.download(("t1w", "bold"), options={"check_updates": True}, check_updates=True)
    assert run.summary.exit_code is ExitCode.OK
    assert site.differences() == []
    assert run.breaches(deep=True) == []


@BOTH
def test_c9_the_same_file_listed_twice(new_site: Callable[..., Any], data_type: DataType) -> None:
    """C9: LORIS lists two rows of one name: one file, fetched once, no double work."""
    site = new_site(data_type=data_type, deflate=False)
    single = site.images()
    site.server.faults.add(Fault(DoubleRows(3), path="/projects/*"))
    double = type(site)(site.server, site.path, data_type=data_type)
    assert len(double.images()) == len(single)
    run = double.download()
    assert run.summary.exit_code is ExitCode.OK
    asked = [path for path in double.asked() if "/images/" in path]
    assert len(asked) == len(set(asked))


PAGES = (HtmlPage(), JsonError(), Status(200, body=b"<!doctype html><p>x"), Status(200, body=b""))


def serve_pages(site: Any, modalities: tuple[str, ...]) -> int:
    """Pages instead of files, kind after kind of page; how many were sent."""
    count = 0
    for page in PAGES:
        faults = [Fault(page, path=path) for path in ("/candidates/*", "/projects/*/*/*")]
        site.server.faults.add(*faults)
        site.start(modalities, jobs=8).join(100)
        count += sum(map(site.server.faults.hits, faults))
        site.server.faults.clear()
        saved = [path for path, data in site.files().items() if looks_wrong(data)]
        assert saved == [], page
        assert site.differences() == []
    return count


@BOTH
def test_h9_a_page_with_status_200_is_never_saved(
    new_site: Callable[..., Any], figures: Callable[[str], None], data_type: DataType
) -> None:
    """C2, H2, H9, N12: pages and errors with status 200 instead of files: 0 saved."""
    count = serve_pages(new_site(data_type=data_type), ("t1w", "dwi65", "bold"))
    assert count >= 100
    figures(f"{count} pages and errors with status 200: 0 saved")


@pytest.mark.long
@BOTH
def test_h9_a_thousand_pages_with_status_200(
    new_site: Callable[..., Any], figures: Callable[[str], None], data_type: DataType
) -> None:
    """C2, H9, N12: a thousand of them."""
    count = serve_pages(new_site(data_type=data_type), ())
    assert count >= 1000
    figures(f"{count} pages and errors with status 200: 0 saved")


def looks_wrong(data: bytes) -> bool:
    start = data.lstrip()[:20].lower()
    return not data or start.startswith((b"<html", b"<!doctype", b'{"error"'))


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        (Partial(), "status-206"),
        (NotModified(), "status-304"),
        (Status(204, body=b""), "status-204"),
        (Status(416), "status-416"),
    ],
)
def test_h10_only_200_is_success(new_site: Callable[..., Any], effect: Effect, reason: str) -> None:
    """H10: 206, 304, 204 and 416 that nobody asked for: tried again, then failed."""
    site = new_site()
    site.server.faults.add(Fault(effect, path="*_T1w.nii.gz"))
    run = site.download(("t1w",))
    failed = run.ended(FileState.FAILED).values()
    assert {end.reason for end in failed} == {reason}
    assert not [end.message for end in failed if "\\u{" in end.message]  # no bytes of a file
    assert site.differences() == []


def test_h3_fifty_files_gone(new_site: Callable[..., Any]) -> None:
    """H3: fifty files are gone: at once, listed, the others are whole, code 3; then they come."""
    site = new_site()
    gone = Fault(Status(404), path="/candidates/*", times=50)
    site.server.faults.add(gone)
    run = site.download()
    assert run.summary.exit_code is ExitCode.SOME_FAILED
    assert run.summary.gone == len(run.ended(FileState.GONE)) == 50
    assert run.summary.on_disk == len(run.plan.items) - 50
    assert site.download().summary.exit_code is ExitCode.OK
