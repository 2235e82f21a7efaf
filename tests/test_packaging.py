"""What the package says of itself agrees with what it is."""

import importlib.metadata
import tomllib
from pathlib import Path

import preventad_tui

ROOT = Path(__file__).resolve().parent.parent


def project() -> dict[str, object]:
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found: dict[str, object] = content["project"]
    return found


def test_the_version_stands_in_one_place() -> None:
    assert "version" not in project()
    assert importlib.metadata.version("preventad-tui") == preventad_tui.__version__


def test_the_changelog_knows_the_version_or_has_unreleased_changes() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert f"## [{preventad_tui.__version__}]" in text or "## [Unreleased]" in text


def test_the_command_is_installed_and_is_the_module() -> None:
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name="preventad-tui")
    assert entry.value == "preventad_tui.cli:main"


def test_typed_and_styled_files_are_part_of_the_package() -> None:
    package = Path(preventad_tui.__file__).parent
    assert (package / "py.typed").is_file()
    assert (package / "ui" / "app.tcss").is_file()


def test_the_interfaces_toolkit_is_pinned_exactly() -> None:
    dependencies = project()["dependencies"]
    assert isinstance(dependencies, list)
    assert any(str(one).startswith("textual==") for one in dependencies)
    assert not any("keyrings.alt" in str(one) for one in dependencies)
