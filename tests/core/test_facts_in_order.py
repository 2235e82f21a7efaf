"""News of files taken over one by one, against everything put in order anew."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.facts import ImageFacts, read_facts
from preventad_tui.core.facts_in_order import FactsInOrder
from preventad_tui.core.folder_view import FolderView
from preventad_tui.core.layout import image_files
from preventad_tui.core.model import Catalogue, Image, ReleaseFile
from preventad_tui.core.outline import Order
from preventad_tui.core.states import FileState

SCAN_TYPES = ("t1w-defaced", "bold", "dwi65", "T2star-defaced", "fieldmap-phasediff")


@pytest.fixture
def index(
    make_image: Callable[..., Image], make_catalogue: Callable[..., Catalogue]
) -> CatalogueIndex:
    """Forty candidates, 400 images, three tables."""
    images = [
        make_image(str(1_000_000 + 37 * number), visit, scan_type)
        for number in range(40)
        for visit in ("PREBL00", "PREFU12")
        for scan_type in SCAN_TYPES
    ]
    tables = tuple(
        ReleaseFile("2.0", f"/projects/loris/data_releases/2.0/{name}.csv") for name in "ABC"
    )
    return CatalogueIndex(replace(make_catalogue(images), releases=tables))


def told(known: FactsInOrder) -> tuple[bytes, bytes, bytes, bytes, list[int]]:
    return (
        bytes(known.states),
        bytes(known.shown_states),
        bytes(known.estimated),
        bytes(known.unknown),
        list(known.sizes),
    )


@pytest.mark.parametrize("order", Order)
def test_a_few_news_tell_the_same_as_all_put_in_order_anew(
    index: CatalogueIndex, order: Order
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    facts: ImageFacts = read_facts(index, FolderView(), SizeBook(known=True))
    arrangement = index.arrangement(order)
    known = FactsInOrder(facts, index, arrangement)
    files = [file for image in index.images for file in image_files(image, index.catalogue.type)]
    files += index.tables.files
    shown = bytes(dice.random() < 0.5 for _ in range(len(index.images) + len(index.tables)))
    known.show(shown)
    arranged: list[FactsInOrder] = []
    for count in (0, 1, 2, 20, 1, 300, 5):  # 300 of 400: put in order anew
        for file in dice.sample(files, count):
            size = dice.choice((None, dice.randrange(10**6)))
            facts.set_state(file.path, dice.choice(list(FileState)), size)
        for table in index.tables.files[: count % 2]:
            facts.set_state(table.path, dice.choice(list(FileState)), dice.randrange(10**6))
        known.catch_up()
        anew = FactsInOrder(facts, index, arrangement)
        anew.show(shown)
        assert told(known) == told(anew)
        arranged.append(anew)
    assert told(arranged[0]) != told(arranged[-1])
