"""Coverage: sessions that have a modality, by visit and by candidate."""

import pytest

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.coverage import (
    Measure,
    coverage_by_candidate,
    coverage_by_visit,
    has_all,
    measured,
)
from preventad_tui.core.design import DesignTable
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.facts import read_facts
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.layout import image_files
from preventad_tui.core.model import Catalogue
from preventad_tui.core.query import read_query
from preventad_tui.core.regions import Region
from preventad_tui.core.selection import Selection
from preventad_tui.core.states import FileState


@pytest.fixture(scope="module")
def index(small_catalogue: Catalogue) -> CatalogueIndex:
    return CatalogueIndex(small_catalogue)


def test_sessions_are_counted_once(index: CatalogueIndex) -> None:
    everything = measured(index.regions, Measure.SERVER, Selection(index), None)
    table = coverage_by_visit(index.regions, everything)
    assert table.rows == ("NAPBL00", "NAPEN00", "PREBL00", "PREFU12")
    row = dict(zip(table.columns, table.cells[2], strict=True))
    assert (row["bold"], row["T2star"], row["dwi65"]) == (1, 1, 0)  # two bold images, one session
    assert (table.row_sessions, table.candidates) == ((1, 1, 1, 2), 3)
    people = coverage_by_candidate(index.regions, everything)
    assert dict(zip(people.columns, people.cells[0], strict=True))["bold"] == 2
    assert people.row_sessions == (2, 2, 1)


def test_only_candidates_that_the_filter_shows(index: CatalogueIndex) -> None:
    everything = b"\1" * len(index.images)
    shown = read_query("T2star", index).matches
    table = coverage_by_visit(index.regions, everything, shown)
    assert (table.candidates, table.row_sessions) == (1, (0, 0, 1, 1))
    assert coverage_by_candidate(index.regions, everything, shown).rows == ("1024138",)


def test_selected_and_on_disk(index: CatalogueIndex) -> None:
    selection = Selection(index)
    selection.tick(Region("1024138", "PREFU12", "bold"), True)
    book = SizeBook(known=True)
    facts = read_facts(index, FolderView(), book)
    image = next(at for at, one in enumerate(index.images) if one.modality == "FLAIR")
    files = image_files(index.images[image], index.catalogue.type)
    on_disk = []
    for file in files:
        facts.set_state(file.path, FileState.VERIFIED, 1)
        on_disk.append(measured(index.regions, Measure.ON_DISK, selection, facts).count(1))
    assert on_disk == [0, 1]  # an image counts when all its files are there
    chosen = measured(index.regions, Measure.SELECTED, selection, facts)
    assert sum(map(sum, coverage_by_visit(index.regions, chosen).cells)) == 1
    assert not measured(index.regions, Measure.ON_DISK, selection, None).count(1)
    assert [Measure.SERVER.next, Measure.ON_DISK.next] == [Measure.SELECTED, Measure.SERVER]


def test_has_all_of_the_real_study(study_shape: Catalogue) -> None:
    index = CatalogueIndex(study_shape)
    counts = has_all(DesignTable(index.regions), ("t1w", "bold", "dwi65"))
    assert (counts.sessions, counts.time_points) == (388, 690)
    assert (counts.candidates_with_follow_up, counts.candidates_with_follow_up_by_visits) == (
        184,
        0,
    )
    table = coverage_by_visit(index.regions, b"\1" * len(index.images))
    assert dict(zip(table.columns, table.cells[0], strict=True))["t1w"] == 141
