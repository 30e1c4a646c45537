"""Magnitude pruning: the largest weights of a matrix as float16, a bit for each of the others.

The setting is the share kept. Meant to be compressed by zstd. Imports nothing of seedtool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

SETTINGS = ("0.5", "0.3", "0.2", "0.1", "0.05", "0.02")


def quantise(tensor: Any, setting: str) -> tuple[dict[str, Any], Callable[[], Any]]:
    """The mask and the values kept of a float32 tensor, and what makes them one again."""
    kept = max(1, round(float(setting) * tensor.size))
    flat = tensor.ravel()
    mask = np.zeros(tensor.size, bool)
    mask[np.argpartition(np.abs(flat), tensor.size - kept)[tensor.size - kept :]] = True
    pieces = {"mask": np.packbits(mask), "values": flat[mask].astype(np.float16)}

    def decode() -> Any:
        decoded = np.zeros(tensor.size, np.float32)
        bits = np.unpackbits(pieces["mask"], count=tensor.size).astype(bool)
        decoded[bits] = pieces["values"]
        return decoded

    return pieces, decode
