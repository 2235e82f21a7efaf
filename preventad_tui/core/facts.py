"""What is known of each image's files: how many, how large, where they stand.

Kept in flat arrays over all files, so that the state of a quarter of a million images fits beside
them and one file's news costs a few bytes.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from preventad_tui.core.estimate import SizeBook
from preventad_tui.core.layout import files_of_images, image_files
from preventad_tui.core.model import FileRole
from preventad_tui.core.states import GOOD, SEVERITY, FileState, rank

if TYPE_CHECKING:
    from preventad_tui.core.catalogue import CatalogueIndex
    from preventad_tui.core.folder_view import FolderView
    from preventad_tui.core.plan_items import PlanItem

_GOOD_RANKS = frozenset(rank(state) for state in GOOD)
_UNKNOWN = -1


class Amount(NamedTuple):
    """Files and their bytes; those on disk apart. Files of unknown size count no bytes."""

    files: int = 0
    size_bytes: int = 0
    estimated_files: int = 0
    unknown_files: int = 0
    on_disk_files: int = 0
    on_disk_bytes: int = 0


class ImageFacts:
    """The files of every image, and of every session, candidate and the study beside them.

    By image index: `states` is the rank (`core.states.rank`) of its worst file, `sizes` its bytes
    as far as known, `estimated` and `unknown` are masks of the images with such a size among
    their files, `amounts` its sums. `version` is the number of changes, `candidate_versions` that
    of one candidate's; `owners_since` tells what they were of.

    In `amounts` sessions, candidates, the study and each table of the data releases follow the
    images: all that owns files.
    """

    def __init__(self, index: "CatalogueIndex", items: "Iterable[PlanItem]") -> None:
        """Take the facts from the plan's view (`core.plan.survey_one_by_one`) of all files."""
        self._index = index
        self._places: dict[tuple[str, str], int] = {}
        self._beside: dict[str, tuple[int, int]] = {}
        self._first = array("I", [0])
        self._file_sizes = array("q")
        self._file_states = bytearray()
        self._file_estimated = bytearray()
        others: dict[tuple[str, str], list[PlanItem]] = {}
        owned: list[PlanItem] = []
        for item in items:
            role = item.file.role
            if role is FileRole.IMAGE:
                self._add_owner(owned)
                owned = [item]
            elif role is FileRole.SIDE:
                owned.append(item)
            else:
                file = item.file
                is_table = role is FileRole.RELEASE
                place = ("", file.path) if is_table else (file.candidate, file.visit)
                others.setdefault(place, []).append(item)
        self._add_owner(owned)
        for place, beside in others.items():
            owner = self._places[place] = len(self._first) - 1
            for number, item in enumerate(beside):
                self._beside[item.file.path] = (owner, number)
            self._add_owner(beside)
        owners = range(len(self._first) - 1)
        self.amounts = list(map(self._amount, owners))
        images = self.amounts[: len(index.images)]
        self.states = bytearray(map(self._worst, range(len(images))))
        self.sizes = [amount.size_bytes for amount in images]
        self.estimated = bytearray(amount.estimated_files > 0 for amount in images)
        self.unknown = bytearray(amount.unknown_files > 0 for amount in images)
        self._changes = array("I")
        self.candidate_versions: Counter[str] = Counter()

    @property
    def version(self) -> int:
        """The number of changes so far."""
        return len(self._changes)

    def owners_since(self, version: int) -> set[int]:
        """Whose files changed since: images, and behind them what is beside them."""
        return set(self._changes[version:])

    def _add_owner(self, items: "list[PlanItem]") -> None:
        if not items:
            return
        for item in items:
            size = item.size_bytes
            self._file_sizes.append(_UNKNOWN if size is None else size)
            self._file_estimated.append(item.estimated)
            self._file_states.append(rank(item.state))
        self._first.append(len(self._file_states))

    def beside(self, candidate: str, visit: str = "") -> Amount:
        """The files of a session (scans, session.json), a candidate, or the study (`""`).

        A table of the data releases has its path for a visit, and no candidate.
        """
        owner = self._places.get((candidate, visit))
        return Amount() if owner is None else self.amounts[owner]

    def table_state(self, path: str) -> FileState:
        """The state of a table of the data releases; its size is in `beside("", path)`."""
        return SEVERITY[self._worst(self._places["", path])]

    def state(self, image: int) -> FileState:
        """The worst state of an image's files."""
        return SEVERITY[self.states[image]]

    def set_state(self, path: str, state: FileState, size_bytes: int | None = None) -> int | None:
        """Take news of a file; returns the index of the image whose file it is, if any."""
        found = self._beside.get(path) or self._find(path)
        if found is None:
            return None
        owner, number = found
        at = self._first[owner] + number
        is_image = owner < len(self.states)
        if size_bytes is None and self._file_states[at] == rank(state):
            return owner if is_image else None
        self._file_states[at] = rank(state)
        if size_bytes is not None and state in GOOD:
            self._file_sizes[at] = size_bytes
            self._file_estimated[at] = 0
        amount = self.amounts[owner] = self._amount(owner)
        self._changes.append(owner)
        self.candidate_versions[_candidate_and_visit(path)[0]] += 1
        if not is_image:
            return None
        self.states[owner] = self._worst(owner)
        self.sizes[owner] = amount.size_bytes
        self.estimated[owner] = amount.estimated_files > 0
        self.unknown[owner] = amount.unknown_files > 0
        return owner

    def _find(self, path: str) -> tuple[int, int] | None:
        """The image and the number of its file that has this path."""
        data_type = self._index.catalogue.type
        name = path.rpartition("/")[2]
        for image in self._index.by_session.get(_candidate_and_visit(path), ()):
            row = self._index.images[image]
            if name.startswith((row.minc_name, row.name)):
                for number, file in enumerate(image_files(row, data_type)):
                    if file.path == path:
                        return image, number
        return None

    def _worst(self, owner: int) -> int:
        return max(self._file_states[self._first[owner] : self._first[owner + 1]])

    def _amount(self, owner: int) -> Amount:
        files = size = estimated = unknown = done_files = done_bytes = 0
        for at in range(self._first[owner], self._first[owner + 1]):
            files += 1
            known = self._file_sizes[at]
            if known == _UNKNOWN:
                unknown += 1
                known = 0
            size += known
            estimated += self._file_estimated[at]
            if self._file_states[at] in _GOOD_RANKS:
                done_files += 1
                done_bytes += known
        return Amount(files, size, estimated, unknown, done_files, done_bytes)


def read_facts(index: "CatalogueIndex", folder: "FolderView", sizes: SizeBook) -> ImageFacts:
    """The facts of the whole catalogue in an output folder."""
    from preventad_tui.core.plan import survey_one_by_one  # which the first paint does not need

    files = chain(files_of_images(index.catalogue, range(len(index.images))), index.tables.files)
    return ImageFacts(index, survey_one_by_one(files, folder, sizes))


def _candidate_and_visit(path: str) -> tuple[str, str]:
    candidate, _, rest = path.partition("/")
    return candidate.removeprefix("sub-"), rest.partition("/")[0].removeprefix("ses-")
