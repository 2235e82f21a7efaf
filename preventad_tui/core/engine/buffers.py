"""The memory that bodies are received into: two buffers for each big file, used again."""


class Buffers:
    """Gives out buffers of `size_bytes`, and smaller ones for bodies known to be small."""

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._free: list[memoryview] = []

    def take(self, expected_bytes: int | None) -> memoryview:
        """A buffer that is not filled by a body of less than the full size."""
        if expected_bytes is not None and expected_bytes < self._size_bytes:
            return memoryview(bytearray(expected_bytes + 1))
        return self._free.pop() if self._free else memoryview(bytearray(self._size_bytes))

    def give_back(self, *buffers: memoryview | None) -> None:
        """What nobody uses any more."""
        self._free += [one for one in buffers if one is not None and len(one) == self._size_bytes]
