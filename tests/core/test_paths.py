"""The program's own files: private from the start, replaced whole or not at all."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from preventad_tui.core import paths
from preventad_tui.core.errors import NotWritable


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_asking_for_a_path_creates_nothing(isolated: Path) -> None:
    for folder in (
        paths.config_dir,
        paths.data_dir,
        paths.state_dir,
        paths.cache_dir,
        paths.log_dir,
    ):
        assert folder().is_relative_to(isolated)
        assert "preventad-tui" in folder().parts
    assert list(isolated.iterdir()) == []


def test_files_are_0600_and_folders_0700_under_any_umask(tmp_path: Path, umask: int) -> None:
    """S5."""
    path = tmp_path / "a" / "b" / "file.json"
    paths.write_private(path, b"{}\n")
    paths.write_private(path, b"[]\n")
    assert path.read_bytes() == b"[]\n"
    assert mode(path) == 0o600
    assert mode(path.parent) == mode(path.parent.parent) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["file.json"]


def test_a_wide_folder_of_ours_is_narrowed(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)
    paths.ensure_private_dir(folder)
    assert mode(folder) == 0o700


def test_a_file_in_a_folder_of_the_users_leaves_that_folder_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    paths.replace_private(tmp_path / "token", b"x")
    assert mode(tmp_path) == 0o755
    assert mode(tmp_path / "token") == 0o600


def test_what_cannot_be_written_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotWritable, match="cannot be written"):
        paths.write_private(tmp_path / "file" / "below.json", b"{}")
    (tmp_path / "taken").mkdir()
    with pytest.raises(NotWritable):
        paths.replace_private(tmp_path / "taken", b"{}")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "taken"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    """S24."""
    folder = tmp_path / "state"
    folder.mkdir()
    os.chown(folder, 4242, 4242)
    with pytest.raises(NotWritable, match="another user"):
        paths.write_private(folder / "x", b"")


@pytest.mark.parametrize(
    ("mode", "warned"), [(0o755, False), (0o775, False), (0o777, True), (0o1777, False)]
)
def test_s24_a_place_where_anyone_may_swap_files_is_told(
    tmp_path: Path, mode: int, warned: bool
) -> None:
    """S24: writable by others without the sticky bit, the folder itself or one above it."""
    place = tmp_path / "shared"
    place.mkdir()
    place.chmod(mode)
    for folder in (place, place / "mine" / "not made yet"):
        assert bool(paths.open_to_all(folder)) is warned
    if warned:
        assert "chmod o-w" in paths.open_to_all(place)
