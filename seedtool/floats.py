"""Float formats that numpy lacks, as integer arithmetic on their bits (SPEC 6.1)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]

BLOCK = 1 << 18  # elements worked on at a time: temporaries stay small
CODABLE = frozenset({"F64", "F32", "F16", "BF16"})  # what lossy codecs take


def to_float32(data: npt.NDArray[np.generic], dtype: str) -> F32:
    """Values of a tensor's storage array as float32; exact for F32, F16 and BF16."""
    if dtype == "BF16":
        return (data.astype(np.uint32) << np.uint32(16)).view(np.float32)
    with np.errstate(over="ignore"):
        return data.astype(np.float32, copy=False)


def from_float32(values: F32, dtype: str) -> npt.NDArray[np.generic]:
    """float32 values (no NaN) in a tensor's storage dtype, rounded to nearest even."""
    if dtype == "F32":
        return values
    if dtype == "F64":
        return values.astype(np.float64)
    if dtype == "F16":
        with np.errstate(over="ignore"):
            return values.astype(np.float16)
    out = np.empty(values.shape, np.uint16)
    flat, bits = out.reshape(-1), values.reshape(-1).view(np.uint32)
    for at in range(0, bits.size, BLOCK):
        block = bits[at : at + BLOCK]
        even = (block >> np.uint32(16)) & np.uint32(1)
        flat[at : at + BLOCK] = (block + even + np.uint32(0x7FFF)) >> np.uint32(16)
    return out
