"""The ledger's lines by path, held in their packed form: half the memory of the lines themselves.

A line is unpacked when it is looked at. 53,000 files are looked at a few times a run, but held for
as long as the program runs.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar, overload

from preventad_tui.core.ledger_line import LedgerLine
from preventad_tui.core.packed_line import unpack

Default = TypeVar("Default")


class LedgerView(Mapping[str, LedgerLine]):
    """Path -> line over one or more layers of packed lines; the first that has a path counts.

    The layers are the ledger's own, so the view is always up to date. Iterate over a `copy` where
    another thread may append.
    """

    __slots__ = ("_layers",)

    def __init__(self, *layers: dict[str, bytes]) -> None:
        self._layers = layers

    def copy(self) -> "LedgerView":
        """The lines of this moment."""
        return LedgerView(*map(dict, self._layers))

    def __getitem__(self, path: str) -> LedgerLine:
        line = self.get(path)
        if line is None:
            raise KeyError(path)
        return line

    @overload
    def get(self, path: str, /) -> LedgerLine | None: ...

    @overload
    def get(self, path: str, /, default: LedgerLine | Default) -> LedgerLine | Default: ...

    def get(self, path: str, /, default: object = None) -> object:
        """The line of a path, or `default`."""
        for layer in self._layers:
            packed = layer.get(path)
            if packed is not None:
                return unpack(path, packed)
        return default

    def __contains__(self, path: object) -> bool:
        return any(path in layer for layer in self._layers)

    def __iter__(self) -> Iterator[str]:
        for depth, layer in enumerate(self._layers):
            above = self._layers[:depth]
            for path in layer:
                if not any(path in other for other in above):
                    yield path

    def __len__(self) -> int:
        if len(self._layers) == 1:
            return len(self._layers[0])
        return sum(1 for _ in self)
