"""Inside DataLad: a folder after `git annex add`, with the real git-annex; published lists."""

import json
import shutil
import subprocess
from collections.abc import Callable
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.errors import ExitCode
from preventad_tui.core.states import FileState
from preventad_tui.demo.effects import NewVersion
from preventad_tui.demo.faults import Fault

needs_annex = pytest.mark.skipif(
    shutil.which("git-annex") is None, reason="git-annex is not installed here"
)


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def annexed(folder: Path, *, backend: str = "MD5E") -> None:
    """What `datalad create` and `datalad save` do: every file becomes a link to its key."""
    git(folder, "init", "-q")
    git(folder, "annex", "init", "-q", "here")
    git(folder, "config", "annex.backend", backend)
    git(folder, "annex", "add", "--quiet", ".")
    git(folder, "commit", "-q", "-m", "downloaded")


@pytest.fixture
def site(new_site: Callable[..., Any]) -> Any:
    """A finished download of the T1w images."""
    site = new_site()
    assert site.download(("t1w",)).summary.exit_code is ExitCode.OK
    site.server.forget_requests()
    return site


@needs_annex
def test_a_saved_folder_is_still_on_disk(site: Any) -> None:
    """After `git annex add` and a commit: links, 0 requests, 0 changes; ours is left alone."""
    annexed(site.path)
    files = [path for path in site.path.rglob("sub-*.nii.gz") if ".git" not in path.parts]
    assert files
    assert all(path.is_symlink() for path in files)
    assert ".preventad-tui" not in git(site.path, "ls-files")
    before = git(site.path, "status", "--porcelain")
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK
    assert site.server.requests == []
    assert run.summary.on_disk == len(run.plan.items)
    assert git(site.path, "status", "--porcelain") == before == ""


@needs_annex
def test_new_files_come_beside_links(site: Any) -> None:
    """More of the study into a saved folder: only that is fetched, saved the same way."""
    annexed(site.path)
    run = site.download(("t1w", "FLAIR"))
    assert run.summary.exit_code is ExitCode.OK
    asked = [path for path in site.asked() if path.endswith(".nii.gz")]
    assert asked
    assert all("FLAIR" in path for path in asked)
    git(site.path, "annex", "add", "--quiet", ".")
    git(site.path, "commit", "-q", "-m", "more")
    site.server.forget_requests()
    assert site.download(("t1w", "FLAIR")).summary.exit_code is ExitCode.OK
    assert site.server.requests == []


@needs_annex
def test_an_update_is_refused_with_the_command_that_unlocks(site: Any) -> None:
    """A link is never replaced: `failed`, and how to unlock it; unlocked, it is updated."""
    annexed(site.path)
    image = next(path for path in site.path.rglob("*_T1w.nii.gz") if ".git" not in path.parts)
    name = image.relative_to(site.path).as_posix()
    site.server.faults.add(Fault(NewVersion(1), path=f"*/{image.name}"))
    target = image.readlink()
    run = site.download(("t1w",), options={"check_updates": True}, check_updates=True)
    end = run.ended()[name]
    assert (end.state, end.reason) == (FileState.FAILED, "occupied")
    assert f"git annex unlock {name}" in end.message
    assert "datalad unlock" in end.message
    assert run.summary.exit_code is ExitCode.SOME_FAILED
    assert run.summary.failed == 1, "what is the same on the server is asked, and not refused"
    assert image.readlink() == target
    assert git(site.path, "status", "--porcelain") == ""

    git(site.path, "annex", "unlock", name)
    again = site.download(("t1w",), options={"check_updates": True}, check_updates=True)
    assert again.summary.exit_code is ExitCode.OK, again.ended()
    assert image.read_bytes() == site.server.body(name)


@needs_annex
def test_dropped_content_and_other_keys(site: Any) -> None:
    """Content dropped from the annex is still known; a key without an MD5 is the user's."""
    annexed(site.path)
    git(site.path, "annex", "drop", "--force", "--quiet", ".")
    assert site.download(("t1w",)).summary.exit_code is ExitCode.OK
    assert site.server.requests == []


@needs_annex
def test_another_backend_is_left_alone(site: Any) -> None:
    """Keys that name no MD5 cannot be compared: kept, `changed`, never replaced."""
    annexed(site.path, backend="SHA256E")
    run = site.start(("t1w",))  # not `download`: links are a breach of the invariants here
    assert run.thread.join(20)
    run.folder.close()
    assert run.summary.exit_code is ExitCode.SOME_FAILED
    assert run.summary.failed + run.summary.changed == len(run.plan.items) - 1
    assert site.server.requests == []
    assert git(site.path, "status", "--porcelain") == ""


@needs_annex
def test_verify_in_a_saved_folder(
    site: Any, run_python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """`verify` reads through the links of git-annex; `status` counts them."""
    annexed(site.path)
    done = run_python("-m", "preventad_tui", "verify", "-o", str(site.path), "--deep", "--json")
    summary = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0, done.stdout
    assert summary["intact"] == summary["files"] > 0
    assert summary["extra"] == 0


def make_clone(site: Any, clone: Path, *, with_annex: bool) -> None:
    """A published dataset: links that name size and MD5, small files in git itself."""
    shutil.copytree(site.path, clone, ignore=shutil.ignore_patterns(".preventad-tui"))
    for path in clone.rglob("*"):
        if path.is_file() and path.suffix in (".gz", ".json") and path.parent != clone:
            data = path.read_bytes()
            key = f"MD5E-s{len(data)}--{md5(data).hexdigest()}{''.join(path.suffixes[-2:])}"
            up = "../" * len(path.relative_to(clone).parts[1:])
            path.unlink()
            path.symlink_to(f"{up}.git/annex/objects/Xx/yY/{key}/{key}")
    if with_annex:
        git(clone, "init", "-q")
        git(clone, "annex", "init", "-q", "clone")
    (clone / ".datalad").mkdir()
    (clone / ".datalad/config").write_text("[datalad]\n")
    (clone / ".gitattributes").write_text("* annex.backend=MD5E\n")


@pytest.mark.parametrize(
    "with_annex", [False, pytest.param(True, marks=needs_annex)], ids=["plain", "annex"]
)
def test_verify_against_a_clone(
    site: Any,
    tmp_path: Path,
    run_python: Callable[..., subprocess.CompletedProcess[str]],
    with_annex: bool,
) -> None:
    """`verify --against CLONE --report FILE`: verified, differs and extra end with 0; missing 3."""
    clone, report = tmp_path / "clone", tmp_path / "report.tsv"
    make_clone(site, clone, with_annex=with_annex)
    command = ("-m", "preventad_tui", "verify", "-o", str(site.path), "--against", str(clone))

    def verify(*more: str) -> tuple[int, dict[str, str], dict[str, Any]]:
        done = run_python(*command, "--json", *more)
        *files, summary = [json.loads(line) for line in done.stdout.splitlines()]
        return done.returncode, {one["path"]: one["state"] for one in files}, summary

    code, odd, summary = verify("--report", str(report))
    assert (code, odd) == (0, {})
    assert summary["published_intact"] == summary["files"]
    rows = [line.split("\t") for line in report.read_text().splitlines() if line[0] != "#"]
    assert {row[4] for row in rows[1:]} == {"intact"}

    images = sorted(clone.rglob("*.nii.gz"))
    other = str(images[0].readlink()).replace("MD5E-s", "MD5E-s1")
    images[0].unlink()
    images[0].symlink_to(other)
    images[1].unlink()
    (clone / "participants.json").write_text("{}\n")
    code, odd, summary = verify("--report", str(report))
    assert code == 0
    assert odd == {
        images[0].relative_to(clone).as_posix(): "differs",
        images[1].relative_to(clone).as_posix(): "extra",
        "participants.json": "differs",
    }
    assert (summary["published_differs"], summary["published_extra"]) == (2, 1)
    head = [line for line in report.read_text().splitlines() if line.startswith("#")]
    assert any("2 differs" in line for line in head)
    repaired = run_python(*command, "--repair")
    assert repaired.returncode == 0, "what only differs is not fetched again"

    extra = clone / "sub-1/ses-1/anat/sub-1_ses-1_T1w.nii.gz"
    extra.parent.mkdir(parents=True)
    extra.symlink_to(other)
    code, odd, _ = verify()
    assert code == 3
    assert odd[extra.relative_to(clone).as_posix()] == "missing"
