"""Numbers by rule: the same for the same words, on every machine and in every run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import blake2b, shake_128

POOL_BYTES = 1 << 20
VOXEL_MAXIMUM = 4095  # 12 bits, as scanners write them


def number(*words: object) -> int:
    """Give a 63-bit number that depends on the words and on nothing else."""
    text = "\x1f".join(str(word) for word in words)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


@cache
def _pool() -> bytes:
    """Two times one MiB of little-endian 12-bit noise; every image is cut from it."""
    half = bytearray(shake_128(b"preventad-tui demo").digest(POOL_BYTES))
    half[1::2] = bytes(value & 0x0F for value in half[1::2])
    return bytes(half) * 2


def voxels(seed: int, size: int, *, big_endian: bool = False) -> Iterator[bytes]:
    """Give `size` bytes of 16-bit voxels from 0 to 4095, in pieces of at most one MiB.

    Cutting from a pool at places that the seed chooses makes a GB/s; drawing each number anew
    would make a demo server that is slower than the network it stands in for.
    """
    pool = _pool()
    # The first voxels spell the seed, so that no two files are alike by chance.
    head = b"".join((seed >> shift & 0xFFF).to_bytes(2, "big" if big_endian else "little")
                    for shift in range(0, 60, 12))[:size]  # fmt: skip
    done = 0
    while done < size:
        length = min(POOL_BYTES, size - done)
        # An odd start turns the pool's byte order round.
        start = 2 * (number(seed, done) % (POOL_BYTES // 2 - 1)) + big_endian
        piece = pool[start : start + length]
        yield piece if done else head + piece[len(head) :]
        done += length
