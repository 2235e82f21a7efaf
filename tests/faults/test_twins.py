"""Two planned names that a disk takes for one: neither writes over the other, and it is said."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from preventad_tui.core import plan as planning
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.states import FileState

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
