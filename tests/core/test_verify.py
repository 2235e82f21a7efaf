"""Verifying: by the ledger, deep, beside a published list, and the report."""

import gzip
import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nibabel
import numpy
import pytest

from preventad_tui.core.errors import UsageError
from preventad_tui.core.folder import Finished, FolderIdentity, OutputFolder
from preventad_tui.core.invariants import check_invariants
from preventad_tui.core.ledger import LedgerLine
from preventad_tui.core.model import DataType
from preventad_tui.core.published import compare, not_on_disk, read_published
from preventad_tui.core.states import FileState
from preventad_tui.core.verify import Finding, Verdict, VerifyCounts, verify_folder
from preventad_tui.core.verify_report import report_lines, write_report

IDENTITY = FolderIdentity("demo", "loris", DataType.BIDS)
IMAGE = gzip.compress(nibabel.Nifti1Image(numpy.zeros((9, 9, 9), "int16"), None).to_bytes())


def put(folder: OutputFolder, path: str, data: bytes) -> None:
    partial = folder.new_partial(path)
    partial.write(data)
    partial.fsync()
    md5 = hashlib.md5(data).hexdigest()
    state, when = FileState.ON_DISK, "2026-11-22T07:00:00Z"
    line = LedgerLine(path, "/l", "demo", len(data), 0, md5, "", state, "", 1, when, "", "0.1.0")
    assert folder.commit([Finished(partial, line)])[0].error is None


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[OutputFolder]:
    with OutputFolder.open(tmp_path / "out", IDENTITY) as opened:
        for number in range(6):
            put(opened, f"sub-1/anat/{number}.json", b'{"n": %d}' % number)
        put(opened, "sub-1/anat/x.nii.gz", IMAGE)
        yield opened


def verdicts(folder: OutputFolder, **options: bool) -> dict[str, Verdict]:
    return {
        finding.path: finding.verdict
        for finding in verify_folder(folder, **options)
        if finding.verdict is not Verdict.INTACT
    }


def test_a_sound_folder(folder: OutputFolder) -> None:
    counts = VerifyCounts()
    seen = []
    findings = list(
        verify_folder(
            folder, deep=True, counts=counts, on_progress=lambda now: seen.append(now.files_done)
        )
    )
    assert [finding.path for finding in findings] == sorted(folder.ledger.lines)
    assert {finding.verdict for finding in findings} == {Verdict.INTACT}
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    assert (counts.files_total, counts.bytes_done) == (7, counts.bytes_total)
    assert counts.is_all_well


def test_each_kind_of_trouble(folder: OutputFolder) -> None:
    anat = folder.path / "sub-1/anat"
    (anat / "0.json").unlink()
    (anat / "1.json").write_bytes(b'{"n"')
    stamp = (anat / "2.json").stat().st_mtime_ns
    (anat / "2.json").write_bytes(b'{"n": 7}')
    os.utime(anat / "2.json", ns=(stamp, stamp))
    (anat / "3.json").write_bytes(b'{"mine": true}')
    os.utime(anat / "4.json", (1, 1))
    (anat / "5.json").unlink()
    (anat / "5.json").symlink_to("4.json")
    (anat / ".x.nii.gz.etag").write_text("tag")
    (folder.path / "notes.txt").write_text("mine")
    found = {finding.path: finding for finding in verify_folder(folder)}
    assert {path: finding.verdict for path, finding in found.items()} == {
        "sub-1/anat/0.json": Verdict.MISSING,
        "sub-1/anat/1.json": Verdict.DAMAGED,
        "sub-1/anat/2.json": Verdict.DAMAGED,
        "sub-1/anat/3.json": Verdict.CHANGED,
        "sub-1/anat/4.json": Verdict.INTACT,
        "sub-1/anat/5.json": Verdict.MISSING,
        "sub-1/anat/x.nii.gz": Verdict.INTACT,
        "sub-1/anat/.x.nii.gz.etag": Verdict.EXTRA,
        "notes.txt": Verdict.EXTRA,
    }
    assert "can be removed" in found["sub-1/anat/.x.nii.gz.etag"].detail
    assert "link" in found["sub-1/anat/5.json"].detail


def test_deep_finds_what_was_corrupt_at_the_source(folder: OutputFolder) -> None:
    broken = bytearray(IMAGE)
    broken[-6] ^= 1
    put(folder, "sub-1/anat/y.nii.gz", bytes(broken))
    assert verdicts(folder) == {}
    assert verdicts(folder, deep=True) == {"sub-1/anat/y.nii.gz": Verdict.DAMAGED}


def test_it_works_where_only_reading_is_allowed(folder: OutputFolder) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.path.rglob("*")}
    with OutputFolder.open(folder.path, None, read_only=True) as looked:
        assert verdicts(looked, deep=True) == {}
    assert {path: path.stat().st_mtime_ns for path in folder.path.rglob("*")} == before


def test_the_ledger_may_not_lead_out(folder: OutputFolder) -> None:
    good = folder.ledger.lines["sub-1/anat/0.json"]
    folder.record([good._replace(path="../../etc/passwd")])
    assert verdicts(folder) == {"../../etc/passwd": Verdict.MISSING}


def test_invariants_notice(folder: OutputFolder) -> None:
    def look(*, finished: bool) -> str:
        with OutputFolder.open(folder.path, None, read_only=True) as looked:
            return "\n".join(check_invariants(looked, finished=finished))

    assert look(finished=False) == ""
    assert "lock: left behind" in look(finished=True)
    partial = folder.new_partial("a.json")
    assert "1 left after the end" in look(finished=True)
    partial.discard()
    (folder.path / "sub-1/anat/9.json").write_text("{}")
    (folder.path / "sub-1/link").symlink_to("/etc")
    (folder.path / "sub-1/anat/1.json").write_bytes(b"<html>")
    (folder.path / ".preventad-tui/stray").write_text("x")
    breaches = look(finished=False)
    for words in ("9.json: on disk", "link: a symbolic", "1.json: damaged", "stray: not one"):
        assert words in breaches


# Beside a published list


def md5sum_list(folder: OutputFolder, path: Path) -> Path:
    names = sorted(folder.ledger.lines)
    done = subprocess.run(
        ["md5sum", *names], cwd=folder.path, capture_output=True, check=True, text=True
    )
    path.write_text(done.stdout)
    return path


def test_an_md5sum_file(folder: OutputFolder, tmp_path: Path) -> None:
    published = read_published(md5sum_list(folder, tmp_path / "list.md5"))
    (folder.path / "sub-1/anat/2.json").write_bytes(b"{}")
    found = [compare(finding, published) for finding in verify_folder(folder)]
    assert {one.verdict for one in found} == {Verdict.INTACT, Verdict.DIFFERS}
    assert [one.path for one in found if one.verdict is Verdict.DIFFERS] == ["sub-1/anat/2.json"]
    assert list(not_on_disk(published, {one.path for one in found})) == []


def test_escaped_and_binary_lines(tmp_path: Path) -> None:
    md5 = "0123456789abcdef0123456789ABCDEF"
    (tmp_path / "list").write_bytes(
        f"{md5} *./a.json\n\\{md5}  b\\nc\\\\d\n# comment\n{md5[:31]}  short\n".encode()
    )
    published = read_published(tmp_path / "list")
    assert set(published.files) == {"a.json", "b\nc\\d"}
    assert {file.md5 for file in published.files.values()} == {md5.lower()}


def test_a_clone_of_the_dataset(folder: OutputFolder, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    (clone / "sub-1/anat").mkdir(parents=True)
    (clone / ".git/annex").mkdir(parents=True)
    (clone / ".git/config").write_text("[core]")
    (clone / ".gitattributes").write_text("* annex.backend=MD5E")
    for path, line in folder.ledger.lines.items():
        key = f"MD5E-s{line.size_bytes}--{line.md5}.nii.gz"
        if path.endswith("0.json"):
            (clone / path).write_bytes((folder.path / path).read_bytes())
        elif path.endswith("1.json"):
            (clone / path).write_text(f"/annex/objects/{key}\n")
        elif path.endswith("2.json"):
            other = key.replace(line.md5, "f" * 32)
            (clone / path).symlink_to(f"../../.git/annex/objects/aa/bb/{other}/{other}")
        elif not path.endswith("3.json"):
            (clone / path).symlink_to(f"../../.git/annex/objects/aa/bb/{key}/{key}")
    key = f"MD5E-s5--{'e' * 32}.nii.gz"
    (clone / "sub-2.nii.gz").symlink_to(f".git/annex/objects/aa/bb/{key}/{key}")
    published = read_published(clone)
    assert len(published.files) == 7
    findings = list(verify_folder(folder))
    found = [compare(finding, published) for finding in findings]
    found += not_on_disk(published, {finding.path for finding in findings})
    odd = {one.path: one.verdict for one in found if one.verdict is not Verdict.INTACT}
    assert odd == {
        "sub-1/anat/2.json": Verdict.DIFFERS,
        "sub-1/anat/3.json": Verdict.EXTRA,
        "sub-2.nii.gz": Verdict.MISSING,
    }
    report = tmp_path / "report.tsv"
    write_report(report, report_lines(findings, found, published))
    lines = report.read_text().splitlines()
    head = [line for line in lines if line.startswith("#")]
    assert "by the list: 1 differs, 1 extra, 5 intact, 1 missing" in "\n".join(head)
    assert published.digest in "\n".join(head)
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert {len(row) for row in rows} == {7}
    assert len(rows) == 1 + 8


def test_both_forms_of_one_list_have_one_digest(folder: OutputFolder, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    for path in folder.ledger.lines:
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        (clone / path).write_bytes((folder.path / path).read_bytes())
    by_file = read_published(md5sum_list(folder, tmp_path / "list"))
    assert by_file.digest == read_published(clone).digest


def test_what_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("nothing\n")
    for path in (tmp_path / "no", tmp_path / "empty"):
        with pytest.raises(UsageError):
            read_published(path)


def test_an_annexed_file_is_verified_by_its_content(folder: OutputFolder) -> None:
    path = folder.path / "sub-1/anat/x.nii.gz"
    key = f"MD5E-s{len(IMAGE)}--{hashlib.md5(IMAGE).hexdigest()}.nii.gz"
    store = folder.path / ".git/annex/objects/aa/bb" / key
    store.mkdir(parents=True)
    path.rename(store / key)
    path.symlink_to(f"../../.git/annex/objects/aa/bb/{key}/{key}")
    assert verdicts(folder, deep=True) == {}
    (store / key).write_bytes(IMAGE[:-1] + b"x")
    assert verdicts(folder) == {"sub-1/anat/x.nii.gz": Verdict.CHANGED}
    (store / key).unlink()
    found: list[Finding] = [one for one in verify_folder(folder) if one.path.endswith("x.nii.gz")]
    assert found[0].verdict is Verdict.INTACT
    assert "elsewhere" in found[0].detail
