"""Where the files of a selection lie."""

from collections.abc import Callable

import pytest

from preventad_tui.core.layout import files_of_images, image_files
from preventad_tui.core.listing_minc import minc_image
from preventad_tui.core.model import Catalogue, DataType, FileKind, FileRole, Image, PlannedFile


def by_path(catalogue: Catalogue, *indices: int) -> dict[str, PlannedFile]:
    files = list(files_of_images(catalogue, indices))
    assert len({file.path for file in files}) == len(files)
    return {file.path: file for file in files}


def test_nothing_selected_means_no_file(small_catalogue: Catalogue) -> None:
    assert by_path(small_catalogue) == {}


def test_a_bids_image_brings_study_files_scans_and_side_files(small_catalogue: Catalogue) -> None:
    index = next(i for i, one in enumerate(small_catalogue.images) if one.modality == "dwi65")
    image = small_catalogue.images[index]
    assert (image.candidate, image.visit) == ("1024138", "PREFU12")
    files = by_path(small_catalogue, index, index)
    session = "sub-1024138/ses-PREFU12"
    assert list(files) == [
        "README",
        "dataset_description.json",
        f"{session}/sub-1024138_ses-PREFU12_scans.tsv",
        f"{session}/sub-1024138_ses-PREFU12_scans.json",
        *(f"{session}/dwi/{image.name}{end}" for end in (".nii.gz", ".json", ".bval", ".bvec")),
    ]
    assert [file.role for file in files.values()] == [
        *[FileRole.STUDY] * 2,
        *[FileRole.SCANS] * 2,
        FileRole.IMAGE,
        *[FileRole.SIDE] * 3,
    ]
    nifti = files[f"{session}/dwi/{image.name}.nii.gz"]
    assert (nifti.kind, nifti.link) == (FileKind.NIFTI, image.links[0])
    assert (nifti.candidate, nifti.visit, nifti.modality) == ("1024138", "PREFU12", "dwi65")
    assert files[f"{session}/dwi/{image.name}.bval"].kind is FileKind.BVAL
    assert tuple(files.values())[4:] == image_files(image, DataType.BIDS)


def test_scans_and_study_files_come_once(small_catalogue: Catalogue) -> None:
    everything = range(len(small_catalogue.images))
    files = by_path(small_catalogue, *everything)
    roles = [file.role for file in files.values()]
    assert roles.count(FileRole.STUDY) == 2
    assert roles.count(FileRole.SCANS) == 2 * 5
    assert roles.count(FileRole.IMAGE) == len(everything)


@pytest.fixture
def minc_catalogue(make_catalogue: Callable[..., Catalogue]) -> Catalogue:
    names = [
        ("1024138", "PREBL00", "t1w_001_t1w-defaced_001.mnc", "t1w-defaced"),
        ("1024138", "PREBL00", "task-encoding-bold_001.mnc", "task-encoding-bold"),
        ("1024138", "PREBL00", "task-encoding-bold_002.mnc", "task-encoding-bold"),
        ("1024138", "PREBL00", "task-encoding-events_001.txt", "task-encoding-events"),
        ("1024138", "PREBL00", "task-retrieval-events_001.txt", "task-retrieval-events"),
        ("1024138", "PREFU12", "task-encoding-events_001.txt", "task-encoding-events"),
        ("1056618", "NAPBL00", "bold_001.mnc", "bold"),
    ]
    images = [
        minc_image(candidate, visit, f"preventad_{candidate}_{visit}_{name}", scan_type)
        for candidate, visit, name, scan_type in names
    ]
    return make_catalogue(images, DataType.MINC)


def find(catalogue: Catalogue, ending: str, visit: str = "") -> int:
    return next(
        index
        for index, image in enumerate(catalogue.images)
        if image.name.endswith(ending) and visit in image.visit
    )


def test_a_minc_image_brings_candidate_session_and_qc(minc_catalogue: Catalogue) -> None:
    index = find(minc_catalogue, "_bold_001.mnc", "NAPBL00")
    image: Image = minc_catalogue.images[index]
    files = by_path(minc_catalogue, index)
    folder = "1056618/NAPBL00"
    assert list(files) == [
        "1056618/candidate.json",
        f"{folder}/session.json",
        f"{folder}/{image.name}",
        f"{folder}/{image.name}.qc.json",
    ]
    candidate, session, scan, qc = files.values()
    assert candidate.content == b'{"CandID":"1056618"}\n'
    assert candidate.role is FileRole.CANDIDATE
    assert (session.link, session.extract) == ("/candidates/1056618/NAPBL00", "Meta")
    assert (scan.kind, scan.role) == (FileKind.MINC, FileRole.IMAGE)
    assert (qc.link, qc.kind, qc.role) == (f"{scan.link}/qc", FileKind.JSON, FileRole.SIDE)
    assert (scan, qc) == image_files(image, DataType.MINC)


def test_the_stimulus_log_follows_its_task_image(minc_catalogue: Catalogue) -> None:
    files = by_path(minc_catalogue, find(minc_catalogue, "task-encoding-bold_001.mnc"))
    log = "1024138/PREBL00/preventad_1024138_PREBL00_task-encoding-events_001.txt"
    assert len(files) == 6
    assert (files[log].role, files[log].kind) == (FileRole.SIDE, FileKind.EVENTS)
    assert f"{log}.qc.json" in files


def test_a_task_image_without_a_log_and_other_images_bring_none(
    minc_catalogue: Catalogue,
) -> None:
    for ending in ("task-encoding-bold_002.mnc", "t1w-defaced_001.mnc"):
        files = by_path(minc_catalogue, find(minc_catalogue, ending))
        assert not any("events" in path for path in files)


def test_a_log_selected_by_itself_comes_alone_and_as_an_image(minc_catalogue: Catalogue) -> None:
    index = find(minc_catalogue, "task-encoding-events_001.txt", "PREBL00")
    files = by_path(minc_catalogue, index)
    assert [file.role for file in files.values()][2:] == [FileRole.IMAGE, FileRole.SIDE]
    both = by_path(minc_catalogue, index, find(minc_catalogue, "task-encoding-bold_001.mnc"))
    assert both[next(path for path in files if path.endswith(".txt"))].role is FileRole.IMAGE


def test_a_candidate_without_an_entry_has_no_candidate_file(minc_catalogue: Catalogue) -> None:
    import dataclasses

    without = dataclasses.replace(minc_catalogue, candidates=())
    assert "1056618/candidate.json" not in by_path(without, find(without, "bold_001.mnc", "NAPBL"))
