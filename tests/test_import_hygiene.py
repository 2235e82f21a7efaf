"""What each part may import, seen in a process of its own, since dependencies drag more in."""

import json
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest

import preventad_tui.core
import preventad_tui.demo
import preventad_tui.headless

LOADED = "import sys, json; print(json.dumps(sorted(sys.modules)))"


def modules_below(package: Any) -> list[str]:
    prefix = f"{package.__name__}."
    return [
        package.__name__,
        *(one.name for one in pkgutil.walk_packages(package.__path__, prefix)),
    ]


def loaded_by(run_python: Callable[..., Any], code: str) -> set[str]:
    done = run_python("-c", f"{code}\n{LOADED}")
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("package", [preventad_tui.core, preventad_tui.headless])
def test_core_and_commands_know_no_interface(run_python: Callable[..., Any], package: Any) -> None:
    names = [name for name in modules_below(package) if not name.endswith("__main__")]
    loaded = loaded_by(run_python, "\n".join(f"import {name}" for name in names))
    assert not loaded & {"textual", "rich", "preventad_tui.ui"}
    assert "aiohttp" not in loaded


def test_the_demo_knows_nothing_of_the_program(run_python: Callable[..., Any]) -> None:
    names = [name for name in modules_below(preventad_tui.demo) if not name.endswith("__main__")]
    loaded = loaded_by(run_python, "\n".join(f"import {name}" for name in names))
    foreign = ("preventad_tui.core", "preventad_tui.ui", "preventad_tui.headless")
    assert not [name for name in loaded if name.startswith(foreign)]
    assert "textual" not in loaded


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["get", "--help"], ["get"], ["get", "--nonsense"]]
)
def test_quick_answers_load_no_heavy_library(
    run_python: Callable[..., Any], arguments: list[str]
) -> None:
    code = f"""
from preventad_tui.cli import main
try:
    main({arguments!r})
except SystemExit:
    pass
"""
    heavy = {"textual", "rich", "httpx", "keyring", "aiohttp"}
    assert not loaded_by(run_python, code) & heavy


def test_files_do_not_load_httpx(run_python: Callable[..., Any]) -> None:
    code = """
from preventad_tui.core.http import HttpClient, TokenBox
from preventad_tui.core.limits import Limits
from preventad_tui.core.server import OPEN
HttpClient(OPEN, "/api/v0.0.3", TokenBox(), limits=Limits())
"""
    assert "httpx" not in loaded_by(run_python, code)


def test_the_first_paint_waits_for_nothing_that_only_a_download_needs(
    run_python: Callable[..., Any],
) -> None:
    code = "import preventad_tui.ui.run, preventad_tui.ui.screens.browser"
    of_core = ("engine", "events", "commands", "folder", "commit", "checks", "verify", "plan")
    of_ui = ("one_run", "failures", "details_text", "screens.plan", "screens.transfers")
    later = {
        *(f"preventad_tui.core.{name}" for name in of_core),
        *(f"preventad_tui.ui.{name}" for name in of_ui),
    }
    assert not loaded_by(run_python, code) & later
