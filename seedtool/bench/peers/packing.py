"""Packers of bytes, which lose nothing: gzip, zstd and xz at their own high settings.

Imports nothing of seedtool.
"""

from __future__ import annotations

import gzip
import lzma

NAMES = ("gzip", "zstd", "xz")


def pack(raw: bytes, name: str) -> bytes:
    """gzip -9, zstd -19 or xz -6."""
    if name == "gzip":
        return gzip.compress(raw, 9, mtime=0)
    if name == "zstd":
        import zstandard

        return zstandard.ZstdCompressor(level=19).compress(raw)
    return lzma.compress(raw, preset=6)


def unpack(packed: bytes, name: str) -> bytes:
    """What :func:`pack` was given."""
    if name == "gzip":
        return gzip.decompress(packed)
    if name == "zstd":
        import zstandard

        return zstandard.ZstdDecompressor().decompress(packed)
    return lzma.decompress(packed)
