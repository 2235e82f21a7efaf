"""Study design: time points by hand, and the published figures of the real study."""

from typing import Any

import pytest

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.design import (
    Design,
    TimePoints,
    apply_design,
    design_mask,
    design_population,
)
from preventad_tui.core.filters import Filters
from preventad_tui.core.model import Catalogue
from preventad_tui.core.regions import RegionMap
from preventad_tui.core.rules import Rules
from preventad_tui.core.selection import Selection

ALL_THREE = ("t1w", "bold", "dwi65")


@pytest.fixture(scope="module")
def catalogue(make_image: Any, make_catalogue: Any) -> Catalogue:
    sessions = {
        # baseline split over BL and EN, follow-up whole: all three at both
        ("1", "NAPBL00"): "t1w bold",
        ("1", "NAPEN00"): "t1w dwi65",
        ("1", "NAPFU24"): "t1w bold dwi65 FLAIR",
        # the baseline in one arm, the follow-up in the other
        ("2", "NAPBL00"): "t1w bold",
        ("2", "NAPEN00"): "dwi65",
        ("2", "PREFU24"): "t1w bold dwi65",
        # BL and EN of different arms are not one time point
        ("3", "NAPBL00"): "t1w bold",
        ("3", "PREEN00"): "dwi65",
        ("3", "PREFU12"): "t1w bold dwi65",
        ("4", "PREBL00"): "t1w",
    }
    return make_catalogue(  # type: ignore[no-any-return]
        make_image(candidate, visit, scan)
        for (candidate, visit), scans in sessions.items()
        for scan in scans.split()
    )


def candidates(catalogue: Catalogue, design: Design) -> tuple[str, ...]:
    return apply_design(RegionMap(catalogue), design).candidates


def test_baseline_and_enrolment_of_one_arm_are_one_time_point(catalogue: Catalogue) -> None:
    assert candidates(catalogue, Design(ALL_THREE)) == ("1", "2", "3")
    both = Design(ALL_THREE, baseline_and_follow_up=True)
    assert candidates(catalogue, both) == ("1", "2")
    same = Design(ALL_THREE, baseline_and_follow_up=True, same_arm=True)
    assert candidates(catalogue, same) == ("1",)
    by_visits = Design(ALL_THREE, TimePoints.VISITS, baseline_and_follow_up=True)
    assert candidates(catalogue, by_visits) == ()
    assert candidates(catalogue, Design(ALL_THREE, min_timepoints=2)) == ("1", "2")
    assert candidates(catalogue, Design(arm="pre")) == ("2", "3", "4")


def test_the_counts_fall_step_by_step(catalogue: Catalogue) -> None:
    result = apply_design(
        RegionMap(catalogue), Design(ALL_THREE, min_timepoints=2, baseline_and_follow_up=True)
    )
    assert [(step.candidates, step.time_points, step.sessions) for step in result.steps] == [
        (4, 8, 10),
        (3, 5, 7),
        (2, 4, 6),
        (2, 4, 6),
    ]
    assert result.sessions[:3] == (("1", "NAPBL00"), ("1", "NAPEN00"), ("1", "NAPFU24"))


def test_a_design_selects_its_modalities_at_its_time_points(catalogue: Catalogue) -> None:
    index = CatalogueIndex(catalogue)
    design = Design(ALL_THREE, baseline_and_follow_up=True, same_arm=True)
    selection = Selection(index, Rules(design=design))
    assert selection.count == 7
    chosen = [image for image, on in zip(index.images, selection.selected, strict=True) if on]
    assert {image.candidate for image in chosen} == {"1"}
    assert "FLAIR" not in {image.modality for image in chosen}
    flair = Selection(index, Rules(design=design, filters=Filters(modalities=("FLAIR",))))
    assert flair.count == 1
    assert design_mask(index.regions, Design()).count(1) == index.regions.count


def test_filters_narrow_first_so_that_the_design_holds_within(catalogue: Catalogue) -> None:
    index = CatalogueIndex(catalogue)
    design = Design(ALL_THREE, min_timepoints=2)

    def people(filters: Filters) -> set[str]:
        chosen = Selection(index, Rules(design=design, filters=filters)).selected
        return {image.candidate for image, on in zip(index.images, chosen, strict=True) if on}

    assert people(Filters()) == {"1", "2"}
    assert people(Filters(visits=("NAPBL00", "NAPEN00", "NAPFU24"))) == {"1"}
    assert people(Filters(visits=("NAPFU24",))) == set()
    everything = Selection(index, Rules(design=design, filters=Filters(all=True)))
    assert everything.count == Selection(index, Rules(design=design)).count + 1  # the FLAIR
    within = design_population(index.regions, Filters(visits=("NAPFU24",)))
    steps = apply_design(index.regions, design, within).steps
    assert steps[0].sentence == "among what the filters leave"
    assert [step.candidates for step in steps] == [1, 1, 0]


def test_the_figures_of_the_real_study(study_shape: Catalogue) -> None:
    regions = RegionMap(study_shape)

    def count(design: Design) -> int:
        return len(apply_design(regions, design).candidates)

    assert count(Design(ALL_THREE, baseline_and_follow_up=True)) == 184
    assert count(Design(ALL_THREE, baseline_and_follow_up=True, same_arm=True)) == 174
    assert count(Design(ALL_THREE, TimePoints.VISITS, baseline_and_follow_up=True)) == 0
    assert count(Design(ALL_THREE, min_timepoints=2)) == 186
    steps = apply_design(regions, Design(ALL_THREE, min_timepoints=2)).steps
    assert [step.candidates for step in steps] == [308, 304, 186]
