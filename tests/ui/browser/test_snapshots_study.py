"""How coverage and study design look; looked at as pictures when they change."""

from typing import Any

import pytest

SIZES = pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (60, 16)], ids=["80x24", "120x40", "60x16"]
)
COVERAGE = ("j", "space", "c", "j", "l", "l")
DESIGN = ("S", "j", "space", "j", "space", "G", "space", "l", "j", "j", "space")


def _keys(kit: Any, *keys: str) -> Any:
    async def look(pilot: Any) -> None:
        await kit.ready(pilot)
        for key in keys:
            await pilot.press(key)
            await kit.settled(pilot)

    return look


@SIZES
def test_coverage(kit: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(kit.app(), terminal_size=size, run_before=_keys(kit, *COVERAGE))


@SIZES
def test_design(kit: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(kit.app(), terminal_size=size, run_before=_keys(kit, *DESIGN))


@pytest.mark.parametrize(
    "keys", [(*COVERAGE, "m"), ("space", *COVERAGE, "s", "m"), DESIGN], ids=["c", "cs", "S"]
)
def test_without_colour(
    kit: Any, snap_compare: Any, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(kit.app(), terminal_size=(80, 24), run_before=_keys(kit, *keys))
