"""The synthetic study has the public totals and the pattern of the open dataset."""

from collections import Counter

import pytest

from preventad_tui.demo.archive import Archive
from preventad_tui.demo.study import Study

SESSIONS = {
    "NAPBL00": 141, "NAPEN00": 142, "NAPFU03": 125, "NAPFU12": 123, "NAPFU24": 119,
    "NAPFU36": 94, "NAPFU48": 51, "PREBL00": 166, "PREEN00": 166, "PREFU12": 113,
    "PREFU24": 66, "PREFU36": 43, "PREFU48": 26,
}  # fmt: skip
IMAGES = {
    "FLAIR-defaced": 707, "T1map-MP2RAGE-defaced": 43, "T2star-defaced": 1086, "asl": 998,
    "bold": 2131, "dwi65": 693, "echo1-pcasl": 5, "echo9-phase-qT2star": 47,
    "fieldmap-magnitude-defaced": 8794, "fieldmap-phasediff": 4397, "inv1-MP2RAGE-defaced": 43,
    "t1w-defaced": 1695, "t2w-defaced": 49, "task-encoding-bold": 870,
    "task-encoding-events": 870, "task-retrieval-bold": 869, "task-retrieval-events": 869,
    "uni-MP2RAGE-defaced": 43, "uni-denoised-MP2RAGE-defaced": 43,
}  # fmt: skip


@pytest.fixture(scope="module")
def full() -> Study:
    return Study.make("full")


@pytest.fixture(scope="module")
def small() -> Study:
    return Study.make("small")


def _arms(study: Study) -> int:
    return sum(len({visit[:3] for visit in one.by_visit}) == 2 for one in study.candidates)


def test_full_has_the_public_totals(full: Study) -> None:
    images = list(full.images)
    assert len(full.candidates) == len(full.by_id) == 308
    assert Counter(session.visit for session in full.sessions) == SESSIONS
    assert sum(1 for image in images if image.bids_stem) == 23_589
    assert len(images) == 25_381
    assert _arms(full) == 12
    kinds = Counter(image.kind.scan_type for image in images)
    assert {name: kinds[name] for name in IMAGES} == IMAGES
    assert len({name for image in images for name in image.bids_names}) == 47_178 + 2 * 693 + 1_739


@pytest.mark.parametrize("size", ["small", "full"])
def test_modalities_meet_as_in_the_real_study(size: str) -> None:
    study = Study.make(size)
    for session in study.sessions:
        kinds = {image.kind.scan_type for image in session.images}
        stage = session.visit[3:5]
        assert not ({"t1w-defaced", "bold", "dwi65"} <= kinds and stage in ("BL", "EN"))
        assert not ("dwi65" in kinds and stage == "BL")
        assert not ("bold" in kinds and stage == "EN")
    together = {
        session.visit[3:]
        for session in study.sessions
        if {"t1w-defaced", "bold", "dwi65"} <= {image.kind.scan_type for image in session.images}
    }
    assert together == {"FU24", "FU36", "FU48"}


def test_small_shows_everything(small: Study, full: Study) -> None:
    assert len(small.candidates) == 12
    assert {one.arm for one in small.candidates} == {"NAP", "PRE"}
    assert _arms(small) == 2
    assert {image.kind for image in small.images} == {image.kind for image in full.images}
    for session in small.sessions:
        if session.visit == "PREEN00":
            kinds = {image.kind.scan_type for image in session.images}
            assert {"t1w-defaced", "dwi65"} <= kinds


def test_small_download_is_below_100_mb(small: Study) -> None:
    archive = Archive(small)
    size = sum(
        archive.bids(session, image, name).body.size
        for session in small.sessions
        for image in session.bids_images
        for name in image.bids_names
    )
    assert 50e6 < size < 100e6


def test_names_follow_the_published_pattern(small: Study) -> None:
    names = {(image.kind.scan_type, image.number): image for image in small.images}
    image = names["t1w-defaced", 1]
    assert image.minc_name == (
        f"preventad_{image.candidate}_{image.visit}_t1w_001_t1w-defaced_001.mnc"
    )
    assert names["dwi65", 1].minc_name.endswith("_dwi65_001.mnc")
    assert names["task-encoding-events", 1].minc_name.endswith("_task-encoding-events_001.txt")
    ends = {
        key: image.bids_stem.split("_", 2)[2]
        for key, image in names.items()
        if image.bids_stem and key[1] == 1 and "magnitude-def" not in key[0]
    }
    assert ends["echo9-phase-qT2star", 1] == "echo-9_part-phase_run-001_T2star"
    assert ends["inv1-MP2RAGE-defaced", 1] == "inv-1_part-mag_run-001_MP2RAGE"
    assert ends["uni-denoised-MP2RAGE-defaced", 1] == "run-001_UNIT1"
    assert ends["bold", 1] == "task-rest_run-001_bold"
    retrieval = names["task-retrieval-bold", 1].bids_names[2]
    assert retrieval.endswith("_task-retrieval_run-001_bold_events.txt")


def test_a_few_fieldmap_pairs_are_numbered_the_wrong_way_round(small: Study) -> None:
    magnitudes = [image for image in small.images if image.kind.per_run == 2]
    swapped = [one for one in magnitudes if int(one.bids_stem[-1]) != (one.number - 1) % 2 + 1]
    assert 2 <= len(swapped) <= len(magnitudes) // 10
    assert len({image.bids_stem for image in magnitudes}) == len(magnitudes)
    archive = Archive(small)
    for image in magnitudes[:40] + swapped:
        session = small.session(image.candidate, image.visit)
        assert session is not None
        sidecar = b"".join(archive.bids(session, image, image.bids_stem + ".json").body.chunks())
        echo = b"0.00492" if image.bids_stem.endswith("1") else b"0.00738"
        assert b'"EchoTime": ' + echo in sidecar


def test_the_same_study_every_time_and_restricted_ones_are_parts_of_it(small: Study) -> None:
    assert Study.make("small").candidates == small.candidates
    three = small.restricted(3)
    assert len(three.candidates) == 3
    assert set(three.images) < set(small.images)
    assert {visit[:3] for one in three.candidates for visit in one.by_visit} == {"NAP", "PRE"}


def test_unknown_size() -> None:
    with pytest.raises(ValueError, match="use one of full, small"):
        Study.make("huge")
