"""The memory that bodies are received into: two buffers for each big file, used again."""

_MOST_LARGE = 16
_SMALLER = 4


class Buffers:
    """Gives out buffers of `size_bytes`, and smaller ones for bodies known to be small.

    Of the large ones there are 16 at most; who comes when they are out gets a quarter of one.
    """

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._made = 0
        self._free: list[memoryview] = []

    def take(self, expected_bytes: int | None) -> memoryview:
        """A buffer; a body of less than the full size does not fill it."""
        size_bytes = self._size_bytes
        if expected_bytes is not None and expected_bytes < size_bytes:
            return memoryview(bytearray(expected_bytes + 1))
        if self._free:
            return self._free.pop()
        if self._made == _MOST_LARGE:
            return memoryview(bytearray(max(1, size_bytes // _SMALLER)))
        self._made += 1
        return memoryview(bytearray(size_bytes))

    def give_back(self, *buffers: memoryview | None) -> None:
        """What nobody uses any more."""
        self._free += [one for one in buffers if one is not None and len(one) == self._size_bytes]
