"""What parts take in a file, and what decoding may take in memory."""

from __future__ import annotations

from collections.abc import Iterable

from seedtool.container import chunks
from seedtool.seed import Part

DECODED_MAX = 1 << 26  # bytes of the inputs of one section, decoded


def written(parts: Iterable[Part]) -> int:
    """Bytes of the parts as the container writes them, their lengths among them."""
    return sum(
        3 + sum(len(piece) for piece in chunks.deflate(memoryview(part.data), packed=part.packed))
        for part in parts
    )
