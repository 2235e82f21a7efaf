"""The tables of a catalogue as the browser's tree and a selection see them.

A table is named `VERSION/FILE`, as it lies in `data_releases/`. In the tree a version, a table and
all of them together have keys like everything there: regions of a candidate without a name, which
no image has, so that a region of images never holds a table and the other way round.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from preventad_tui.core.model import PlannedFile, ReleaseFile
from preventad_tui.core.regions import Region
from preventad_tui.core.releases import FOLDER, release_files
from preventad_tui.core.text import plural

TABLES = Region(candidate="", modality=FOLDER)
"""All tables."""

NO_VERSION = "without version"
NO_TABLES = "This server offers no data releases to this account."


class ReleaseTree:
    """Tables grouped by version, both in the server's order; `names` are `VERSION/FILE`."""

    def __init__(self, releases: Iterable[ReleaseFile]) -> None:
        files = list(release_files(releases))
        order = {version: at for at, version in enumerate(dict.fromkeys(map(_version, files)))}
        self.files: Sequence[PlannedFile] = sorted(files, key=lambda file: order[_version(file)])
        self.names = tuple(table_name(file.path) for file in self.files)
        self._at = {name: at for at, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)

    @property
    def versions(self) -> Iterator[tuple[Region, int, int]]:
        """Each version's region and the range of its tables."""
        for version, group in groupby(range(len(self)), lambda at: _version(self.files[at])):
            places = list(group)
            yield TABLES._replace(visit=version), places[0], places[-1] + 1

    def region(self, at: int) -> Region:
        """The region that holds one table alone."""
        version, _, name = self.names[at].rpartition("/")
        return TABLES._replace(visit=version, image=name)

    def inside(self, region: Region) -> list[int]:
        """The tables in a region; of a region of images there are none, everything has all."""
        if not (TABLES.is_inside(region) or region.is_inside(TABLES)):
            return []
        return [at for at in range(len(self)) if self.region(at).is_inside(region)]

    def names_in(self, region: Region) -> frozenset[str]:
        """The names of the tables in a region."""
        return frozenset(self.names[at] for at in self.inside(region))

    def named_like(self, parts: Iterable[str]) -> frozenset[str]:
        """The tables that have all of these parts (case-folded) in their names."""
        wanted = tuple(parts)
        return frozenset(n for n in self.names if all(part in n.casefold() for part in wanted))

    def known(self, names: Iterable[str]) -> frozenset[str]:
        """Those of these names that the catalogue has."""
        return frozenset(name for name in names if name in self._at)

    def mask(self, names: Iterable[str]) -> bytes:
        """One byte a table, 1 for those named."""
        wanted = frozenset(names)
        return bytes([name in wanted for name in self.names])

    def files_of(self, names: Iterable[str]) -> Iterator[PlannedFile]:
        """The tables with these names as files of a plan."""
        wanted = frozenset(names)
        for name, file in zip(self.names, self.files, strict=True):
            if name in wanted:
                yield file


def table_label(region: Region) -> str:
    """What the tree calls a region of tables."""
    if region.image is not None:
        return region.image
    return "data releases" if region.visit is None else region.visit or NO_VERSION


def table_name(path: str) -> str:
    """`VERSION/FILE` of a table that lies at this path."""
    return path.removeprefix(f"{FOLDER}/")


def _version(file: PlannedFile) -> str:
    return table_name(file.path).rpartition("/")[0]


def counted(images: int, tables: int) -> str:
    """`12 images and 3 tables`; of what there is none is not spoken of, but for images alone."""
    parts = [plural(images, "image")] if images or not tables else []
    if tables:
        parts.append(plural(tables, "table"))
    return " and ".join(parts)
