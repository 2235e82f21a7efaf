"""Whose a file is, told from its ledger line alone."""

import pytest

from preventad_tui.core.holdings import FilePlace, holdings, place_of
from preventad_tui.core.ledger_line import LedgerLine
from preventad_tui.core.states import FileState

STEM = "preventad_1234567_PREEN00"


def line(path: str, link: str, state: FileState = FileState.ON_DISK, size: int = 10) -> LedgerLine:
    return LedgerLine(path, link, "demo", size, 1, "", "", state, "", 1, "", "", "0")


@pytest.mark.parametrize(
    ("link", "place"),
    [
        (
            f"/candidates/1234567/PREEN00/images/{STEM}_dwi65_001.mnc/bids/x_dwi.bvec",
            FilePlace("1234567", "PREEN00", "dwi65"),
        ),
        (
            f"/candidates/1234567/PREEN00/images/{STEM}_echo9-phase-qT2star_001.mnc/bids/x.json",
            FilePlace("1234567", "PREEN00", "qT2star"),
        ),
        (
            f"/candidates/1234567/PREEN00/images/{STEM}_t1w_001_t1w-defaced_001.mnc",
            FilePlace("1234567", "PREEN00", "t1w"),
        ),
        (
            f"/candidates/1234567/PREEN00/images/{STEM}_t1w_001_t1w-defaced_001.mnc/qc",
            FilePlace("1234567", "PREEN00", "t1w"),
        ),
        ("/candidates/1234567/PREEN00/bidsfiles/x_scans.tsv", FilePlace("1234567", "PREEN00")),
        ("/candidates/1234567/PREEN00", FilePlace("1234567", "PREEN00")),
        ("/projects/loris/bids/README", FilePlace()),
    ],
)
def test_the_link_tells_the_place(link: str, place: FilePlace) -> None:
    assert place_of(line("x", link)) == place


def test_a_candidates_own_file_has_no_link_but_a_path() -> None:
    assert place_of(line("1234567/candidate.json", "")) == FilePlace("1234567")


def test_counts_tell_missing_from_failed_and_gone() -> None:
    def image(number: int) -> str:
        return f"/candidates/1/V/images/p_1_V_bold_{number:03}.mnc"

    good = {path: line(path, image(n)) for n, path in enumerate(("a", "b"))}
    verified = line("c", image(3), FileState.VERIFIED)
    ends = [
        *good.values(),
        line("d", image(4), FileState.GONE),
        line("e", image(5), FileState.FAILED),
        line("f", image(6), FileState.FORBIDDEN),
    ]
    (one,) = holdings(good | {"c": verified}, ends, ["a", "c"])
    assert (one.candidate, one.modality) == ("1", "bold")
    assert (one.on_disk, one.verified, one.missing, one.gone, one.failed) == (1, 1, 1, 1, 2)
    assert one.size_bytes == 20
