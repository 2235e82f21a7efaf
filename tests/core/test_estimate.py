"""Expected sizes: published medians on the study's servers, learnt ones elsewhere."""

import pytest

from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.model import FileKind, FileRole, PlannedFile


def file_of(scan_type: str, kind: FileKind = FileKind.NIFTI) -> PlannedFile:
    role = FileRole.IMAGE if kind in (FileKind.NIFTI, FileKind.MINC) else FileRole.SIDE
    return PlannedFile("a", "/candidates/a", kind, role, "c", "v", "m", scan_type)


@pytest.mark.parametrize(
    ("scan_type", "kind", "size"),
    [
        ("t1w-defaced", FileKind.NIFTI, 14940725),
        ("echo12-phase-qT2star", FileKind.NIFTI, 11358274),
        ("inv1-MP2RAGE-defaced", FileKind.NIFTI, 12912757),
        ("t1w-defaced", FileKind.MINC, 13560658),
        ("t1w-defaced", FileKind.JSON, 1500),
        ("dwi65", FileKind.BVEC, 2000),
        ("brand-new", FileKind.NIFTI, None),
    ],
)
def test_published_medians(scan_type: str, kind: FileKind, size: int | None) -> None:
    book = SizeBook(known=True)
    book.learn(file_of(scan_type, kind), 1)
    assert book.estimate(file_of(scan_type, kind)) == size


def test_other_servers_are_learnt() -> None:
    book = SizeBook(known=False)
    assert book.estimate(file_of("echo1-phase-qT2star")) is None
    for number, size in enumerate((10, 30, 20), start=1):
        book.learn(file_of(f"echo{number}-phase-qT2star"), size)
    assert book.estimate(file_of("echo9-phase-qT2star")) == 20
    book.learn(file_of("echo1-phase-qT2star"), 5)
    book.learn(file_of("echo1-phase-qT2star"), 5)
    assert book.estimate(file_of("echo9-phase-qT2star")) == 10
    assert book.estimate(file_of("echo9-phase-qT2star", FileKind.JSON)) is None


def test_empty_images_are_suspicious_on_the_study_servers_only() -> None:
    known, other = (SizeBook(known=flag) for flag in (True, False))
    bold = file_of("bold")
    assert known.is_suspicious(bold, 14_463_136)
    assert not known.is_suspicious(bold, 14_463_138)
    assert not other.is_suspicious(bold, 1)
    assert not known.is_suspicious(file_of("bold", FileKind.JSON), 1)
    assert not known.is_suspicious(file_of("brand-new"), 1)
