"""Every kind of file can be read by others and is the same bytes every time."""

import gzip
import hashlib
import json
from pathlib import Path

import nibabel
import numpy
import pytest

from preventad_tui.demo.archive import Archive, StoredFile
from preventad_tui.demo.bodies import whole
from preventad_tui.demo.edition import Edition
from preventad_tui.demo.study import Image, Session, Study

STUDY = Study.make("small")
ARCHIVE = Archive(STUDY)


def _one_of_each() -> dict[str, tuple[Session, Image]]:
    found: dict[str, tuple[Session, Image]] = {}
    for session in STUDY.sessions:
        for image in session.images:
            found.setdefault(image.kind.scan_type, (session, image))
    return found


KINDS = _one_of_each()


def _checked(stored: StoredFile) -> bytes:
    data = whole(stored.body)
    assert len(data) == stored.body.size
    assert whole(stored.body) == data
    return data


@pytest.mark.parametrize("scan_type", sorted(KINDS))
def test_nibabel_opens_every_kind(scan_type: str, tmp_path: Path) -> None:
    session, image = KINDS[scan_type]
    minc = _checked(ARCHIVE.minc(image))
    if image.kind.is_text:
        assert 35_000 < len(minc) < 95_000
        assert minc.endswith(b"\n")
        return
    path = tmp_path / image.minc_name
    path.write_bytes(minc)
    opened = nibabel.load(path)
    x, y, z, volumes = image.shape
    turned = (volumes, z, y, x) if volumes > 1 else (z, y, x)
    assert opened.shape == turned
    wanted = nibabel.Minc2Image if scan_type == "FLAIR-defaced" else nibabel.Minc1Image
    assert type(opened) is wanted
    voxels = numpy.asanyarray(opened.dataobj)
    assert voxels.min() >= 0
    assert voxels.std() > 100
    if not image.bids_stem:
        return
    path = tmp_path / "image.nii.gz"
    path.write_bytes(_checked(ARCHIVE.bids(session, image, image.bids_names[0])))
    opened = nibabel.load(path)
    assert opened.shape == (image.shape if volumes > 1 else image.shape[:3])
    assert numpy.asanyarray(opened.dataobj).std() > 100
    for name in image.bids_names[1:]:
        side = _checked(ARCHIVE.bids(session, image, name))
        if name.endswith(".json"):
            assert json.loads(side)["EchoTime" if "MP2RAGE" not in scan_type else "Modality"]


def test_gradients_fit_the_volumes() -> None:
    session, image = KINDS["dwi65"]
    value, vector = (
        whole(ARCHIVE.bids(session, image, image.bids_stem + end).body).decode()
        for end in (".bval", ".bvec")
    )
    assert len(value.split()) == image.shape[3] == 65
    rows = numpy.array([[float(word) for word in line.split()] for line in vector.splitlines()])
    assert rows.shape == (3, 65)
    assert numpy.allclose(numpy.linalg.norm(rows[:, 1:], axis=0), 1, atol=1e-5)


def test_bytes_are_pinned() -> None:
    """A demo folder of an older version stays valid: its bytes may not change unnoticed."""
    session, image = KINDS["t1w-defaced"]
    both = [ARCHIVE.bids(session, image, image.bids_names[0]), ARCHIVE.minc(image)]
    digests = [hashlib.md5(whole(one.body)).hexdigest() for one in both]
    assert digests == ["7a3e966857ca366a22a8ae4fa46854aa", "57543f1c3efd9041c16e24948fe69a5a"]


def test_large_bodies_come_in_pieces() -> None:
    session, image = KINDS["t1w-defaced"]
    large = Archive(STUDY, 20.0)
    for stored in (large.bids(session, image, image.bids_names[0]), large.minc(image)):
        pieces = [len(piece) for piece in stored.body.chunks()]
        assert sum(pieces) == stored.body.size > 8e6
        assert max(pieces) < 2.2e6
    assert gzip.decompress(whole(large.bids(session, image, image.bids_names[0]).body))


@pytest.mark.parametrize("scan_type", ["t1w-defaced", "bold", "dwi65", "fieldmap-phasediff"])
def test_editions(scan_type: str) -> None:
    session, image = KINDS[scan_type]
    for name in image.bids_names:
        first, other, longer, touched = (
            ARCHIVE.bids(session, image, name, edition)
            for edition in (Edition(), Edition(1), Edition(1, larger=1), Edition(touched=1))
        )
        assert whole(first.body) != whole(other.body)
        assert first.body.size == other.body.size
        assert whole(touched.body) == whole(first.body)
        if name.endswith((".nii.gz", ".json")):
            assert longer.body.size > first.body.size
        for tag in ("tag_a", "tag_b"):
            tags = {getattr(one, tag) for one in (first, other, touched)}
            assert len(tags) == 3
