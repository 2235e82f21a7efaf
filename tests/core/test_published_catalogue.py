"""A published name leads back to its MINC image, and a clone to a catalogue."""

import copy
import random
from pathlib import Path

import pytest

from preventad_tui.core.bids_names import bids_name
from preventad_tui.core.errors import UsageError
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.layout import files_of_images
from preventad_tui.core.published_catalogue import published_catalogue, read_clone, sizes_of
from preventad_tui.core.published_names import minc_name

SCAN_TYPES = (
    "t1w-defaced",
    "t2w-defaced",
    "FLAIR-defaced",
    "T2star-defaced",
    "echo11-magnitude-qT2star-defaced",
    "echo3-phase-qT2star",
    "inv2-MP2RAGE-defaced",
    "uni-denoised-MP2RAGE-defaced",
    "T1map-MP2RAGE-defaced",
    "asl",
    "dwi65",
    "bold",
    "task-encoding-bold",
    "task-retrieval-bold",
    "fieldmap-magnitude-defaced",
    "fieldmap-phasediff",
)


@pytest.mark.parametrize("scan_type", SCAN_TYPES)
def test_a_name_there_and_back(scan_type: str) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for _ in range(50):
        candidate, visit = str(dice.randrange(10**6, 10**7)), dice.choice(("PREEN00", "NAPFU12"))
        acquisition, number = scan_type.removesuffix("-defaced"), dice.randrange(1, 40)
        tail = f"_{scan_type}_001" if scan_type.endswith("-defaced") else ""
        file = f"preventad_{candidate}_{visit}_{acquisition}_{number:03}{tail}.mnc"
        bids = bids_name(candidate, visit, file, scan_type)
        assert bids is not None
        assert minc_name(candidate, visit, bids.subfolder, bids.stem) == (file, scan_type)


@pytest.mark.parametrize(
    ("subfolder", "stem"),
    [
        ("anat", "sub-1_ses-A_run-001_PDw"),
        ("anat", "sub-1_ses-A_T1w"),
        ("anat", "sub-2_ses-A_run-001_T1w"),
        ("func", "sub-1_ses-A_run-001_T1w"),
        ("anat", "sub-1_ses-A_run-000_T1w"),
        ("fmap", "sub-1_ses-A_run-001_magnitude3"),
    ],
)
def test_other_names_lead_nowhere(subfolder: str, stem: str) -> None:
    assert minc_name("1", "A", subfolder, stem) is None


def clone_of(root: Path, sizes: dict[str, int]) -> Path:
    (root / ".git").mkdir(parents=True)
    (root / ".git/index").write_text("")
    for path, size in sizes.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        key = f"MD5E-s{size}--{'0' * 32}{''.join(file.suffixes)}"
        file.symlink_to(f"../.git/annex/objects/aa/bb/{key}/{key}")
    return root


def test_a_catalogue_with_sizes_that_are_exact(tmp_path: Path) -> None:
    stem = "sub-1000001/ses-PREEN00/dwi/sub-1000001_ses-PREEN00_run-001_dwi"
    sizes = {"participants.tsv": 9, "CHANGES": 5}
    sizes |= {f"{stem}{end}": 10**6 + n for n, end in enumerate((".nii.gz", ".json", ".bvec"))}
    sizes["sub-1000001/ses-PREEN00/sub-1000001_ses-PREEN00_scans.tsv"] = 77
    published = read_clone(clone_of(tmp_path / "clone", sizes))
    catalogue = published_catalogue(published, server="x", project="")
    (image,) = catalogue.images
    assert image.key == "1000001/PREEN00/preventad_1000001_PREEN00_dwi65_001.mnc"
    assert image.modality == "dwi65"
    book = SizeBook(known=True, published=sizes_of(published))
    files = list(files_of_images(catalogue, [0]))
    assert {file.path: book.exact(file) for file in files} == {
        path: size for path, size in sizes.items() if path != "CHANGES"
    }
    other = copy.deepcopy(book)
    assert [other.estimate(file) for file in files] == [book.estimate(file) for file in files]


def test_content_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = clone_of(tmp_path / "clone", {"participants.tsv": 9})
    image = clone / "sub-1/ses-A/anat/sub-1_ses-A_run-001_T1w.nii.gz"
    image.parent.mkdir(parents=True)
    image.write_bytes(b"\0" * 100_000)
    monkeypatch.setattr("hashlib.file_digest", None)
    assert sizes_of(read_clone(clone))["sub-1/ses-A/anat/" + image.name] == 100_000


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sub-1/ses-A").mkdir(parents=True)
    (tmp_path / "sub-1/ses-A/notes.txt").write_text("mine\n")
    with pytest.raises(UsageError, match="has no image of this study"):
        published_catalogue(read_clone(tmp_path), server="x", project="")
