"""ZipNN (Hershcovitch et al. 2024): lossless, exponents apart from mantissas.

Imports nothing of seedtool.
"""

from __future__ import annotations

from typing import Any


def _coder(dtype: str) -> Any:
    from zipnn import ZipNN

    return ZipNN(input_format="byte", bytearray_dtype=dtype)


def pack(raw: bytes, dtype: str) -> bytes:
    """Bytes of an array of float32, float16 or bfloat16."""
    return bytes(_coder(dtype).compress(bytearray(raw)))  # it overwrites what it is given


def unpack(packed: bytes, dtype: str) -> bytes:
    """What :func:`pack` was given."""
    return bytes(_coder(dtype).decompress(packed))
