"""Folders that were there before: the original script's, a lost ledger's, a newer version's."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.core.errors import ExitCode, StateUnreadable
from preventad_tui.core.states import FileState

META = ".preventad-tui"


def tag_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.etag")


def as_the_script_leaves_it(site: Any) -> dict[str, bytes]:
    """A download as the original script makes one: a tag beside each file, nothing of ours."""
    site.download(("t1w",))
    tags = {line.path: line.etag for line in ledger_of(site)}
    shutil.rmtree(site.path / META)
    for path, tag in tags.items():
        tag_path(site.path / path).write_text(tag)
    site.server.forget_requests()
    return site.files()


def ledger_of(site: Any) -> list[Any]:
    with site.open() as folder:
        return list(folder.ledger.lines.values())


def asked_names(site: Any, status: int | None) -> set[str]:
    return {path.rpartition("/")[2] for path in site.asked(status)}


def test_the_original_scripts_folder(site: Any) -> None:
    """Images by deep check and tag; texts always anew; its tag files left and listed."""
    whole = as_the_script_leaves_it(site)
    images = sorted(path for path in whole if path.endswith(".nii.gz"))
    texts = sorted(path for path in whole if not path.endswith((".nii.gz", ".etag")))
    cut, sound = images[0], set(images[1:])
    # Its known damage: a cut image, an error page as JSON, a cut table, each with a valid tag.
    (site.path / cut).write_bytes(whole[cut][:4000])
    sidecar = next(path for path in texts if path.startswith("sub-") and path.endswith(".json"))
    (site.path / sidecar).write_bytes(b'{"error": "boom"}')
    table = next(path for path in texts if path.endswith("participants.tsv"))
    (site.path / table).write_bytes(whole[table][: len(whole[table]) // 2])
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.OK, run.summary
    tags = sum(path.endswith(".etag") for path in whole)
    assert any(f"{tags} .etag files of the original script" in note for note in run.plan.notes)
    assert {path: data for path, data in site.files().items()} == whole
    assert asked_names(site, 304) == {Path(path).name for path in sound}
    assert asked_names(site, 200) == {Path(path).name for path in (cut, *texts)}
    assert all(tag_path(site.path / path).exists() for path in whole if not path.endswith(".etag"))
    site.server.forget_requests()
    assert site.download(("t1w",)).summary.exit_code is ExitCode.OK
    assert site.asked(None) == []


def test_a_new_version_on_the_server_replaces_the_scripts(site: Any) -> None:
    from preventad_tui.demo.effects import NewVersion
    from preventad_tui.demo.faults import Fault

    whole = as_the_script_leaves_it(site)
    image = sorted(path for path in whole if path.endswith(".nii.gz"))[0]
    site.server.faults.add(Fault(NewVersion(), path=f"*/{Path(image).name}"))
    assert site.download(("t1w",)).summary.exit_code is ExitCode.OK
    assert (site.path / image).read_bytes() == site.server.body(image) != whole[image]


def test_without_a_tag_nothing_that_stands_there_is_replaced(site: Any) -> None:
    """Somebody's own files in the places of planned ones: kept, told, code 3."""
    whole = as_the_script_leaves_it(site)
    for path in site.path.rglob(".*.etag"):
        path.unlink()
    images = sorted(path for path in whole if path.endswith(".nii.gz"))
    (site.path / images[0]).write_bytes(b"not an image")
    (site.path / "README").write_bytes(b"my own notes\n")
    (site.path / "notes.txt").write_bytes(b"elsewhere\n")
    run = site.download(("t1w",))
    assert run.summary.exit_code is ExitCode.SOME_FAILED
    failed = run.ended(FileState.FAILED)
    assert {path: end.reason for path, end in failed.items()} == {
        images[0]: "occupied",
        "README": "occupied",
    }
    assert (site.path / images[0]).read_bytes() == b"not an image"
    assert (site.path / "README").read_bytes() == b"my own notes\n"
    assert (site.path / "notes.txt").read_bytes() == b"elsewhere\n"


def test_a_lost_ledger_is_built_anew_without_an_image(site: Any) -> None:
    assert site.download(("t1w",)).summary.exit_code is ExitCode.OK
    before = {line.path: line.md5 for line in ledger_of(site)}
    shutil.rmtree(site.path / META)
    stamps = {path: (site.path / path).stat().st_mtime_ns for path in before}
    site.server.forget_requests()
    assert site.download(("t1w",)).summary.exit_code is ExitCode.OK
    assert not [path for path in site.asked(None) if path.endswith(".nii.gz")]
    assert {line.path: line.md5 for line in ledger_of(site)} == before
    assert {path: (site.path / path).stat().st_mtime_ns for path in before} == stamps


def test_flipped_ledger_lines_cost_no_image(site: Any, seed: int) -> None:
    import random

    rng = random.Random(seed)
    assert site.download(("t1w",)).summary.exit_code is ExitCode.OK
    for segment in (site.path / META / "ledger").iterdir():
        data = bytearray(segment.read_bytes())
        for _ in range(40):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        segment.write_bytes(data)
    site.server.forget_requests()
    folder = site.open()
    assert folder.ledger.bad_lines
    folder.close()
    run = site.start(("t1w",))
    run.is_alone = False  # the flipped lines stay, and are counted
    assert run.join().summary.exit_code is ExitCode.OK
    assert not [path for path in site.asked(200) if path.endswith(".nii.gz")]
    assert site.differences() == []


@pytest.mark.parametrize("which", ["folder", "ledger"])
def test_a_newer_versions_folder_is_left_alone(site: Any, which: str) -> None:
    site.download(("t1w",))
    meta = site.path / META
    if which == "folder":
        state = json.loads((meta / "folder.json").read_text())
        (meta / "folder.json").write_text(json.dumps({**state, "format": 2}))
    else:
        from preventad_tui.core.ledger_line import encode

        name = next((meta / "ledger").iterdir()).with_name(
            "20300101T000000Z-0123456789abcdef.jsonl"
        )
        name.write_bytes(encode({"format": 2, "columns": ["other"]}))
    (meta / "partial" / f"{'0' * 16}-{'1' * 16}.part").write_bytes(b"of the newer one")
    before = {p: (p.stat().st_mtime_ns, p.is_file() and p.read_bytes()) for p in all_of(site)}
    with pytest.raises(StateUnreadable) as refused:
        site.open()
    assert refused.value.exit_code == 9
    assert {
        p: (p.stat().st_mtime_ns, p.is_file() and p.read_bytes()) for p in all_of(site)
    } == before


def all_of(site: Any) -> list[Path]:
    return [site.path, *sorted(site.path.rglob("*"))]


def test_a_folder_of_format_1_is_read(site: Any) -> None:
    """As version 0.1.0 writes it; later versions must go on reading it."""
    kept = Path(__file__).parent / "formats" / "1"
    shutil.copytree(kept, site.path / META)
    with site.open() as folder:
        line = folder.ledger.lines["README"]
        assert (line.size_bytes, line.md5) == (5, "5d41402abc4b2a76b9719d911017c592")
        assert folder.ledger.ends["participants.tsv"].state is FileState.GONE
        assert folder.ledger.bad_lines == 0


@pytest.mark.parametrize("count", [25, pytest.param(500, marks=pytest.mark.long)])
def test_what_was_removed_is_asked_for_and_nothing_else(
    new_site: Any, seed: int, count: int
) -> None:
    """D18: 500 of nearly 2,000."""
    import random

    site = new_site(candidates=1 if count < 100 else None, body_scale=0.2)
    site.start().join(110)
    paths = [path for path in site.files() if path.startswith("sub-")]
    assert len(paths) >= 3.5 * count
    removed = random.Random(seed).sample(paths, count)
    for path in removed:
        (site.path / path).unlink()
    site.server.forget_requests()
    run = site.download()
    assert run.plan.totals.missing_files == len(removed)
    assert sorted(asked_names(site, None)) == sorted({Path(path).name for path in removed})
    assert site.differences() == []


def test_a_home_folder_stays_as_it_was(site: Any) -> None:
    """S22: files, links and folders of somebody, some under names of ours, are never touched."""
    own = {
        **{name: b"mine\n" for name in (".bashrc", ".ssh/id_ed25519", "notes.txt", "README")},
        **{name: b"{}" for name in ("participants.json", "sub-0000001/ses-X/anat/a.nii.gz")},
        **{f"work/{at}/data.part": bytes([at]) * 100 for at in range(30)},
    }
    for name, data in own.items():
        place = site.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    (site.path / "participants.tsv").symlink_to(".bashrc")
    (site.path / "dataset_description.json").mkdir()
    stamps = {name: (site.path / name).stat() for name in own}
    run = site.download(("t1w",))
    assert {end.reason for end in run.ended(FileState.FAILED).values()} == {"occupied"}
    assert len(run.ended(FileState.FAILED)) == 4
    for name, data in own.items():
        assert (site.path / name).read_bytes() == data
        now, then = (site.path / name).stat(), stamps[name]
        assert (now.st_ino, now.st_mtime_ns, now.st_mode) == (
            *(then.st_ino, then.st_mtime_ns, then.st_mode),
        )
    assert (site.path / "participants.tsv").readlink() == Path(".bashrc")
    assert list((site.path / "dataset_description.json").iterdir()) == []
