"""ChaCha8 as the seed's one source of randomness (SPEC 8.1): integers only, alike everywhere.

Bernstein, "ChaCha, a variant of Salsa20" (2008): the block function of RFC 8439
with 8 rounds instead of 20, and the original layout of a 64-bit block counter
(words 12, 13) and a 64-bit nonce (words 14, 15). The 256-bit key is the 64-bit
seed, little-endian, followed by zeros.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

ROUNDS = 8
WORDS = 16  # 32-bit words of a block
BATCH = 4096  # blocks made at a time: the state stays in cache
CONSTANTS = np.frombuffer(b"expand 32-byte k", "<u4").astype(np.uint32)
SEED_MAX = (1 << 64) - 1


def blocks(key: bytes, nonce: bytes, first: int, count: int) -> U32:
    """Blocks ``first`` to ``first + count`` of the key stream: uint32, count x 16.

    ``key``: 32 bytes; ``nonce``: 8 bytes; block numbers stay below 2^64.
    """
    fixed = np.concatenate(
        (CONSTANTS, np.frombuffer(key, "<u4"), [0, 0], np.frombuffer(nonce, "<u4"))
    ).astype(np.uint32)
    out = np.empty((count, WORDS), np.uint32)
    for at in range(0, count, BATCH):
        size = min(BATCH, count - at)
        start = np.repeat(fixed[:, None], size, axis=1)
        counter = np.arange(first + at, first + at + size, dtype=np.uint64)
        start[12] = (counter & np.uint64(0xFFFFFFFF)).astype(np.uint32)
        start[13] = (counter >> np.uint64(32)).astype(np.uint32)
        out[at : at + size] = (_permute(start) + start).T
    return out


def _permute(state: U32) -> U32:
    """``ROUNDS`` rounds over the columns of a 16 x n state."""
    a, b, c, d = state.copy().reshape(4, 4, -1)
    turned, other = np.empty_like(a), np.empty_like(a)

    def rotate(x: U32, left: int) -> None:
        np.right_shift(x, np.uint32(32 - left), out=turned)
        np.left_shift(x, np.uint32(left), out=x)
        np.bitwise_or(x, turned, out=x)

    def quarter() -> None:
        nonlocal a, b, c, d
        for left, right in ((16, 12), (8, 7)):
            np.add(a, b, out=a)
            np.bitwise_xor(d, a, out=d)
            rotate(d, left)
            np.add(c, d, out=c)
            np.bitwise_xor(b, c, out=b)
            rotate(b, right)

    def turn(x: U32, rows: tuple[int, ...]) -> U32:
        other[...] = x
        for to, source in enumerate(rows):
            x[to] = other[source]
        return x

    for _ in range(ROUNDS // 2):
        quarter()
        b, c, d = turn(b, (1, 2, 3, 0)), turn(c, (2, 3, 0, 1)), turn(d, (3, 0, 1, 2))
        quarter()
        b, c, d = turn(b, (3, 0, 1, 2)), turn(c, (2, 3, 0, 1)), turn(d, (1, 2, 3, 0))
    return np.concatenate((a, b, c, d))


def seed_for(number: int, name: str) -> int:
    """A 64-bit seed for the tensor ``name`` under a user's seed; no part of the format."""
    return int.from_bytes(hashlib.sha256(f"{number}:{name}".encode()).digest()[:8], "little")


def words(seed: int, nonce: bytes, start: int, count: int) -> U32:
    """Words ``start`` to ``start + count`` of the stream of a 64-bit seed, as uint32.

    Word ``i`` is word ``i % 16`` of block ``i // 16``.
    """
    first = start // WORDS
    last = -(-(start + count) // WORDS)
    stream = blocks(seed.to_bytes(32, "little"), nonce, first, last - first).reshape(-1)
    return stream[start - first * WORDS :][:count]
