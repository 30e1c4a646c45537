"""Magnitude pruning: the largest weights of a matrix as float16, a bit for each of the others.

The setting is the share kept. The file is meant to be compressed by zstd.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from exchange import Arrays, Pieces, each, main


def prune(tensor: Any, setting: str) -> tuple[Pieces, Any]:
    kept = max(1, round(float(setting) * tensor.size))
    flat = tensor.ravel()
    mask = np.zeros(tensor.size, bool)
    mask[np.argpartition(np.abs(flat), tensor.size - kept)[tensor.size - kept :]] = True
    values = flat[mask].astype(np.float16)
    decoded = np.zeros(tensor.size, np.float32)
    decoded[mask] = values
    return {"mask": np.packbits(mask), "values": values}, decoded


def run(tensors: Arrays, setting: str, out: Path) -> Arrays:
    return each(tensors, setting, prune, out)


if __name__ == "__main__":
    main(run, "numpy")
