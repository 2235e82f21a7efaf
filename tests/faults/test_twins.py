"""Two planned names that a disk takes for one: neither writes over the other, and it is said."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from preventad_tui.core import plan as planning
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.states import FileState
from preventad_tui.core.verify import Verdict, verify_folder

T1W = ("t1w",)


@pytest.fixture
def twins(site: Any, lossy: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """The plan's two first images: the second is to lie where the first does, but for case."""
    site.path = lossy.path / "out"
    real = planning.files_of_images
    images = [
        file
        for file in real(site.index.catalogue, site.images(T1W))
        if file.path.endswith("_T1w.nii.gz")
    ]
    first, second = images[:2]
    head, _, name = first.path.rpartition("/")
    twin = f"{head}/{name.replace('_T1w', '_t1W')}"

    def files_of_images(*arguments: Any) -> Iterator[Any]:
        for file in real(*arguments):
            yield replace(file, path=twin) if file.path == second.path else file

    monkeypatch.setattr(planning, "files_of_images", files_of_images)
    assert site.server.body(first.path) != site.server.body(second.path)
    yield first.path, twin
    assert site.files()[first.path] == site.server.body(first.path)
    if twin in site.files():
        assert site.files()[twin] == site.server.body(second.path)


def test_on_a_disk_that_ignores_case_one_is_left_out(
    site: Any, lossy: Any, twins: tuple[str, str]
) -> None:
    lossy.fold()
    for _ in range(2):
        run = site.download(T1W)
        assert run.summary.exit_code is ExitCode.SOME_FAILED
        failed = run.ended(FileState.FAILED)
        assert {path: end.reason for path, end in failed.items()} == {twins[1]: "same-name"}
        assert any("ignores case" in note and twins[1] in note for note in run.plan.notes)
        assert twins[1] not in site.files()


def test_elsewhere_both_are_fetched_and_it_is_said(site: Any, twins: tuple[str, str]) -> None:
    run = site.download(T1W)
    assert run.summary.exit_code is ExitCode.OK
    assert set(twins) <= set(site.files())
    assert any("upper and lower case" in note for note in run.plan.notes)
    assert site.download(T1W).summary.fetched_files == 0


@pytest.fixture(params=["candidate", "session"])
def twin_folders(
    site: Any, lossy: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> tuple[str, str]:
    """Two sessions, in folders of which one differs in case only; their files have other names."""
    site.path = lossy.path / "out"
    real = planning.files_of_images
    places = {file.path.rpartition("/")[0] for file in real(site.index.catalogue, site.images(T1W))}
    first, second = sorted({"/".join(one.split("/")[:2]) for one in places if one.count("/") > 1})[
        :2
    ]
    head, _, session = first.rpartition("/")
    if request.param == "session":
        twin = f"{head}/{session.lower()}"
    else:
        twin = f"{head.upper()}/{second.rpartition('/')[2]}"

    def files_of_images(*arguments: Any) -> Iterator[Any]:
        for file in real(*arguments):
            is_twin = file.path.startswith(f"{second}/")
            yield replace(file, path=twin + file.path[len(second) :]) if is_twin else file

    monkeypatch.setattr(planning, "files_of_images", files_of_images)
    return first, twin


@pytest.mark.parametrize("folds", [True, False])
def test_folders_that_differ_in_case_only(
    site: Any, lossy: Any, twin_folders: tuple[str, str], folds: bool
) -> None:
    """D16: one folder for both on such a disk: all files in it, known again, checked, repaired."""
    if folds:
        lossy.fold()
    run = site.download(T1W)
    assert run.summary.exit_code is ExitCode.OK, run.ended(FileState.FAILED)
    planned = [item.file.path for item in run.plan.items]
    assert all(any(path.startswith(f"{one}/") for path in planned) for one in twin_folders)
    assert len(site.files()) == len(planned)
    site.server.forget_requests()
    again = site.download(T1W)
    assert again.summary.exit_code is ExitCode.OK
    assert again.summary.fetched_files == 0
    assert site.asked() == []
    with site.open() as folder:
        verdicts = {one.path: one.verdict for one in verify_folder(folder)}
    assert set(verdicts.values()) == {Verdict.INTACT}, verdicts
    assert len(verdicts) == len(planned)
    lost = next(path for path in planned if path.startswith(f"{twin_folders[1]}/"))
    (site.path / lost).unlink()
    third = site.download(T1W)
    assert list(third.ended(FileState.ON_DISK)) == [lost]
